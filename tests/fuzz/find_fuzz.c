/* find_fuzz.c - paths into any document that the scanner takes, and strings out and in again
 *
 * The first byte chooses steps; the document is the rest.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "json/find.h"
#include "json/scan.h"
#include "json/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What a string means, written again, means the same. */
static void check_string(struct slice quoted)
{
    char *plain = malloc(quoted.n);
    struct buffer again;
    buffer_init(&again, 1 << 24);
    struct slice text = {plain, text_unquote(plain, quoted)};
    CHECK(text.n <= quoted.n);
    CHECK(text_is(quoted, text));
    CHECK(text_quote(&again, text));
    CHECK(scan_json(buffer_slice(&again), 1).verdict == SCAN_OK);
    CHECK(text_is(buffer_slice(&again), text));
    buffer_done(&again);
    free(plain);
}

static void check_value(struct slice json, struct json_value value)
{
    CHECK(value.text.at >= json.at && value.text.at + value.text.n <= json.at + json.n);
    struct scan_result r = scan_json(value.text, 1024);
    CHECK(r.verdict == SCAN_OK && r.value.n == value.text.n);
    if (value.kind == JSON_STRING)
        check_string(value.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    struct slice json = {(const char *)data + 1, n - 1};
    if (scan_json(json, 1024).verdict != SCAN_OK)
        return 0;
    struct json_step steps[4];
    for (unsigned i = 0; i < 4; i++)
        steps[i] = (struct json_step){
            .is_index = data[0] >> i & 1,
            .index = data[0] >> 4,
            .name = data[0] >> (4 + i) & 1 ? SLICE("a") : SLICE("items"),
        };
    check_value(json, find_root(json));
    for (unsigned n_steps = 0; n_steps <= 4; n_steps++) {
        struct json_value value;
        if (find_path(json, (struct json_path){n_steps, steps}, &value))
            check_value(json, value);
    }
    return 0;
}
