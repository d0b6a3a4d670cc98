/* coding_fuzz.c - whatever is read as a coded body gives no more than its sink takes, in any steps
 *
 * The first byte chooses the codings, the second how many bytes come at once. By a small budget it
 * says the same as by a large one.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/coding.h"

enum {
    OUT_LIMIT = 1 << 18,
    SMALL_BUDGET = 5000
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool take(void *owner, struct slice piece)
{
    size_t *taken = owner;
    CHECK(piece.n > 0);
    *taken += piece.n;
    return *taken <= OUT_LIMIT;
}

/* One step, in as many goes as it takes. */
static enum coding_verdict read_step(struct coding_reader *r, struct slice bytes, size_t budget)
{
    enum coding_verdict verdict = CODING_MORE;
    while (verdict == CODING_MORE) {
        size_t left = budget;
        verdict = coding_read(r, &bytes, &left);
        CHECK(verdict != CODING_MORE || left == 0);
        CHECK(verdict != CODING_GOOD || bytes.n == 0);
    }
    return verdict;
}

static enum coding_verdict read_all(const struct coding_list *list, struct slice text, size_t step,
                                    size_t budget)
{
    size_t taken = 0;
    enum coding_verdict verdict = CODING_GOOD;
    struct coding_reader *r = coding_reader_new(list, take, &taken);
    for (size_t at = 0; at < text.n && verdict == CODING_GOOD; at += step) {
        size_t size = text.n - at < step ? text.n - at : step;
        verdict = read_step(r, (struct slice){text.at + at, size}, budget);
        CHECK((verdict == CODING_STOPPED) == (taken > OUT_LIMIT));
    }
    (void)coding_reader_is_whole(r);
    coding_reader_free(r);
    return verdict;
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
    const struct slice all = {text, n - 2};
    CHECK(read_all(&list, all, step, SIZE_MAX) == read_all(&list, all, step, SMALL_BUDGET));
    free(text);
    return 0;
}
