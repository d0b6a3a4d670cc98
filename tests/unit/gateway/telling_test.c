/* telling_test.c - what is said of caching, as tables of texts */
#include "../unit.h"
#include "gateway/telling.h"

enum {
    MAX_SOURCES = 4
};

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void expect(struct slice text, const char *expected)
{
    assert_non_null(text.at);
    assert_int_equal(text.n, strlen(expected));
    assert_memory_equal(text.at, expected, text.n);
}

/* Letters stand for what the cache had to do with a source: h, s, m, r; - nothing; e: of an empty
 * list. */
static unsigned list(const char *letters, struct telling_source *sources,
                     struct outcome_caching *caching)
{
    static const struct slice names[MAX_SOURCES] = {SLICE_INIT("product"), SLICE_INIT("reviews"),
                                                    SLICE_INIT("pricing"), SLICE_INIT("stock")};
    unsigned n = 0;
    for (; letters[n]; n++) {
        static const char all[] = "-mrhs";
        const char *found = strchr(all, letters[n]);
        caching[n] = (struct outcome_caching){
            .how = found ? (enum outcome_cache)(found - all) : OUTCOME_UNCACHED,
            .is_stored = found && *found != '-',
            .ttl_ms = 60000,
        };
        sources[n] = (struct telling_source){.name = names[n],
                                             .how = caching[n].how,
                                             .caching = &caching[n],
                                             .is_good = true,
                                             .has_no_call = letters[n] == 'e'};
    }
    return n;
}

static void cache_status_names_the_sources_that_cache(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        bool is_asked;
        const char *text; /* NULL: there is none */
    } rows[] = {
        {"hsm", false, "sheaf; fwd=miss; detail=\"product=hit,reviews=stale,pricing=miss\""},
        {"hs", false, "sheaf; hit; detail=\"product=hit,reviews=stale\""},
        {"h", false, "sheaf; hit; detail=\"product=hit\""},
        {"h-", false, "sheaf; fwd=miss; detail=\"product=hit\""},
        {"-h", true, "sheaf; fwd=miss; detail=\"reviews=hit\""},
        {"hr", false, "sheaf; fwd=miss; detail=\"product=hit,reviews=revalidated\""},
        {"he", false, "sheaf; hit; detail=\"product=hit\""},
        {"--", true, "sheaf; fwd=miss"},
        {"", true, "sheaf; fwd=miss"},
        {"--", false, NULL},
        {"", false, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct telling_source sources[MAX_SOURCES];
        struct outcome_caching caching[MAX_SOURCES];
        unsigned n = list(rows[i].letters, sources, caching);
        struct telling t = telling_judge(sources, n, rows[i].is_asked);
        assert_int_equal(t.has_status, rows[i].text != NULL);
        if (rows[i].text)
            expect(telling_status(&t, sources, n, &arena), rows[i].text);
    }
}

static void a_list_that_is_stale_in_part_and_was_asked_for_is_no_hit(void **state)
{
    (void)state;
    struct telling_source sources[MAX_SOURCES];
    struct outcome_caching caching[MAX_SOURCES];
    unsigned n = list("hs", sources, caching);
    caching[1].has_missed = true;
    struct telling t = telling_judge(sources, n, false);
    assert_false(t.is_had);
    expect(telling_status(&t, sources, n, &arena),
           "sheaf; fwd=miss; detail=\"product=hit,reviews=stale\"");
}

static void an_answer_is_cached_where_every_source_is(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        bool is_cached;
    } rows[] = {{"h", true},  {"hsmr", true}, {"he", true}, {"h-", false},
                {"-", false}, {"e", false},   {"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct telling_source sources[MAX_SOURCES];
        struct outcome_caching caching[MAX_SOURCES];
        unsigned n = list(rows[i].letters, sources, caching);
        if (telling_judge(sources, n, true).is_cached != rows[i].is_cached)
            fail_msg("%s", rows[i].letters);
    }
}

static void what_stands_in_for_a_failure_is_not_kept_by_others(void **state)
{
    (void)state;
    struct telling_source sources[MAX_SOURCES];
    struct outcome_caching caching[MAX_SOURCES];
    unsigned n = list("hs", sources, caching);
    sources[1].is_good = false;
    assert_false(telling_judge(sources, n, false).is_cached);
    assert_true(telling_judge(sources, n, false).is_had);
}

static void the_part_that_is_over_first_and_one_that_is_private_count(void **state)
{
    (void)state;
    struct telling_source sources[MAX_SOURCES];
    struct outcome_caching caching[MAX_SOURCES];
    unsigned n = list("hhs", sources, caching);
    caching[1].ttl_ms = 4200;
    struct telling t = telling_judge(sources, n, false);
    assert_int_equal(t.ttl_ms, 4200);
    assert_false(t.is_private);
    caching[0].is_private = true;
    caching[2].ttl_ms = -100;
    t = telling_judge(sources, n, false);
    assert_int_equal(t.ttl_ms, -100);
    assert_true(t.is_private);
}

static void seconds_are_whole(void **state)
{
    (void)state;
    expect(telling_hit(42949, &arena), "sheaf; hit; ttl=42");
    expect(telling_hit(42950, &arena), "sheaf; hit; ttl=43"); /* as Cache-Control beside it */
    expect(telling_hit(949, &arena), "sheaf; hit; ttl=0");
    expect(telling_hit(0, &arena), "sheaf; hit; ttl=0");
    expect(telling_hit(-1, &arena), "sheaf; hit; ttl=-1");
    expect(telling_hit(-1000, &arena), "sheaf; hit; ttl=-1");
    expect(telling_hit(-1001, &arena), "sheaf; hit; ttl=-2");
    expect(telling_control(false, 60000, &arena), "max-age=60");
    expect(telling_control(true, 59999, &arena), "private, max-age=60");
    expect(telling_control(true, 59949, &arena), "private, max-age=59");
    expect(telling_control(false, 1, &arena), "max-age=0");
    expect(telling_control(false, -5000, &arena), "max-age=0");
    expect(telling_age(0, &arena), "0");
    expect(telling_age(61999, &arena), "61");
    expect(telling_hit(INT64_MAX, &arena), "sheaf; hit; ttl=9223372036854775");
}

static void vary_has_each_name_once(void **state)
{
    (void)state;
    struct telling_source sources[MAX_SOURCES];
    struct outcome_caching caching[MAX_SOURCES];
    unsigned n = list("hhh", sources, caching);
    expect(telling_vary(SLICE("x-a"), sources, n, false, &arena), "x-a");
    expect(telling_vary(SLICE(""), sources, n, false, &arena), "");
    caching[0].vary = SLICE("accept,x-a");
    caching[2].vary = SLICE("accept, accept-language");
    expect(telling_vary(SLICE("x-a"), sources, n, false, &arena), "x-a, accept, accept-language");
    expect(telling_vary(SLICE(""), sources, n, false, &arena), "accept, x-a, accept-language");
    caching[1].vary = SLICE("b,c,d,e,f,g");
    expect(telling_vary(SLICE("x-a"), sources, n, false, &arena),
           "x-a, accept, b, c, d, e, f, g, accept-language");
}

static void vary_has_no_name_that_the_client_does_not_send(void **state)
{
    (void)state;
    struct telling_source sources[MAX_SOURCES];
    struct outcome_caching caching[MAX_SOURCES];
    unsigned n = list("h", sources, caching);
    caching[0].vary = SLICE("x-forwarded-host, host, b, x-forwarded-proto");
    expect(telling_vary(SLICE("a"), sources, n, false, &arena), "a, b");
    expect(telling_vary(SLICE("a"), sources, n, true, &arena),
           "a, x-forwarded-host, b, x-forwarded-proto");
    caching[0].vary = SLICE("b, x-forwarded-for");
    expect(telling_vary(SLICE("a"), sources, n, false, &arena), "a, b");
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    struct arena full;
    struct telling_source sources[MAX_SOURCES];
    struct outcome_caching caching[MAX_SOURCES];
    unsigned n = list("h", sources, caching);
    struct telling t = telling_judge(sources, n, false);
    arena_init(&full, 64, 0);
    caching[0].vary = SLICE("a");
    assert_null(telling_status(&t, sources, n, &full).at);
    assert_null(telling_hit(1, &full).at);
    assert_null(telling_control(true, 1, &full).at);
    assert_null(telling_vary(SLICE("x"), sources, n, false, &full).at);
    arena_done(&full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cache_status_names_the_sources_that_cache),
        TEST(a_list_that_is_stale_in_part_and_was_asked_for_is_no_hit),
        TEST(an_answer_is_cached_where_every_source_is),
        TEST(what_stands_in_for_a_failure_is_not_kept_by_others),
        TEST(the_part_that_is_over_first_and_one_that_is_private_count),
        TEST(seconds_are_whole),
        TEST(vary_has_each_name_once),
        TEST(vary_has_no_name_that_the_client_does_not_send),
        TEST(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
