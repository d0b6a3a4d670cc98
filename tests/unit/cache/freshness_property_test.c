/* freshness_property_test.c - what holds of freshness whatever an origin says and a reader wants */
#include <stdio.h>

#include "../unit.h"
#include "cache/freshness.h"

#define NOON UINT64_C(1767268800000)
#define NONE FRESHNESS_UNTOLD

enum {
    ANSWERS = 20000,
    TIME_MS = 400000,
    STEP_MS = 9000
};

/* A small generator, the same in each run. */
static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % below;
}

/* What may stand on both sides of a number; where there is nothing behind it, there is none. */
static const struct {
    const char *before, *behind;
} words[] = {
    {"max-age=", ""},
    {"max-age=\"", "\""},
    {"max-age=bad", ""},
    {"s-maxage=", ""},
    {"stale-while-revalidate=", ""},
    {"stale-if-error=", ""},
    {"no-cache", NULL},
    {"must-revalidate", NULL},
    {"public", NULL},
    {"private", NULL},
    {"no-store", NULL},
    {"x=\"a, no-store\"", NULL},
};

/* Cache-Control of up to four directives. */
static void write_answer(uint64_t *seed, char *out, size_t n)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint64_t left = draw(seed, 5); left; left--) {
        uint64_t i = draw(seed, sizeof words / sizeof *words);
        used += (size_t)snprintf(out + used, n - used, "%s%s", used ? ", " : "", words[i].before);
        if (words[i].behind)
            used += (size_t)snprintf(out + used, n - used, "%u%s", (unsigned)draw(seed, 100),
                                     words[i].behind);
    }
}

static uint64_t draw_time(uint64_t *seed)
{
    return draw(seed, 2) ? draw(seed, 100000) : NONE;
}

struct entry {
    char cache_control[256];
    struct freshness freshness;
    struct freshness_settings reader;
};

static void draw_entry(uint64_t *seed, struct entry *e)
{
    char age[32];
    write_answer(seed, e->cache_control, sizeof e->cache_control);
    snprintf(age, sizeof age, "%u", (unsigned)draw(seed, 50));
    const struct freshness_answer a = {
        .cache_control = slice_of(e->cache_control),
        .age = slice_of(draw(seed, 2) ? age : ""),
        .asked_ms = NOON - draw(seed, 2000),
        .came_ms = NOON,
    };
    freshness_read(&e->freshness, &a);
    e->reader = (struct freshness_settings){
        .ttl_ms = draw(seed, 100000),
        .stale_while_revalidate_ms = draw_time(seed),
        .stale_if_error_ms = draw_time(seed),
        .respects_origin = draw(seed, 4),
    };
}

static uint64_t life_of(const struct entry *e)
{
    bool is_told = e->reader.respects_origin && e->freshness.lifetime_ms != NONE;
    return is_told ? e->freshness.lifetime_ms : e->reader.ttl_ms;
}

static bool is_strict(const struct entry *e)
{
    return e->reader.respects_origin && (e->freshness.must_revalidate || e->freshness.is_no_cache);
}

static void check_moment(const struct entry *e, uint64_t after_ms, struct freshness_verdict v)
{
    const char *text = e->cache_control;
    if (v.state == FRESHNESS_FRESH && (v.ttl_ms <= 0 || after_ms >= life_of(e)))
        fail_msg("'%s' is fresh after its life", text);
    if (v.state != FRESHNESS_OVER &&
        after_ms >= freshness_kept_ms(&e->freshness, &e->reader, false))
        fail_msg("'%s' is of use after it is kept", text);
    bool is_stale = v.state == FRESHNESS_REVALIDATE || v.state == FRESHNESS_ON_ERROR ||
                    (v.ttl_ms <= 0 && v.is_usable_on_error);
    if (is_strict(e) && is_stale)
        fail_msg("'%s' is served stale", text);
}

static void check_life(uint64_t *seed, const struct entry *e)
{
    enum freshness_state state = FRESHNESS_FRESH;
    int64_t ttl_ms = INT64_MAX;
    for (uint64_t after = 0; after < TIME_MS; after += 1 + draw(seed, STEP_MS)) {
        struct freshness_verdict v = freshness_judge(&e->freshness, &e->reader, NOON + after);
        if (v.state < state || v.ttl_ms > ttl_ms)
            fail_msg("'%s' grows younger", e->cache_control);
        check_moment(e, after, v);
        state = v.state;
        ttl_ms = v.ttl_ms;
    }
}

static void nothing_grows_younger_or_is_fresh_after_its_life(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct entry e;
    for (unsigned i = 0; i < ANSWERS; i++) {
        draw_entry(&seed, &e);
        check_life(&seed, &e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_grows_younger_or_is_fresh_after_its_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
