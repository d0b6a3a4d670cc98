/* ws_fuzz.c - frames of a WebSocket: any way to cut the bytes tells the same story
 *
 * The first byte of the input chooses the size of the feeds. The limit of a message is small, so
 * that it is met.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/check.h"
#include "wire/target.h"
#include "wire/ws.h"

enum {
    INPUT_MAX = 4096,
    MESSAGE_MAX = 300
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void tell(const struct ws *w, enum ws_event event, struct buffer *story)
{
    CHECK(event != WS_TEXT || target_is_utf8(w->payload));
    CHECK(w->payload.n <= MESSAGE_MAX);
    CHECK(buffer_print(story, "%u %u %zu:", event, w->code, w->payload.n));
    CHECK(buffer_append(story, w->payload));
}

static void drive(struct slice bytes, size_t step, struct buffer *story)
{
    struct blob_pool blobs;
    struct ws w;
    char head[WS_HEAD_MAX];
    blob_pool_init(&blobs, 0, NULL);
    ws_init(&w, MESSAGE_MAX, &blobs);
    while (bytes.n) {
        size_t n = step < bytes.n ? step : bytes.n;
        ws_feed(&w, (struct slice){bytes.at, n});
        for (enum ws_event e = ws_read(&w); e != WS_MORE; e = ws_read(&w)) {
            tell(&w, e, story);
            CHECK(ws_head(&w, WS_PONG, w.payload.n % WS_CONTROL_MAX, head) == 2);
        }
        bytes = slice_after(bytes, n);
    }
    ws_done(&w);
    blob_pool_done(&blobs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0 || n > INPUT_MAX)
        return 0;
    struct slice bytes = {(const char *)data + 1, n - 1};
    struct buffer whole, cut;
    buffer_init(&whole, 1 << 22);
    buffer_init(&cut, 1 << 22);
    drive(bytes, SIZE_MAX, &whole);
    drive(bytes, data[0] % 16 + 1, &cut);
    CHECK(slice_equal(buffer_slice(&whole), buffer_slice(&cut)));
    buffer_done(&whole);
    buffer_done(&cut);
    return 0;
}
