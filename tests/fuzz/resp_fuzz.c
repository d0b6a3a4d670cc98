/* resp_fuzz.c - what a stranger answers in a store's place, and what we make of it
 *
 * The first byte says in which pieces the rest comes. Pieces make no difference, nothing is longer
 * than its bound, and what is told of purges or taken for a record is read without harm.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cache/record.h"
#include "store/resp.h"
#include "store/tier_text.h"

enum {
    LIMIT = 4096
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Adds what a value is to a sum that tells whether two readings were the same. */
static uint64_t look(const struct resp_value *v, uint64_t sum)
{
    struct slice text = resp_text(v);
    uint64_t number = 0;
    CHECK(v->n <= RESP_ELEMENTS_MAX && text.n <= LIMIT);
    CHECK((v->kind == RESP_LIST) == (v->list != NULL));
    if (resp_number(v, &number))
        sum += number;
    sum = sum * 31 + v->kind * 7 + text.n + v->n;
    for (size_t i = 0; i < text.n; i++)
        sum = sum * 31 + (unsigned char)text.at[i];
    for (unsigned i = 0; i < v->n; i++)
        sum = look(&v->list[i], sum);
    return sum;
}

static void use(const struct resp_value *v)
{
    struct slice text = resp_text(v);
    struct cache_purge p;
    struct record r;
    struct slice tag;
    uint64_t time;
    if (tier_text_read(text, &p, &time))
        CHECK(p.what.n < text.n && p.what.at + p.what.n == text.at + text.n);
    if (v->kind == RESP_TEXT && record_read(&r, text)) {
        CHECK(r.key.n + r.name.n + r.body.n <= text.n);
        for (size_t at = 0; record_next_tag(&r, &at, &tag);)
            CHECK(tag.n <= text.n);
    }
    for (unsigned i = 0; i < v->n; i++)
        use(&v->list[i]);
}

/* false: it is broken for good. */
static bool drain(struct resp *r, uint64_t *sum)
{
    struct resp_value *v;
    enum resp_progress progress = resp_next(r, &v);
    while (progress == RESP_WHOLE) {
        *sum = look(v, *sum);
        use(v);
        struct blob *taken = resp_take_blob(v);
        resp_free(v);
        if (taken)
            blob_release(NULL, taken);
        progress = resp_next(r, &v);
    }
    if (progress == RESP_BROKEN)
        CHECK(resp_next(r, &v) == RESP_BROKEN);
    return progress == RESP_MORE;
}

static uint64_t read_in_pieces(struct slice said, size_t piece)
{
    struct resp *r = resp_new(LIMIT);
    uint64_t sum = 0;
    bool goes_on = true;
    for (size_t at = 0; at < said.n && goes_on; at += piece) {
        size_t n = said.n - at < piece ? said.n - at : piece;
        resp_feed(r, (struct slice){said.at + at, n});
        goes_on = drain(r, &sum);
    }
    resp_done(r);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0 || n > LIMIT) /* a limit is noticed sooner in small pieces */
        return 0;
    struct slice said = {(const char *)data + 1, n - 1};
    CHECK(read_in_pieces(said, (size_t)data[0] + 1) == read_in_pieces(said, n));
    return 0;
}
