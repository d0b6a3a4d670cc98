/* cache_test.c - records and purges by what people know them by */
#include "stored.h"

enum {
    LATER = 1000000
};

static bool put(struct cache *c, const struct stored *s, const char *url, uint64_t begun)
{
    const struct cache_entry e = {
        .record = stored_record(s), .url = slice_of(url), .until_ms = LATER, .begun = begun};
    return cache_put(c, &e);
}

static const struct stored walnut = {"GET 7", "product:7", "shop", 3, 'w'};
static const struct stored pine = {"GET 8", "product:8", "shop", 3, 'p'};
static const struct stored lamp = {"GET 9", "lamp:9", "light", 3, 'l'};

static struct cache *filled(void)
{
    struct cache *c = cache_new(1 << 20, NULL);
    uint64_t now = generations_now(c->generations);
    assert_true(put(c, &walnut, "catalog:/products/7", now));
    assert_true(put(c, &pine, "catalog:/products/8", now));
    assert_true(put(c, &lamp, "", now));
    return c;
}

static void purge(struct cache *c, enum cache_purge_kind kind, const char *what)
{
    cache_purge(c, &(struct cache_purge){.kind = kind, .what = slice_of(what)});
}

/* Which of walnut, pine and lamp are there. */
static const char *there(struct cache *c)
{
    static char fills[4];
    fills[0] = stored_fill(c->memory, "GET 7", 0);
    fills[1] = stored_fill(c->memory, "GET 8", 0);
    fills[2] = stored_fill(c->memory, "GET 9", 0);
    return fills;
}

static void a_purge_is_by_name_tag_url_prefix_or_of_all(void **unused)
{
    (void)unused;
    static const struct {
        enum cache_purge_kind kind;
        const char *what, *left;
    } cases[] = {
        {CACHE_PURGE_KEY, "product:7", "-pl"},
        {CACHE_PURGE_KEY, "product:", "wpl"},
        {CACHE_PURGE_TAG, "shop", "--l"},
        {CACHE_PURGE_TAG, "product:7", "wpl"},
        {CACHE_PURGE_URL, "catalog:/products/8", "w-l"},
        {CACHE_PURGE_PREFIX, "product:", "--l"},
        {CACHE_PURGE_PREFIX, "x", "wpl"},
        {CACHE_PURGE_ALL, "", "---"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cache *c = filled();
        assert_string_equal(there(c), "wpl");
        purge(c, cases[i].kind, cases[i].what);
        assert_string_equal(there(c), cases[i].left);
        cache_free(c);
    }
}

static void what_is_on_its_way_during_a_purge_of_its_own_is_not_kept(void **unused)
{
    (void)unused;
    static const struct {
        enum cache_purge_kind kind;
        const char *what;
    } cases[] = {{CACHE_PURGE_KEY, "product:7"},
                 {CACHE_PURGE_TAG, "shop"},
                 {CACHE_PURGE_URL, "catalog:/products/7"},
                 {CACHE_PURGE_PREFIX, "product:"},
                 {CACHE_PURGE_ALL, ""}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cache *c = cache_new(1 << 20, NULL);
        uint64_t begun = generations_now(c->generations);
        purge(c, cases[i].kind, cases[i].what);
        assert_false(put(c, &walnut, "catalog:/products/7", begun));
        assert_true(put(c, &walnut, "catalog:/products/7", generations_now(c->generations)));
        assert_string_equal(there(c), "w--");
        cache_free(c);
    }
}

static void what_is_no_record_is_not_kept(void **unused)
{
    (void)unused;
    struct cache *c = cache_new(1 << 20, NULL);
    struct blob *b = blob_new(10);
    memset(b->at, 'x', 10);
    assert_false(cache_put(c, &(struct cache_entry){.record = b, .until_ms = LATER}));
    cache_free(c);
}

static bool put_with_tags(struct cache *c, unsigned n_tags)
{
    struct slice tags[MEMORY_STORE_COUNTERS];
    for (unsigned i = 0; i < n_tags; i++)
        tags[i] = SLICE("t");
    const struct record r = {.status = 200,
                             .key = SLICE("k"),
                             .name = SLICE("n"),
                             .body = SLICE("1"),
                             .tags = tags,
                             .n_tags = n_tags};
    struct blob *b = record_write(&r, 4096);
    assert_non_null(b);
    return cache_put(c, &(struct cache_entry){.record = b, .url = SLICE("s:/"), .until_ms = LATER});
}

static void an_entry_has_at_most_64_tags(void **unused)
{
    (void)unused;
    struct cache *c = cache_new(1 << 20, NULL);
    assert_true(put_with_tags(c, 64));
    purge(c, CACHE_PURGE_TAG, "t");
    assert_int_equal(stored_fill(c->memory, "k", 0), '-');
    assert_false(put_with_tags(c, 65));
    cache_free(c);
}

/* An answer that shows a part with a name of its own, and one that is known by its URL. */
static const struct record_shown shown[] = {
    {SLICE_INIT("part:7"), SLICE_INIT("catalog:/products/7")},
    {SLICE_INIT("stock:/stock/7"), SLICE_INIT("stock:/stock/7")},
};

static struct blob *record_that_shows(bool is_brittle)
{
    const struct record r = {.freshness = {.came_ms = 5000},
                             .status = 200,
                             .key = SLICE("whole"),
                             .name = SLICE("/page/7"),
                             .body = SLICE("w"),
                             .shown = shown,
                             .n_shown = is_brittle ? 0 : 2,
                             .is_brittle = is_brittle};
    struct blob *b = record_write(&r, 4096);
    assert_non_null(b);
    return b;
}

static bool put_that_shows(struct cache *c, bool is_brittle, uint64_t begun)
{
    return cache_put(c, &(struct cache_entry){.record = record_that_shows(is_brittle),
                                              .url = SLICE("/page/7"),
                                              .until_ms = LATER,
                                              .begun = begun});
}

static void what_shows_parts_goes_with_them_and_what_is_brittle_with_anything(void **unused)
{
    (void)unused;
    static const struct {
        enum cache_purge_kind kind;
        const char *what;
        bool is_meant;
    } cases[] = {
        {CACHE_PURGE_KEY, "part:7", true},
        {CACHE_PURGE_KEY, "stock:/stock/7", true},
        {CACHE_PURGE_KEY, "catalog:/products/7", false},
        {CACHE_PURGE_TAG, "part:7", false},
        {CACHE_PURGE_URL, "catalog:/products/7", true},
        {CACHE_PURGE_URL, "stock:/stock/7", true},
        {CACHE_PURGE_URL, "stock:/stock/8", false},
        {CACHE_PURGE_PREFIX, "part:", true},
        {CACHE_PURGE_PREFIX, "stock:", true},
        {CACHE_PURGE_KEY, "/page/7", true},
        {CACHE_PURGE_ALL, "", true},
    };
    for (unsigned i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        bool is_brittle = i % 2;
        bool is_meant = cases[i / 2].is_meant || is_brittle;
        struct cache *c = cache_new(1 << 20, NULL);
        struct blob *b = record_that_shows(is_brittle);
        struct record r;
        assert_true(record_read(&r, blob_slice(b)));
        uint64_t before = generations_now(c->generations);
        assert_true(put_that_shows(c, is_brittle, before));
        cache_purge(c, &(struct cache_purge){cases[i / 2].kind, slice_of(cases[i / 2].what), 6000});
        assert_int_equal(stored_fill(c->memory, "whole", 0), is_meant ? '-' : 'w');
        assert_int_equal(cache_purged_record(c, &r) > before, is_meant);
        assert_int_equal(put_that_shows(c, is_brittle, before), !is_meant);
        if (is_brittle || cases[i / 2].kind != CACHE_PURGE_PREFIX)
            assert_int_equal(cache_distrusts(c, &r, SLICE("/page/7")), is_meant);
        blob_release(NULL, b);
        cache_free(c);
    }
}

static void an_entry_shows_at_most_64_parts(void **unused)
{
    (void)unused;
    struct record_shown many[RECORD_SHOWN_MAX + 1];
    struct record r = {.status = 200, .key = SLICE("k"), .shown = many};
    struct cache *c = cache_new(1 << 20, NULL);
    for (unsigned i = 0; i <= RECORD_SHOWN_MAX; i++)
        many[i] = shown[0];
    for (r.n_shown = 64; r.n_shown <= 65; r.n_shown++) {
        const struct cache_entry e = {.record = record_write(&r, 65536), .until_ms = LATER};
        assert_int_equal(cache_put(c, &e), r.n_shown == 64);
    }
    cache_free(c);
}

static void without_memory_flights_still_work(void **unused)
{
    (void)unused;
    struct cache *c = cache_new(0, NULL);
    struct cache_key k = stored_key("k");
    assert_false(put(c, &walnut, "", 0));
    assert_true(flights_open(c->flights, &k, &(struct flight_ask){0}));
    assert_true(flights_abandon(c->flights, &k, (struct flight_seat){0}, (struct flight_seat){0}));
    cache_free(c);
}

static void a_minute_of_sweeps_gives_all_back_that_is_over(void **unused)
{
    (void)unused;
    struct cache *c = filled();
    struct memory_store_count count;
    for (unsigned i = 0; i < 60; i++)
        cache_sweep(c, LATER);
    memory_store_count(c->memory, &count);
    assert_int_equal(count.n_entries, 0);
    cache_free(c);
}

static void labels_tell_when_any_of_them_was_purged(void **unused)
{
    (void)unused;
    struct cache *c = cache_new(0, NULL);
    const struct slice tag = SLICE_INIT("shop");
    const struct cache_labels of_tag = {.name = SLICE("n"), .tags = &tag, .n_tags = 1};
    const struct cache_labels of_url = {.url = SLICE("catalog:/products/7")};
    const struct cache_labels of_none = {0};
    uint64_t before = generations_now(c->generations);
    assert_true(cache_purged(c, &of_tag) <= before && cache_purged(c, &of_url) <= before);
    purge(c, CACHE_PURGE_TAG, "shop");
    assert_true(cache_purged(c, &of_tag) > before && cache_purged(c, &of_url) <= before);
    purge(c, CACHE_PURGE_URL, "catalog:/products/7");
    assert_true(cache_purged(c, &of_url) > cache_purged(c, &of_tag));
    assert_true(cache_purged(c, &of_none) <= before);
    purge(c, CACHE_PURGE_PREFIX, "x");
    assert_true(cache_purged(c, &of_none) > before);
    cache_free(c);
}

static void a_record_tells_when_its_tags_or_its_name_were_purged(void **unused)
{
    (void)unused;
    struct cache *c = cache_new(0, NULL);
    struct blob *b = stored_record(&walnut);
    struct record r;
    assert_true(record_read(&r, blob_slice(b)));
    uint64_t before = generations_now(c->generations);
    purge(c, CACHE_PURGE_TAG, "shop");
    uint64_t by_tag = cache_purged_record(c, &r);
    purge(c, CACHE_PURGE_KEY, "product:7");
    assert_true(by_tag > before && cache_purged_record(c, &r) > by_tag);
    blob_release(NULL, b);
    cache_free(c);
}

static bool is_distrusted(const struct cache *c, uint64_t came_ms)
{
    const struct slice tag = SLICE_INIT("shop");
    const struct record written = {
        .freshness = {.came_ms = came_ms}, .name = SLICE("product:7"), .tags = &tag, .n_tags = 1};
    struct blob *b = record_write(&written, 1024);
    struct record r;
    assert_true(record_read(&r, blob_slice(b)));
    bool is_so = cache_distrusts(c, &r, SLICE("catalog:/products/7"));
    blob_release(NULL, b);
    return is_so;
}

static void what_a_store_has_from_before_a_purge_is_not_trusted(void **unused)
{
    (void)unused;
    static const struct {
        enum cache_purge_kind kind;
        const char *what;
        bool is_meant;
    } cases[] = {
        {CACHE_PURGE_KEY, "product:7", true}, {CACHE_PURGE_KEY, "product:8", false},
        {CACHE_PURGE_TAG, "shop", true},      {CACHE_PURGE_URL, "catalog:/products/7", true},
        {CACHE_PURGE_ALL, "", true},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cache *c = cache_new(0, NULL);
        struct cache_purge p = {.kind = cases[i].kind, .what = slice_of(cases[i].what)};
        cache_purge(c, &p); /* that the stores have done */
        assert_false(is_distrusted(c, 1));
        p.at_ms = 5000;
        cache_purge(c, &p);
        p.at_ms = 4000;
        cache_purge(c, &p);
        assert_int_equal(is_distrusted(c, 5000), cases[i].is_meant);
        assert_false(is_distrusted(c, 5001));
        cache_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_store_has_from_before_a_purge_is_not_trusted),
        cmocka_unit_test(labels_tell_when_any_of_them_was_purged),
        cmocka_unit_test(a_record_tells_when_its_tags_or_its_name_were_purged),
        cmocka_unit_test(a_purge_is_by_name_tag_url_prefix_or_of_all),
        cmocka_unit_test(what_is_on_its_way_during_a_purge_of_its_own_is_not_kept),
        cmocka_unit_test(what_is_no_record_is_not_kept),
        cmocka_unit_test(an_entry_has_at_most_64_tags),
        cmocka_unit_test(what_shows_parts_goes_with_them_and_what_is_brittle_with_anything),
        cmocka_unit_test(an_entry_shows_at_most_64_parts),
        cmocka_unit_test(without_memory_flights_still_work),
        cmocka_unit_test(a_minute_of_sweeps_gives_all_back_that_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
