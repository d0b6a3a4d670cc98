/* xml_fuzz.c - whatever is read as XML becomes JSON that the scanner accepts, within its bounds
 *
 * The first byte chooses the charset of the head, the depth and the memory.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "json/scan.h"
#include "wire/xml.h"

enum {
    OUT_LIMIT = 1 << 16
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_result(const struct xml_result *r, const struct xml_bounds *bounds,
                         const struct buffer *out)
{
    CHECK(out->n <= out->limit);
    if (r->verdict != XML_GOOD) {
        CHECK(r->why && out->n == 0);
        return;
    }
    struct scan_result scanned = scan_json(buffer_slice(out), bounds->depth);
    CHECK(scanned.verdict == SCAN_OK && scanned.value.n == out->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct slice charsets[] = {
        SLICE_INIT(""),
        SLICE_INIT("UTF-8"),
        SLICE_INIT("ISO-8859-1"),
        SLICE_INIT("a-name-of-a-charset-that-is-longer-than-any"),
    };
    if (n == 0)
        return 0;
    const struct xml_bounds bounds = {
        .depth = data[0] >> 4 ? data[0] >> 4 : 64,
        .tree_bytes = data[0] & 8 ? 2048 : 1 << 20,
    };
    char *text = malloc(n); /* of its own: nothing may be read behind it */
    CHECK(text);
    memcpy(text, data + 1, n - 1);
    struct buffer out;
    buffer_init(&out, data[0] & 4 ? 64 : OUT_LIMIT);
    struct xml_result r =
        xml_to_json((struct slice){text, n - 1}, charsets[data[0] & 3], &bounds, &out);
    check_result(&r, &bounds, &out);
    buffer_done(&out);
    free(text);
    return 0;
}
