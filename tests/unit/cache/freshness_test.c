/* freshness_test.c - what a shared cache may use again, and until when (RFC 9111, RFC 5861)
 *
 * The answers of these tables came at NOON, the very second that their Date says, at once.
 */
#include "../unit.h"
#include "cache/freshness.h"

#define NOON UINT64_C(1767268800000) /* Thu, 01 Jan 2026 12:00:00 GMT */
#define SECONDS(n) ((uint64_t)(n)*1000)
#define TEN_YEARS SECONDS(315576000)
#define LARGEST SECONDS((uint64_t)1 << 31)
#define NONE FRESHNESS_UNTOLD

static struct freshness read_at(struct freshness_answer a)
{
    struct freshness f;
    freshness_read(&f, &a);
    return f;
}

static struct freshness read(const char *cache_control)
{
    return read_at((struct freshness_answer){
        .cache_control = slice_of(cache_control),
        .date = SLICE("Thu, 01 Jan 2026 12:00:00 GMT"),
        .asked_ms = NOON,
        .came_ms = NOON,
    });
}

static void assert_number(const char *what, uint64_t is, uint64_t expected)
{
    if (is != expected)
        fail_msg("%s: %llu, not %llu", what, (unsigned long long)is, (unsigned long long)expected);
}

static void how_long_it_is_fresh_is_said_by_the_first_of_three(void **state)
{
    (void)state;
    static const struct {
        const char *cache_control, *expires;
        uint64_t lifetime_ms;
    } cases[] = {
        {"", "", NONE},
        {"public", "", NONE},
        {"max-age=60", "", SECONDS(60)},
        {"max-age=60, s-maxage=10", "", SECONDS(10)},
        {"s-maxage=600, max-age=60", "", SECONDS(600)},
        {"", "Thu, 01 Jan 2026 12:01:00 GMT", SECONDS(60)},
        {"max-age=5", "Thu, 01 Jan 2026 12:01:00 GMT", SECONDS(5)},
        {"no-transform", "Thu, 01 Jan 2026 12:01:00 GMT", SECONDS(60)},
        /* an Expires that is over, or none */
        {"", "Thu, 01 Jan 2026 11:00:00 GMT", 0},
        {"", "Thu, 01 Jan 2026 12:00:00 GMT", 0},
        {"", "0", 0},
        {"", "-1", 0},
        {"", "soon", 0},
        {"", "Thu, 01 Jan 2026 12:01:00 GMT, Thu, 01 Jan 2026 12:01:00 GMT", 0},
        {"max-age=5", "0", SECONDS(5)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct freshness f = read_at((struct freshness_answer){
            .cache_control = slice_of(cases[i].cache_control),
            .expires = slice_of(cases[i].expires),
            .date = SLICE("Thu, 01 Jan 2026 12:00:00 GMT"),
            .asked_ms = NOON,
            .came_ms = NOON,
        });
        assert_number(cases[i].cache_control, f.lifetime_ms, cases[i].lifetime_ms);
    }
}

static void a_number_of_seconds_is_read_as_people_write_it_and_no_further(void **state)
{
    (void)state;
    static const struct {
        const char *cache_control;
        uint64_t lifetime_ms;
    } cases[] = {
        {"MAX-AGE=60", SECONDS(60)},
        {"max-age=\"60\"", SECONDS(60)},
        {"max-age = 60", SECONDS(60)},
        {",, max-age=60 ,", SECONDS(60)},
        {"max-age=007", SECONDS(7)},
        {"max-age=0", 0},
        {"max-age=2147483648", LARGEST},
        {"max-age=99999999999999999999999999", LARGEST},
        {"private=\"a, max-age=1\", max-age=60", SECONDS(60)},
        {"x-max-age=60", NONE},
        {"max-ages=60", NONE},
        {"community=\"UCI\", unknown, max-age=60", SECONDS(60)},
        /* one that is no number makes it stale */
        {"max-age", 0},
        {"max-age=", 0},
        {"max-age=-1", 0},
        {"max-age=+1", 0},
        {"max-age=1.5", 0},
        {"max-age=60s", 0},
        {"max-age=0x10", 0},
        {"max-age='60'", 0},
        {"max-age=\"60", 0},
        {"max-age=60;a=b", 0},
        {"s-maxage=x, max-age=60", 0},
        /* of several the least */
        {"max-age=60, max-age=10", SECONDS(10)},
        {"max-age=10, max-age=60", SECONDS(10)},
        {"max-age=60, max-age=x", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_number(cases[i].cache_control, read(cases[i].cache_control).lifetime_ms,
                      cases[i].lifetime_ms);
}

static void what_is_forbidden_is_heard_in_any_form(void **state)
{
    (void)state;
    static const struct {
        const char *cache_control;
        bool is_no_store, is_no_cache, is_private, is_public, must_revalidate;
    } cases[] = {
        {"no-store", true, false, false, false, false},
        {"No-Store", true, false, false, false, false},
        {"no-store=1", true, false, false, false, false},
        {"max-age=60,no-store", true, false, false, false, false},
        {"no-cache", false, true, false, false, false},
        {"private", false, false, true, false, false},
        {"public", false, false, false, true, false},
        {"must-revalidate", false, false, false, false, true},
        {"proxy-revalidate", false, false, false, false, true},
        {"must-understand, no-store", true, false, false, false, false},
        {"private, public, no-cache", false, true, true, true, false},
        /* with names: the whole answer is meant, but where none of them is ever kept */
        {"no-cache=\"x-user\"", false, true, false, false, false},
        {"no-cache=x-user", false, true, false, false, false},
        {"private=\"x-user, set-cookie\"", false, false, true, false, false},
        {"private=\"\"", false, false, true, false, false},
        {"no-cache=\"Set-Cookie\"", false, false, false, false, false},
        {"private=\"set-cookie, Connection\"", false, false, false, false, false},
        /* inside of a quoted string nothing is a directive */
        {"extension=\"no-store, private\"", false, false, false, false, false},
        {"nostore, no_cache, privates", false, false, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct freshness f = read(cases[i].cache_control);
        if (f.is_no_store != cases[i].is_no_store || f.is_no_cache != cases[i].is_no_cache ||
            f.is_private != cases[i].is_private || f.is_public != cases[i].is_public ||
            f.must_revalidate != cases[i].must_revalidate)
            fail_msg("%s", cases[i].cache_control);
    }
}

static void an_answer_that_varies_by_anything_is_not_stored(void **state)
{
    (void)state;
    static const struct {
        const char *vary;
        bool is_no_store;
    } cases[] = {{"*", true}, {"accept, *", true}, {"accept", false}, {"", false}, {"**", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct freshness f = read_at((struct freshness_answer){
            .vary = slice_of(cases[i].vary), .asked_ms = NOON, .came_ms = NOON});
        assert_int_equal(f.is_no_store, cases[i].is_no_store);
    }
}

/* RFC 9111 4.2.3. */
static void how_old_it_was_is_what_age_date_and_the_way_say(void **state)
{
    (void)state;
    static const struct {
        const char *age, *date;
        uint64_t delay_ms;
        const char *cache_control;
        uint64_t age_ms;
    } cases[] = {
        {"", "Thu, 01 Jan 2026 12:00:00 GMT", 0, "max-age=60", 0},
        {"10", "Thu, 01 Jan 2026 12:00:00 GMT", 0, "max-age=60", SECONDS(10)},
        {"10", "Thu, 01 Jan 2026 12:00:00 GMT", 250, "max-age=60", SECONDS(10) + 250},
        {"", "", 250, "max-age=60", 250},
        /* Date is cut to the second, and counts for what it proves */
        {"", "Thu, 01 Jan 2026 11:59:59 GMT", 0, "max-age=60", 1},
        {"", "Thu, 01 Jan 2026 11:59:30 GMT", 0, "max-age=60", SECONDS(29) + 1},
        {"40", "Thu, 01 Jan 2026 11:59:30 GMT", 0, "max-age=60", SECONDS(40)},
        {"", "Thu, 01 Jan 2026 13:00:00 GMT", 0, "max-age=60", 0}, /* a clock that is ahead */
        {"", "yesterday", 0, "max-age=60", 0},
        /* a service that says nothing of how long may have any clock it likes */
        {"", "Thu, 01 Jan 2026 11:00:00 GMT", 0, "", 0},
        {"10", "Thu, 01 Jan 2026 11:00:00 GMT", 0, "", SECONDS(10)},
        /* of a list the first, a bad one is none */
        {"10, 50", "", 0, "max-age=60", SECONDS(10)},
        {"-10", "", 0, "max-age=60", 0},
        {"1.5", "", 0, "max-age=60", 0},
        {"x", "", 0, "max-age=60", 0},
        {"99999999999999999999", "", 0, "max-age=60", LARGEST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct freshness f = read_at((struct freshness_answer){
            .cache_control = slice_of(cases[i].cache_control),
            .age = slice_of(cases[i].age),
            .date = slice_of(cases[i].date),
            .asked_ms = NOON - cases[i].delay_ms,
            .came_ms = NOON,
        });
        assert_number(cases[i].age, f.age_ms, cases[i].age_ms);
    }
}

static const char *const state_names[] = {
    [FRESHNESS_FRESH] = "fresh",
    [FRESHNESS_REVALIDATE] = "stale, asked for anew meanwhile",
    [FRESHNESS_ON_ERROR] = "stale, on error alone",
    [FRESHNESS_OVER] = "over",
};

enum {
    FRESH = FRESHNESS_FRESH,
    MEANWHILE = FRESHNESS_REVALIDATE,
    ON_ERROR = FRESHNESS_ON_ERROR,
    OVER = FRESHNESS_OVER,
};

struct moment {
    uint64_t after_ms;
    int state;
};
struct story {
    const char *cache_control;
    struct freshness_settings reader;
    struct moment moments[6]; /* up to one that is 0 again */
};

static void tell(const struct story *s)
{
    struct freshness f = read(s->cache_control);
    for (unsigned i = 0; i < 6 && (i == 0 || s->moments[i].after_ms); i++) {
        struct moment m = s->moments[i];
        struct freshness_verdict v = freshness_judge(&f, &s->reader, NOON + m.after_ms);
        if ((int)v.state != m.state)
            fail_msg("'%s' after %llu ms is %s, not %s", s->cache_control,
                     (unsigned long long)m.after_ms, state_names[v.state], state_names[m.state]);
    }
}

#define READER(ttl, swr, sie)                                                                      \
    {                                                                                              \
        SECONDS(ttl), swr, sie, true                                                               \
    }
#define DISRESPECT(ttl, swr, sie)                                                                  \
    {                                                                                              \
        SECONDS(ttl), swr, sie, false                                                              \
    }

static const struct story stories[] = {
    /* The origin says how long; the reader's ttl is for those that do not. */
    {"max-age=60", READER(600, NONE, NONE), {{0, FRESH}, {59999, FRESH}, {60000, OVER}}},
    {"max-age=600", READER(60, NONE, NONE), {{0, FRESH}, {60000, FRESH}, {600000, OVER}}},
    {"", READER(60, NONE, NONE), {{0, FRESH}, {59999, FRESH}, {60000, OVER}}},
    {"public", READER(60, NONE, NONE), {{0, FRESH}, {59999, FRESH}, {60000, OVER}}},
    {"", READER(0, NONE, NONE), {{0, OVER}}},
    {"max-age=0", READER(60, NONE, NONE), {{0, OVER}}},
    {"no-cache", READER(60, SECONDS(60), SECONDS(60)), {{0, OVER}, {1, OVER}}},
    {"no-cache, max-age=60", READER(60, NONE, SECONDS(60)), {{0, OVER}}},

    /* Stale times of the reader, where the origin says none. */
    {"max-age=60",
     READER(0, SECONDS(10), SECONDS(30)),
     {{0, FRESH},
      {60000, MEANWHILE},
      {69999, MEANWHILE},
      {70000, ON_ERROR},
      {89999, ON_ERROR},
      {90000, OVER}}},
    {"",
     READER(60, SECONDS(30), SECONDS(10)),
     {{0, FRESH}, {60000, MEANWHILE}, {89999, MEANWHILE}, {90000, OVER}}},
    {"", READER(60, 0, SECONDS(10)), {{0, FRESH}, {60000, ON_ERROR}, {70000, OVER}}},
    {"", READER(0, 0, SECONDS(10)), {{0, ON_ERROR}, {9999, ON_ERROR}, {10000, OVER}}},

    /* Those of the origin, where it says some (RFC 5861). */
    {"max-age=60, stale-while-revalidate=10",
     READER(0, NONE, NONE),
     {{0, FRESH}, {60000, MEANWHILE}, {70000, OVER}}},
    {"max-age=60, stale-if-error=10",
     READER(0, NONE, NONE),
     {{0, FRESH}, {60000, ON_ERROR}, {70000, OVER}}},
    {"max-age=60, stale-while-revalidate=10",
     READER(0, SECONDS(99), NONE),
     {{0, FRESH}, {60000, MEANWHILE}, {70000, OVER}}},
    {"max-age=60, stale-if-error=0", READER(0, NONE, SECONDS(99)), {{0, FRESH}, {60000, OVER}}},
    {"max-age=60, stale-while-revalidate=x", READER(0, NONE, NONE), {{0, FRESH}, {60000, OVER}}},

    /* What must be validated is never served stale, whoever would like to. */
    {"max-age=60, must-revalidate",
     READER(0, SECONDS(99), SECONDS(99)),
     {{0, FRESH}, {60000, OVER}}},
    {"max-age=60, proxy-revalidate, stale-while-revalidate=10",
     READER(0, NONE, NONE),
     {{0, FRESH}, {60000, OVER}}},
    /* s-maxage says so too, whatever stands beside it. */
    {"s-maxage=60", READER(0, SECONDS(99), SECONDS(99)), {{0, FRESH}, {60000, OVER}}},
    {"s-maxage=60, stale-while-revalidate=10",
     READER(0, NONE, SECONDS(99)),
     {{0, FRESH}, {60000, OVER}}},

    /* A reader that does not respect the origin hears nothing of it. */
    {"max-age=600, must-revalidate",
     DISRESPECT(60, NONE, NONE),
     {{0, FRESH}, {59999, FRESH}, {60000, OVER}}},
    {"no-store, no-cache, private, max-age=0",
     DISRESPECT(60, SECONDS(10), SECONDS(20)),
     {{0, FRESH}, {60000, MEANWHILE}, {70000, ON_ERROR}, {80000, OVER}}},
    {"max-age=60, stale-if-error=60", DISRESPECT(60, NONE, NONE), {{0, FRESH}, {60000, OVER}}},
};

static void an_answer_goes_through_its_states_as_time_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        tell(&stories[i]);
}

static void an_age_that_it_came_with_is_taken_off(void **state)
{
    (void)state;
    const struct freshness_answer answer = {
        .cache_control = SLICE("max-age=60"),
        .age = SLICE("50"),
        .asked_ms = NOON,
        .came_ms = NOON,
    };
    const struct freshness f = read_at(answer);
    const struct freshness_settings respects = READER(0, NONE, NONE);
    const struct freshness_settings does_not = DISRESPECT(60, NONE, NONE);
    struct freshness_verdict v = freshness_judge(&f, &respects, NOON + 4000);
    assert_int_equal(v.state, FRESHNESS_FRESH);
    assert_int_equal(v.ttl_ms, 6000);
    assert_int_equal(v.age_ms, 54000);
    assert_int_equal(freshness_judge(&f, &respects, NOON + 10000).state, FRESHNESS_OVER);
    v = freshness_judge(&f, &does_not, NOON + 10000);
    assert_int_equal(v.state, FRESHNESS_FRESH);
    assert_int_equal(v.ttl_ms, 50000);
    assert_int_equal(v.age_ms, 60000); /* the truth, all the same */
}

static void what_is_left_of_its_life_may_be_below_zero(void **state)
{
    (void)state;
    const struct freshness f = read("max-age=60");
    const struct freshness_settings s = READER(0, NONE, SECONDS(600));
    assert_int_equal(freshness_judge(&f, &s, NOON + 1500).ttl_ms, 58500);
    assert_int_equal(freshness_judge(&f, &s, NOON + 61500).ttl_ms, -1500);
    const struct freshness always_asked = read("no-cache, max-age=60");
    assert_int_equal(freshness_judge(&always_asked, &s, NOON).ttl_ms, 0);
}

/* It would not age until the clock is there again. */
static void what_came_later_than_it_is_is_over(void **state)
{
    (void)state;
    static const struct {
        uint64_t back_ms;
        int state;
        int64_t ttl_ms;
        bool is_usable;
    } rows[] = {
        {0, FRESH, 60000, true},
        {5000, FRESH, 60000, true},
        {FRESHNESS_SKEW_MS, FRESH, 60000, true},
        {FRESHNESS_SKEW_MS + 1, OVER, 0, false},
        {SECONDS(3600), OVER, 0, false},
    };
    const struct freshness f = read("max-age=60");
    const struct freshness_settings readers[] = {READER(0, SECONDS(60), SECONDS(600)),
                                                 DISRESPECT(60, SECONDS(60), SECONDS(600))};
    struct freshness_wish any;
    freshness_wish_init(&any);
    freshness_wish_read(&any, SLICE("max-stale"));
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        struct freshness_verdict v =
            freshness_judge(&f, &readers[i % 2], NOON - rows[i / 2].back_ms);
        assert_int_equal(v.state, rows[i / 2].state);
        assert_int_equal(v.ttl_ms, rows[i / 2].ttl_ms);
        assert_int_equal(v.is_usable_on_error, rows[i / 2].is_usable);
        assert_int_equal(freshness_wish_judge(&any, v).state, rows[i / 2].state);
    }
}

static void on_error_is_used_what_is_fresh_or_stale_for_long_enough(void **state)
{
    (void)state;
    const struct freshness_settings s = READER(60, SECONDS(30), SECONDS(10));
    const struct freshness f = read("");
    assert_true(freshness_judge(&f, &s, NOON).is_usable_on_error);
    assert_true(freshness_judge(&f, &s, NOON + 69999).is_usable_on_error);
    /* Still served while it is asked for anew, and no answer to a failure any more. */
    assert_int_equal(freshness_judge(&f, &s, NOON + 70000).state, FRESHNESS_REVALIDATE);
    assert_false(freshness_judge(&f, &s, NOON + 70000).is_usable_on_error);
    const struct freshness strict = read("max-age=60, must-revalidate");
    assert_true(freshness_judge(&strict, &s, NOON).is_usable_on_error);
    assert_false(freshness_judge(&strict, &s, NOON + 60000).is_usable_on_error);
    const struct freshness always_asked = read("no-cache");
    assert_false(freshness_judge(&always_asked, &s, NOON).is_usable_on_error);
}

static void what_may_be_kept_and_for_how_long(void **state)
{
    (void)state;
    const uint64_t validation = SECONDS(3600);
    static const struct {
        const char *cache_control;
        struct freshness_settings reader;
        bool may_store;
        uint64_t kept_ms;
    } cases[] = {
        {"max-age=60", READER(0, NONE, NONE), true, SECONDS(60)},
        {"", READER(60, NONE, NONE), true, SECONDS(60)},
        {"", READER(0, NONE, NONE), true, 0},
        {"", READER(60, SECONDS(10), SECONDS(30)), true, SECONDS(90)},
        {"max-age=60, must-revalidate", READER(0, NONE, SECONDS(30)), true, SECONDS(60)},
        {"no-cache, max-age=60", READER(0, NONE, NONE), true, 0},
        {"no-store, max-age=60", READER(0, NONE, NONE), false, SECONDS(60)},
        {"private, max-age=60", READER(0, NONE, NONE), false, SECONDS(60)},
        {"no-store", DISRESPECT(60, NONE, NONE), true, SECONDS(60)},
        {"private", DISRESPECT(60, NONE, NONE), true, SECONDS(60)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct freshness f = read(cases[i].cache_control);
        assert_int_equal(freshness_may_store(&f, &cases[i].reader), cases[i].may_store);
        assert_number(cases[i].cache_control, freshness_kept_ms(&f, &cases[i].reader, false),
                      cases[i].kept_ms);
        assert_number(cases[i].cache_control, freshness_kept_ms(&f, &cases[i].reader, true),
                      cases[i].kept_ms + validation);
    }
}

static struct freshness_wish wish_of(const char *cache_control, const char *pragma)
{
    struct freshness_wish w;
    freshness_wish_init(&w);
    freshness_wish_read(&w, slice_of(cache_control));
    if (!*cache_control)
        freshness_wish_read_pragma(&w, slice_of(pragma));
    return w;
}

/* RFC 9111 5.2.1. The entry is fresh for 60 s, then stale for 30 s while it is asked for anew. */
static void a_client_may_wish_for_something_fresher_or_staler(void **state)
{
    (void)state;
    static const struct {
        const char *cache_control, *pragma;
        uint64_t after_ms;
        int state;
    } cases[] = {
        {"", "", 0, FRESH},
        {"", "", 60000, MEANWHILE},
        {"", "", 95000, ON_ERROR},
        {"no-cache", "", 0, ON_ERROR},
        {"", "no-cache", 0, ON_ERROR},
        {"max-age=60", "no-cache", 0, FRESH}, /* Pragma is for those without Cache-Control */
        {"max-age=10", "", 10000, FRESH},
        {"max-age=10", "", 10001, ON_ERROR},
        {"max-age=0", "", 0, ON_ERROR},
        {"max-age=0", "", 1, ON_ERROR},
        {"max-age=x", "", 1, ON_ERROR},
        {"max-age=3600", "", 60000, ON_ERROR}, /* not stale, unless it says so */
        {"max-age=3600, max-stale", "", 60000, MEANWHILE},
        {"min-fresh=20", "", 40000, FRESH},
        {"min-fresh=20", "", 40001, ON_ERROR},
        {"min-fresh=x", "", 0, ON_ERROR},
        {"max-stale", "", 95000, MEANWHILE},
        {"max-stale", "", 1000000, MEANWHILE},
        {"max-stale=40", "", 100000, MEANWHILE},
        {"max-stale=40", "", 100001, ON_ERROR},
        {"max-stale=x", "", 95000, ON_ERROR},
        {"max-stale=10", "", 70000, MEANWHILE},
        {"max-stale=10", "", 70001, ON_ERROR}, /* though the settings would allow it */
        {"max-stale=0", "", 60001, ON_ERROR},
        {"max-stale=40, max-stale=10", "", 80000, ON_ERROR},
        {"max-stale, max-stale=10", "", 80000, ON_ERROR},
        {"no-cache, max-stale", "", 95000, ON_ERROR},
        {"max-stale, max-age=10", "", 95000, ON_ERROR},
        {"only-if-cached", "", 0, FRESH},
    };
    const struct freshness f = read("max-age=60");
    const struct freshness_settings s = READER(0, SECONDS(30), SECONDS(3600));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct freshness_wish w = wish_of(cases[i].cache_control, cases[i].pragma);
        struct freshness_verdict v = freshness_judge(&f, &s, NOON + cases[i].after_ms);
        v = freshness_wish_judge(&w, v);
        if ((int)v.state != cases[i].state)
            fail_msg("'%s' after %llu ms: %s, not %s", cases[i].cache_control,
                     (unsigned long long)cases[i].after_ms, state_names[v.state],
                     state_names[cases[i].state]);
    }
}

static void no_wish_makes_stale_what_must_be_validated(void **state)
{
    (void)state;
    const struct freshness_wish w = wish_of("max-stale", "");
    const struct freshness_settings s = READER(60, NONE, NONE);
    static const char *const strict[] = {"max-age=60, must-revalidate", "no-cache, max-age=0",
                                         "s-maxage=60"};
    for (size_t i = 0; i < 3; i++) {
        const struct freshness f = read(strict[i]);
        struct freshness_verdict v = freshness_judge(&f, &s, NOON + 60000);
        assert_int_equal(freshness_wish_judge(&w, v).state, FRESHNESS_OVER);
    }
}

static void wishes_are_heard(void **state)
{
    (void)state;
    assert_true(wish_of("no-store", "").is_no_store);
    assert_true(wish_of("Only-If-Cached, no-transform", "").only_if_cached);
    assert_false(wish_of("", "").is_no_cache);
    assert_true(wish_of("", "").max_age_ms == UINT64_MAX);
    assert_true(wish_of("", "").max_stale_ms == FRESHNESS_UNTOLD);
    assert_true(wish_of("max-stale", "").max_stale_ms == FRESHNESS_UNTOLD - 1);
    struct freshness_wish w = wish_of("min-fresh=5", "");
    freshness_wish_read(&w, SLICE("no-store, min-fresh=3"));
    assert_true(w.is_no_store && w.min_fresh_ms == SECONDS(5));
}

/* Age and ttl add up to the life, whatever the largest numbers are. */
static void the_largest_numbers_overflow_nothing(void **state)
{
    (void)state;
    const struct freshness f = read_at((struct freshness_answer){
        .cache_control = SLICE("max-age=4294967296, stale-while-revalidate=4294967296,"
                               " stale-if-error=4294967296"),
        .age = SLICE("4294967296"),
        .asked_ms = NOON,
        .came_ms = NOON,
    });
    const struct freshness_settings s = READER(0, NONE, NONE);
    assert_int_equal(freshness_judge(&f, &s, NOON).state, FRESHNESS_REVALIDATE);
    struct freshness_verdict v = freshness_judge(&f, &s, NOON + TEN_YEARS);
    assert_int_equal(v.ttl_ms, -(int64_t)TEN_YEARS);
    assert_int_equal(v.age_ms, LARGEST + TEN_YEARS);
    assert_int_equal(freshness_kept_ms(&f, &s, false), LARGEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_long_it_is_fresh_is_said_by_the_first_of_three),
        cmocka_unit_test(a_number_of_seconds_is_read_as_people_write_it_and_no_further),
        cmocka_unit_test(what_is_forbidden_is_heard_in_any_form),
        cmocka_unit_test(an_answer_that_varies_by_anything_is_not_stored),
        cmocka_unit_test(how_old_it_was_is_what_age_date_and_the_way_say),
        cmocka_unit_test(an_answer_goes_through_its_states_as_time_does),
        cmocka_unit_test(an_age_that_it_came_with_is_taken_off),
        cmocka_unit_test(what_is_left_of_its_life_may_be_below_zero),
        cmocka_unit_test(what_came_later_than_it_is_is_over),
        cmocka_unit_test(on_error_is_used_what_is_fresh_or_stale_for_long_enough),
        cmocka_unit_test(what_may_be_kept_and_for_how_long),
        cmocka_unit_test(a_client_may_wish_for_something_fresher_or_staler),
        cmocka_unit_test(no_wish_makes_stale_what_must_be_validated),
        cmocka_unit_test(wishes_are_heard),
        cmocka_unit_test(the_largest_numbers_overflow_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
