/* coding_fuzz.c - whatever is read as a coded body gives no more than its sink takes, in any steps
 *
 * The first byte chooses the codings, the second how many bytes come at once.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/coding.h"

enum {
    OUT_LIMIT = 1 << 18
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool take(void *owner, struct slice piece)
{
    size_t *taken = owner;
    CHECK(piece.n > 0);
    *taken += piece.n;
    return *taken <= OUT_LIMIT;
}

static void read_all(struct coding_reader *r, const char *text, size_t n, size_t step)
{
    size_t taken = 0;
    enum coding_verdict verdict = CODING_GOOD;
    for (size_t at = 0; at < n && verdict == CODING_GOOD; at += step) {
        size_t size = n - at < step ? n - at : step;
        verdict = coding_read(r, (struct slice){text + at, size}, take, &taken);
        CHECK((verdict == CODING_STOPPED) == (taken > OUT_LIMIT));
    }
    (void)coding_reader_is_whole(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct slice fields[] = {
        SLICE_INIT("gzip"),     SLICE_INIT("deflate"),       SLICE_INIT("br"),
        SLICE_INIT("zstd"),     SLICE_INIT("br, gzip"),      SLICE_INIT("deflate, zstd"),
        SLICE_INIT("zstd, br"), SLICE_INIT("gzip, deflate"),
    };
    struct coding_list list = {0};
    if (n < 2)
        return 0;
    coding_list_add(&list, fields[data[0] % 8]);
    size_t step = data[1] ? data[1] : n;
    char *text = malloc(n - 1); /* of its own: nothing may be read behind it */
    CHECK(text);
    memcpy(text, data + 2, n - 2);
    struct coding_reader *r = coding_reader_new(&list);
    read_all(r, text, n - 2, step);
    coding_reader_free(r);
    free(text);
    return 0;
}
