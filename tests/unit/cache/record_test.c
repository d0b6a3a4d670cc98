/* record_test.c - an answer comes back from its record as it went in, but for what is never kept */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "base/buffer.h"
#include "cache/record.h"

enum {
    LIMIT = 1 << 20,
    HEAD_MAX = 32, /* bytes beside the texts of a small record */
    FRONT_SIZE = 2
};
#define NOON UINT64_C(1767268800000)

static const struct record_field fields[] = {
    {SLICE_INIT("Content-Type"), SLICE_INIT("application/json")},
    {SLICE_INIT("Cache-Control"), SLICE_INIT("max-age=60")},
    {SLICE_INIT("X-Empty"), SLICE_INIT("")},
    {SLICE_INIT("Surrogate-Key"), SLICE_INIT("a b")},
    {SLICE_INIT("Surrogate-Key"), SLICE_INIT("c")},
};
static const struct slice tags[] = {SLICE_INIT("product:7"), SLICE_INIT(""), SLICE_INIT("all")};

static const struct record_shown shown[] = {
    {SLICE_INIT("part:7"), SLICE_INIT("parts:/7")},
    {SLICE_INIT("stock:/7"), SLICE_INIT("stock:/7")},
};

static struct record some_record(void)
{
    return (struct record){
        .freshness = {.came_ms = NOON,
                      .age_ms = 250,
                      .lifetime_ms = 60000,
                      .stale_while_revalidate_ms = FRESHNESS_UNTOLD,
                      .stale_if_error_ms = 0,
                      .is_no_cache = true,
                      .is_public = true},
        .status = 200,
        .is_json = true,
        .key = SLICE("\7catalog\3GET"),
        .name = SLICE("product:7"),
        .vary = SLICE("accept, x-tenant"),
        .etag = SLICE("\"v1\""),
        .last_modified = SLICE("Thu, 01 Jan 2026 11:00:00 GMT"),
        .body = SLICE("{\"id\":7}"),
        .fields = fields,
        .n_fields = sizeof fields / sizeof *fields,
        .tags = tags,
        .n_tags = sizeof tags / sizeof *tags,
        .shown = shown,
        .n_shown = sizeof shown / sizeof *shown,
        .is_brittle = true,
        .purges = UINT64_MAX,
    };
}

static struct blob *write(const struct record *r)
{
    struct blob *b = record_write(r, LIMIT);
    assert_non_null(b);
    return b;
}

/* Of one share that nobody else has. */
static void drop(struct blob *b)
{
    struct blob_pool pool;
    blob_pool_init(&pool, 0, NULL);
    blob_release(&pool, b);
    blob_pool_done(&pool);
}

#define ASSERT_SLICE(actual, expected)                                                             \
    do {                                                                                           \
        struct slice actual_ = (actual);                                                           \
        if (!slice_equal(actual_, (expected)))                                                     \
            fail_msg("%s is '%.*s', not '%.*s'", #actual, SLICE_ARG(actual_),                      \
                     SLICE_ARG(expected));                                                         \
    } while (0)

static void an_answer_comes_back_as_it_was(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    struct record out;
    assert_true(record_read(&out, blob_slice(b)));
    assert_memory_equal(&out.freshness, &in.freshness, sizeof in.freshness);
    assert_int_equal(out.status, 200);
    assert_true(out.is_json);
    assert_true(out.is_brittle);
    assert_true(out.purges == UINT64_MAX);
    ASSERT_SLICE(out.key, in.key);
    ASSERT_SLICE(record_key(b), in.key);
    ASSERT_SLICE(out.name, in.name);
    ASSERT_SLICE(out.vary, in.vary);
    ASSERT_SLICE(out.etag, in.etag);
    ASSERT_SLICE(out.last_modified, in.last_modified);
    ASSERT_SLICE(out.body, in.body);
    assert_null(out.fields);
    assert_null(out.tags);
    assert_null(out.shown);
    drop(b);
}

static void its_fields_and_tags_come_one_after_the_other(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    struct record out;
    struct record_field f;
    struct slice tag;
    size_t at = 0;
    assert_true(record_read(&out, blob_slice(b)));
    assert_int_equal(record_count_fields(&out), in.n_fields);
    for (unsigned i = 0; i < in.n_fields; i++) {
        assert_true(record_next_field(&out, &at, &f));
        ASSERT_SLICE(f.name, in.fields[i].name);
        ASSERT_SLICE(f.value, in.fields[i].value);
    }
    assert_false(record_next_field(&out, &at, &f));
    at = 0;
    for (unsigned i = 0; i < in.n_tags; i++) {
        assert_true(record_next_tag(&out, &at, &tag));
        ASSERT_SLICE(tag, in.tags[i]);
    }
    assert_false(record_next_tag(&out, &at, &tag));
    drop(b);
}

static void what_it_shows_comes_back_and_all_names_are_counted(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    struct record out;
    struct record_shown s;
    size_t at = 0;
    unsigned n;
    assert_true(record_read(&out, blob_slice(b)));
    for (unsigned i = 0; i < in.n_shown; i++) {
        assert_true(record_next_shown(&out, &at, &s));
        ASSERT_SLICE(s.name, shown[i].name);
        ASSERT_SLICE(s.url, shown[i].url);
    }
    assert_false(record_next_shown(&out, &at, &s));
    assert_true(record_count_names(&out, &n));
    assert_int_equal(n, in.n_tags + 2 * in.n_shown);
    drop(b);
}

/* CONTRACT 3.7, RFC 9111 3.1. */
static void what_is_one_clients_or_one_connections_is_never_kept(void **state)
{
    (void)state;
    static const struct record_field given[] = {
        {SLICE_INIT("Set-Cookie"), SLICE_INIT("a=b")},
        {SLICE_INIT("SET-COOKIE2"), SLICE_INIT("a=b")},
        {SLICE_INIT("Connection"), SLICE_INIT("x-hop, \"close\"")},
        {SLICE_INIT("connection"), SLICE_INIT("X-Other")},
        {SLICE_INIT("x-hop"), SLICE_INIT("1")},
        {SLICE_INIT("x-other"), SLICE_INIT("1")},
        {SLICE_INIT("Keep-Alive"), SLICE_INIT("timeout=5")},
        {SLICE_INIT("Transfer-Encoding"), SLICE_INIT("chunked")},
        {SLICE_INIT("TE"), SLICE_INIT("trailers")},
        {SLICE_INIT("Trailer"), SLICE_INIT("x")},
        {SLICE_INIT("Upgrade"), SLICE_INIT("h2c")},
        {SLICE_INIT("Proxy-Authenticate"), SLICE_INIT("Basic")},
        {SLICE_INIT("Proxy-Authentication-Info"), SLICE_INIT("x")},
        {SLICE_INIT("Proxy-Authorization"), SLICE_INIT("x")},
        {SLICE_INIT("Proxy-Connection"), SLICE_INIT("close")},
        {SLICE_INIT("Content-Length"), SLICE_INIT("8")},
        {SLICE_INIT("Age"), SLICE_INIT("7")},
        {SLICE_INIT("X-Kept"), SLICE_INIT("yes")},
    };
    struct record in = some_record();
    in.fields = given;
    in.n_fields = sizeof given / sizeof *given;
    struct blob *b = write(&in);
    struct record out;
    struct record_field f;
    size_t at = 0;
    assert_true(record_read(&out, blob_slice(b)));
    assert_true(record_next_field(&out, &at, &f));
    ASSERT_SLICE(f.name, SLICE("X-Kept"));
    assert_false(record_next_field(&out, &at, &f));
    drop(b);
}

static void what_is_longer_than_the_limit_is_no_record(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    size_t n = b->n;
    drop(b);
    b = record_write(&in, n);
    assert_non_null(b);
    assert_int_equal(b->n, n);
    drop(b);
    for (size_t limit = 0; limit < n; limit++)
        assert_null(record_write(&in, limit));
}

static void a_small_record_is_hardly_more_than_its_texts(void **state)
{
    (void)state;
    struct record in = some_record();
    in.n_fields = in.n_tags = in.n_shown = 0;
    in.purges = 0;
    struct blob *b = write(&in);
    size_t texts = in.key.n + in.name.n + in.vary.n + in.etag.n + in.last_modified.n + in.body.n;
    assert_in_range(b->n, texts, texts + HEAD_MAX);
    drop(b);
}

static void a_record_that_was_cut_is_none(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    struct record out;
    for (size_t n = 0; n < b->n; n++) {
        char *cut = malloc(n ? n : 1); /* so that the sanitizer sees who reads behind it */
        assert_non_null(cut);
        memcpy(cut, b->at, n);
        assert_false(record_read(&out, (struct slice){cut, n}));
        free(cut);
    }
    drop(b);
}

static void another_version_or_more_bytes_are_no_record(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    struct record out;
    char *longer = malloc(b->n + 1);
    assert_non_null(longer);
    memcpy(longer, b->at, b->n);
    longer[b->n] = 'R';
    assert_true(record_read(&out, (struct slice){longer, b->n}));
    assert_false(record_read(&out, (struct slice){longer, b->n + 1}));
    for (unsigned i = 0; i < FRONT_SIZE; i++) {
        longer[i]++;
        assert_false(record_read(&out, (struct slice){longer, b->n}));
        longer[i]--;
    }
    longer[b->n - 1]++;
    assert_false(record_read(&out, (struct slice){longer, b->n}));
    free(longer);
    drop(b);
}

/* A store is a stranger: what it gives would go into requests and answers of ours. */
static void lines_that_a_stranger_hid_in_it_are_refused(void **state)
{
    (void)state;
    static const struct record_field bad[] = {
        {SLICE_INIT("x-good"), SLICE_INIT("1")},
        {SLICE_INIT("x-bad"), SLICE_INIT("1\r\nset-cookie: a=b")},
    };
    struct record in = some_record();
    in.fields = bad;
    in.n_fields = 2;
    struct blob *b = write(&in);
    struct record out;
    struct record_field f;
    size_t at = 0;
    assert_true(record_read(&out, blob_slice(b)));
    assert_true(record_next_field(&out, &at, &f));
    assert_false(record_next_field(&out, &at, &f));
    drop(b);
    in = some_record();
    in.etag = SLICE("\"v1\"\r\nx: y");
    b = write(&in);
    assert_false(record_read(&out, blob_slice(b)));
    drop(b);
}

/* Each byte changed in turn: whatever is read, lies within. */
static void whatever_is_changed_stays_within_its_bytes(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    char *changed = malloc(b->n);
    assert_non_null(changed);
    for (size_t i = 0; i < b->n * 255; i++) {
        struct record out;
        struct record_field f;
        struct slice tag;
        memcpy(changed, b->at, b->n);
        changed[i / 255] = (char)(changed[i / 255] + 1 + (int)(i % 255));
        if (!record_read(&out, (struct slice){changed, b->n}))
            continue;
        for (size_t at = 0; record_next_field(&out, &at, &f);)
            assert_true(f.value.at + f.value.n <= changed + b->n);
        for (size_t at = 0; record_next_tag(&out, &at, &tag);)
            assert_true(tag.at + tag.n <= changed + b->n);
        assert_true(out.body.at + out.body.n <= changed + b->n);
    }
    free(changed);
    drop(b);
}

static void its_flags_lie_where_the_key_says(void **state)
{
    char key[200] = "a key whose length takes two bytes";
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct record r = some_record();
        r.freshness.is_public = i & 1;
        r.freshness.must_revalidate = true;
        r.key.n = i & 2 ? r.key.n : sizeof key;
        r.key.at = i & 2 ? r.key.at : key;
        r.status = i & 4 ? 200 : 0;
        struct blob *b = write(&r);
        const char *flags = b->at + record_flags_at(r.key);
        assert_int_equal(!!(flags[0] & RECORD_PUBLIC), r.freshness.is_public);
        assert_int_equal(flags[1] != 0, r.status != 0);
        drop(b);
    }
}

static void several_fields_of_a_name_are_one_list(void **state)
{
    (void)state;
    static const struct record_field answer[] = {
        {SLICE_INIT("cache-control"), SLICE_INIT("public")},
        {SLICE_INIT("date"), SLICE_INIT("Thu, 01 Jan 2026 12:00:00 GMT")},
        {SLICE_INIT("Cache-Control"), SLICE_INIT("max-age=60")},
        {SLICE_INIT("Vary"), SLICE_INIT("accept")},
        {SLICE_INIT("vary"), SLICE_INIT("*")},
        {SLICE_INIT("age"), SLICE_INIT("5")},
    };
    struct freshness f;
    record_freshness(&f, answer, sizeof answer / sizeof *answer, NOON, NOON + 100);
    assert_true(f.is_public);
    assert_true(f.is_no_store);
    assert_int_equal(f.lifetime_ms, 60000);
    assert_int_equal(f.age_ms, 5100);
    assert_int_equal(f.came_ms, NOON + 100);
    record_freshness(&f, NULL, 0, NOON, NOON);
    assert_true(f.lifetime_ms == FRESHNESS_UNTOLD);
}

static struct record refresh(const struct record *old_one, const struct record *by,
                             struct blob **refreshed)
{
    struct blob *b = write(old_one);
    struct record old, out;
    assert_true(record_read(&old, blob_slice(b)));
    *refreshed = record_refreshed(&old, by, LIMIT);
    assert_non_null(*refreshed);
    assert_true(record_read(&out, blob_slice(*refreshed)));
    drop(b);
    return out;
}

/* All values of a name, "," between them. */
static const char *value_of(const struct record *r, const char *name)
{
    static char all[256];
    struct record_field f;
    size_t n = 0;
    all[0] = '\0';
    for (size_t at = 0; record_next_field(r, &at, &f);)
        if (slice_equal_nocase(f.name, slice_of(name)))
            n += (size_t)snprintf(all + n, sizeof all - n, "%s%.*s", n ? "," : "",
                                  SLICE_ARG(f.value));
    return all;
}

/* RFC 9111 3.2 and 4.3.4. */
static void a_304_renews_the_fields_and_leaves_the_body(void **state)
{
    (void)state;
    static const struct record_field news[] = {
        {SLICE_INIT("cache-control"), SLICE_INIT("max-age=5")},
        {SLICE_INIT("surrogate-key"), SLICE_INIT("d")},
        {SLICE_INIT("content-type"), SLICE_INIT("text/html")},
        {SLICE_INIT("content-length"), SLICE_INIT("0")},
        {SLICE_INIT("set-cookie"), SLICE_INIT("a=b")},
        {SLICE_INIT("x-new"), SLICE_INIT("1")},
    };
    const struct record old = some_record();
    const struct record by = {
        .freshness = {.came_ms = NOON + 70000, .age_ms = 20},
        .status = 304,
        .etag = SLICE("\"v2\""),
        .fields = news,
        .n_fields = sizeof news / sizeof *news,
    };
    struct blob *b;
    struct record out = refresh(&old, &by, &b);
    assert_string_equal(value_of(&out, "cache-control"), "max-age=5");
    assert_string_equal(value_of(&out, "surrogate-key"), "d");
    assert_string_equal(value_of(&out, "content-type"), "application/json");
    assert_string_equal(value_of(&out, "set-cookie"), "");
    assert_string_equal(value_of(&out, "x-new"), "1");
    assert_int_equal(out.status, 200);
    ASSERT_SLICE(out.body, old.body);
    ASSERT_SLICE(out.key, old.key);
    ASSERT_SLICE(out.name, old.name);
    ASSERT_SLICE(out.etag, SLICE("\"v2\""));
    ASSERT_SLICE(out.last_modified, old.last_modified);
    ASSERT_SLICE(out.vary, old.vary);
    assert_true(out.is_json);
    assert_int_equal(out.freshness.came_ms, NOON + 70000);
    assert_int_equal(out.freshness.age_ms, 20);
    assert_int_equal(out.freshness.lifetime_ms, 5000);
    assert_false(out.freshness.is_no_cache);
    drop(b);
}

static void a_304_that_says_nothing_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct record old = some_record();
    const struct record by = {.freshness = {.came_ms = NOON + 70000}};
    struct blob *b;
    struct record out = refresh(&old, &by, &b);
    struct slice tag;
    size_t at = 0;
    assert_int_equal(out.freshness.lifetime_ms, 60000); /* of the Cache-Control that it has */
    assert_int_equal(out.freshness.came_ms, NOON + 70000);
    assert_string_equal(value_of(&out, "surrogate-key"), "a b,c");
    for (unsigned i = 0; i < old.n_tags; i++) {
        assert_true(record_next_tag(&out, &at, &tag));
        ASSERT_SLICE(tag, old.tags[i]);
    }
    ASSERT_SLICE(out.etag, old.etag);
    drop(b);
}

static void tags_of_a_304_are_the_tags(void **state)
{
    (void)state;
    static const struct slice news[] = {SLICE_INIT("new")};
    const struct record old = some_record();
    const struct record by = {.freshness = {.came_ms = NOON}, .tags = news, .n_tags = 1};
    struct blob *b;
    struct record out = refresh(&old, &by, &b);
    struct slice tag;
    size_t at = 0;
    assert_true(record_next_tag(&out, &at, &tag));
    ASSERT_SLICE(tag, SLICE("new"));
    assert_false(record_next_tag(&out, &at, &tag));
    drop(b);
}

static void a_304_that_makes_it_too_long_makes_nothing(void **state)
{
    (void)state;
    const struct record in = some_record();
    struct blob *b = write(&in);
    struct record old;
    assert_true(record_read(&old, blob_slice(b)));
    const struct record by = {.freshness = {.came_ms = NOON}};
    assert_null(record_refreshed(&old, &by, 64));
    drop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_back_as_it_was),
        cmocka_unit_test(its_fields_and_tags_come_one_after_the_other),
        cmocka_unit_test(what_it_shows_comes_back_and_all_names_are_counted),
        cmocka_unit_test(what_is_one_clients_or_one_connections_is_never_kept),
        cmocka_unit_test(what_is_longer_than_the_limit_is_no_record),
        cmocka_unit_test(a_small_record_is_hardly_more_than_its_texts),
        cmocka_unit_test(a_record_that_was_cut_is_none),
        cmocka_unit_test(another_version_or_more_bytes_are_no_record),
        cmocka_unit_test(lines_that_a_stranger_hid_in_it_are_refused),
        cmocka_unit_test(whatever_is_changed_stays_within_its_bytes),
        cmocka_unit_test(its_flags_lie_where_the_key_says),
        cmocka_unit_test(several_fields_of_a_name_are_one_list),
        cmocka_unit_test(a_304_renews_the_fields_and_leaves_the_body),
        cmocka_unit_test(a_304_that_says_nothing_leaves_all_as_it_was),
        cmocka_unit_test(tags_of_a_304_are_the_tags),
        cmocka_unit_test(a_304_that_makes_it_too_long_makes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
