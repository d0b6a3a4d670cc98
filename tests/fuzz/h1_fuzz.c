/* h1_fuzz.c - HTTP/1 messages: any way to cut the bytes tells the same story
 *
 * The first byte of the input chooses the direction and the size of the feeds.
 */
#include <string.h>

#include "../unit/wire/h1_drive.h"

enum {
    INPUT_MAX = 4096,
    HEAD_LIMIT = 512
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0 || n > INPUT_MAX)
        return 0;
    struct drive d = {
        .kind = data[0] & 1 ? H1_RESPONSE : H1_REQUEST,
        .head_limit = HEAD_LIMIT,
        .answers_head = (data[0] & 2) != 0,
        .ends = true,
    };
    struct slice bytes = {(const char *)data + 1, n - 1};
    struct buffer whole, cut;
    buffer_init(&whole, 1 << 22);
    buffer_init(&cut, 1 << 22);
    drive(&d, bytes, &whole);
    d.step = (data[0] >> 2) % 16 + 1;
    drive(&d, bytes, &cut);
    CHECK(slice_equal(buffer_slice(&whole), buffer_slice(&cut)));
    buffer_done(&whole);
    buffer_done(&cut);
    return 0;
}
