/* cache_control_fuzz.c - any fields as what an origin and a client say of caching
 *
 * Lines: Cache-Control, Expires, Age, Date, Vary, Pragma; what is not there is empty. The times
 * that the answer is judged at come from its length.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "cache/freshness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
    N_READERS = 4
};
#define NOON UINT64_C(1767268800000)
#define SECONDS_MAX_MS (UINT64_C(1) << 31) * 1000

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->n ? memchr(rest->at, '\n', rest->n) : NULL;
    struct slice line = {rest->at, end ? (size_t)(end - rest->at) : rest->n};
    *rest = slice_after(*rest, end ? line.n + 1 : line.n);
    return line;
}

static const struct freshness_settings readers[N_READERS] = {
    {0, FRESHNESS_UNTOLD, FRESHNESS_UNTOLD, true},
    {60000, 10000, 30000, true},
    {60000, FRESHNESS_UNTOLD, 30000, false},
    {1000, 0, 0, true},
};

static void check_times(const struct freshness *f)
{
    CHECK(f->lifetime_ms == FRESHNESS_UNTOLD || f->lifetime_ms < UINT64_C(1) << 60);
    CHECK(f->stale_if_error_ms == FRESHNESS_UNTOLD || f->stale_if_error_ms <= SECONDS_MAX_MS);
    CHECK(f->age_ms <= SECONDS_MAX_MS + NOON);
}

/* It grows older, and is of no use once it is not kept any more. */
static void check_life(const struct freshness *f, const struct freshness_settings *s,
                       const struct freshness_wish *w, uint64_t step_ms)
{
    enum freshness_state state = FRESHNESS_FRESH;
    for (uint64_t after = 0; after < 20 * step_ms; after += step_ms) {
        struct freshness_verdict v = freshness_judge(f, s, NOON + after);
        struct freshness_verdict wanted = freshness_wish_judge(w, v);
        CHECK(v.state >= state);
        CHECK(v.state != FRESHNESS_FRESH || v.ttl_ms > 0);
        CHECK(v.state == FRESHNESS_OVER || after < freshness_kept_ms(f, s, false));
        CHECK(v.age_ms == f->age_ms + after);
        CHECK(wanted.ttl_ms == v.ttl_ms && wanted.is_usable_on_error == v.is_usable_on_error);
        CHECK(!w->is_no_cache || wanted.state >= FRESHNESS_ON_ERROR);
        state = v.state;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice rest = {(const char *)data, n};
    struct freshness_answer a = {.asked_ms = NOON - n % 1000, .came_ms = NOON};
    struct slice *const fields[] = {&a.cache_control, &a.expires, &a.age, &a.date, &a.vary};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i] = take_line(&rest);
    struct freshness f;
    struct freshness_wish w;
    freshness_read(&f, &a);
    freshness_wish_init(&w);
    freshness_wish_read(&w, a.cache_control);
    freshness_wish_read(&w, take_line(&rest));
    freshness_wish_read_pragma(&w, take_line(&rest));
    check_times(&f);
    for (unsigned i = 0; i < N_READERS; i++)
        check_life(&f, &readers[i], &w, 1 + n * 997);
    return 0;
}
