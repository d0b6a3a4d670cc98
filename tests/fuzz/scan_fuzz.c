/* scan_fuzz.c - each level of the scanner says of any text what the scalar one says
 *
 * The first byte chooses the depth and how far from the beginning of a block the text lies.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "json/scan_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_level(enum scan_level level, struct slice text, unsigned max_depth)
{
    struct scan_result scalar = scan_json_at(SCAN_SCALAR, text, max_depth);
    struct scan_result other = scan_json_at(level, text, max_depth);
    CHECK(other.verdict == scalar.verdict);
    CHECK(other.value.at == scalar.value.at && other.value.n == scalar.value.n);
    struct slice value = scan_trim(text);
    if (level == SCAN_SCALAR || value.n == 0)
        return;
    bool is_container = value.at[0] == '{' || value.at[0] == '[';
    CHECK(scan_accepts(level, value, max_depth) == (scalar.verdict == SCAN_OK && is_container));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const unsigned depths[] = {512, 1, 2, 3, 62, 63, 64, 1024};
    if (n == 0)
        return 0;
    size_t shift = data[0] >> 3;
    size_t n_text = n - 1;
    char *text = malloc(shift + n_text + 1); /* of its own: nothing may be read around it */
    memset(text, ' ', shift);
    memcpy(text + shift, data + 1, n_text);
    for (enum scan_level level = SCAN_SCALAR; level <= SCAN_NEON; level++) {
        if (scan_has_level(level))
            check_level(level, (struct slice){text, shift + n_text}, depths[data[0] & 7]);
    }
    free(text);
    return 0;
}
