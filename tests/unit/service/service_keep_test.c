/* service_keep_test.c - what of an answer is kept, where, and what it takes away (RFC 9111 3, 4.4)
 *
 * Places are told by four letters: of the asker's credentials, the same behind what the answer
 * varies by, everybody's, and that behind it. n: the answer; b: what was there before; ?: a sign
 * that tells what answers vary by; !: one that they are nobody else's; -: nothing. Who has no
 * credentials has no other places than everybody's.
 */
#include <string.h>

#include "asker.h"
#include "http/exchange.h"
#include "service/service_keep.h"
#include "service/service_key.h"

enum {
    N_PLACES = 4,
    FIELDS_MAX = 4
};

#define RED "x-colour: red\r\n"
#define ANN "authorization: ann\r\n"

/* Asks with these credentials, or with none, in red. */
static void ask_as_ann(struct asker *a, bool is_ann)
{
    a->caching.credentials = is_ann ? SLICE("\x12"
                                            "authorization: ann")
                                    : SLICE_NONE;
    a->caching.is_impersonal = true;
    a->f->request.fields = is_ann ? SLICE(RED ANN) : SLICE(RED);
    cache_purge(a->cache, &(struct cache_purge){.kind = CACHE_PURGE_ALL});
    arena_reset(&a->f->arena);
}

/* "name: value|name: value" */
static unsigned read_fields(const char *text, struct field fields[FIELDS_MAX])
{
    unsigned n = 0;
    while (*text) {
        size_t n_line = strcspn(text, "|"), n_name = strcspn(text, ":");
        assert_true(n < FIELDS_MAX && n_name + 2 <= n_line);
        fields[n++] = (struct field){{text, n_name}, {text + n_name + 2, n_line - n_name - 2}};
        text += n_line + (text[n_line] == '|');
    }
    return n;
}

/* Begins as a flight for it would. */
static struct service_keeping begin(struct asker *a)
{
    asker_look(a);
    return (struct service_keeping){
        .cache = &a->of_worker,
        .context = &a->f->context,
        .caching = &a->caching,
        .fields = a->f->request.fields,
        .key = arena_copy(&a->f->arena, a->lookup.key),
        .arena = &a->f->arena,
        .asked_ms = service_lookup_now_ms(&a->of_worker),
        .came_ms = service_lookup_now_ms(&a->of_worker),
        .begun = generations_now(a->cache->generations),
    };
}

static void end(struct service_keeping *k)
{
    if (k->record)
        blob_release(NULL, k->record);
    k->record = NULL;
}

static void keep_answer(struct asker *a, struct service_keeping *k, unsigned status,
                        const char *text, struct slice body)
{
    struct field fields[FIELDS_MAX];
    const struct service_answer answer = {
        .status = status, .body = body, .fields = fields, .n_fields = read_fields(text, fields)};
    *k = begin(a);
    service_keep_answer(k, &answer);
}

static char letter_of(const struct record *r)
{
    if (record_is_sign(r))
        return r->vary.n ? '?' : '!';
    return slice_equal(r->body, SLICE("\"new\"")) ? 'n' : 'b';
}

static char letter_at(struct asker *a, bool is_own, struct slice vary)
{
    struct buffer key;
    struct record r;
    buffer_init(&key, 1024);
    assert_true(service_key_put_base(&key, &a->caching, is_own));
    assert_true(service_key_put_vary(&key, vary, a->f->request.fields));
    const struct cache_key place = cache_key_of(buffer_slice(&key));
    struct blob *b =
        memory_store_find(a->cache->memory, &place, service_lookup_now_ms(&a->of_worker));
    buffer_done(&key);
    if (!b)
        return '-';
    assert_true(record_read(&r, blob_slice(b)));
    char letter = letter_of(&r);
    blob_release(NULL, b);
    return letter;
}

/* row: of a table, told where it fails. */
static void expect_places(struct asker *a, size_t row, const char *vary, const char *wanted)
{
    char there[N_PLACES + 1] = "----";
    const struct slice names = slice_of(vary);
    for (unsigned i = 0; i < N_PLACES; i++) {
        bool is_own = i < 2, is_variant = i % 2;
        if ((!is_own || a->caching.credentials.n) && (!is_variant || names.n))
            there[i] = letter_at(a, is_own, is_variant ? names : SLICE_NONE);
    }
    if (strcmp(there, wanted) != 0)
        fail_msg("row %zu: %s and not %s", row, there, wanted);
}

static void an_answer_is_kept_for_who_may_have_it(void **state)
{
    static const struct {
        bool is_ann;
        unsigned status;
        const char *fields, *vary, *places;
        bool is_shared, is_stored;
    } rows[] = {
        {false, 200, "", "", "--n-", true, true},
        {false, 200, "cache-control: max-age=9", "", "--n-", true, true},
        {false, 200, "cache-control: private", "", "--!-", false, false},
        {false, 200, "cache-control: no-store", "", "--!-", false, false},
        {false, 200, "vary: *", "", "--!-", false, false},
        {false, 200, "vary: X-Colour, x-colour", "x-colour", "--?n", true, true},
        {false, 200, "vary: x-colour|vary: x-size", "x-colour, x-size", "--?n", true, true},
        {true, 200, "", "", "n---", true, true},
        {true, 200, "cache-control: private", "", "----", true, false}, /* by who asked alike */
        {true, 200, "cache-control: no-store", "", "!---", false, false},
        {true, 200, "cache-control: public", "", "--n-", true, true},
        {true, 200, "cache-control: public|vary: x-colour", "x-colour", "--?n", true, true},
        {true, 200, "vary: x-colour", "x-colour", "?n--", true, true},
        {true, 200, "cache-control: public|vary: authorization", "authorization", "?n--", true,
         true},
        /* What nobody would take from the cache is no entry. */
        {false, 200, "cache-control: s-maxage=0", "", "----", true, false},
        {false, 206, "", "", "----", true, false},
        {false, 301, "", "", "----", true, false},
        {false, 404, "", "", "----", true, false},
        {false, 500, "", "", "----", true, false},
        {true, 401, "cache-control: public", "", "----", true, false},
        /* A failure is all the same a failure for all. */
        {false, 500, "cache-control: no-store", "", "----", true, false},
        {false, 429, "cache-control: private", "", "----", true, false},
        {false, 404, "cache-control: no-store", "", "--!-", false, false},
    };
    struct asker *a = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct service_keeping k;
        ask_as_ann(a, rows[i].is_ann);
        keep_answer(a, &k, rows[i].status, rows[i].fields, SLICE("\"new\""));
        expect_places(a, i, rows[i].vary, rows[i].places);
        assert_int_equal(k.is_shared, rows[i].is_shared);
        assert_int_equal(k.is_stored, rows[i].is_stored);
        assert_int_equal(k.record != NULL, rows[i].is_shared);
        end(&k);
    }
}

static void the_settings_decide_what_the_origin_may_not(void **state)
{
    struct asker *a = *state;
    struct service_keeping k;
    a->settings.respects_origin = false;
    ask_as_ann(a, true);
    keep_answer(a, &k, 200, "cache-control: no-store, public|vary: *", SLICE("\"new\""));
    expect_places(a, 0, "", "n---");
    assert_true(k.is_shared && k.is_stored);
    end(&k);
    a->settings.respects_origin = true;
    a->settings.negative_ms = ASKER_TTL_MS;
    ask_as_ann(a, false);
    keep_answer(a, &k, 404, "", SLICE("\"new\""));
    expect_places(a, 0, "", "--n-");
    end(&k);
}

static void what_its_reader_cannot_read_is_shared_and_not_kept(void **state)
{
    struct asker *a = *state;
    struct service_keeping k;
    ask_as_ann(a, false);
    keep_answer(a, &k, 200, "content-type: application/json", SLICE("{\"new\""));
    expect_places(a, 0, "", "----");
    assert_true(k.is_shared && k.record && !k.is_stored);
    end(&k);
}

static void what_was_purged_meanwhile_is_not_kept(void **state)
{
    static const struct cache_purge purges[] = {
        {.kind = CACHE_PURGE_KEY, .what = SLICE_INIT("name")},
        {.kind = CACHE_PURGE_TAG, .what = SLICE_INIT("configured")},
        {.kind = CACHE_PURGE_TAG, .what = SLICE_INIT("told")},
        {.kind = CACHE_PURGE_URL, .what = SLICE_INIT("catalog:/x")},
    };
    static const struct slice tag = SLICE_INIT("configured");
    static const struct field fields[] = {{SLICE_INIT("cache-tag"), SLICE_INIT("told")}};
    const struct service_answer answer = {
        .status = 200, .body = SLICE("\"new\""), .fields = fields, .n_fields = 1};
    struct asker *a = *state;
    a->settings.takes_tags = true;
    a->caching.tags = &tag;
    a->caching.n_tags = 1;
    a->caching.url = SLICE("catalog:/x");
    for (size_t i = 0; i <= sizeof purges / sizeof *purges; i++) {
        bool is_purged = i > 0;
        ask_as_ann(a, false);
        struct service_keeping k = begin(a);
        if (is_purged)
            cache_purge(a->cache, &purges[i - 1]);
        service_keep_answer(&k, &answer);
        expect_places(a, i, "", is_purged ? "----" : "--n-");
        assert_int_equal(k.is_stored, !is_purged);
        end(&k);
    }
}

/* As the letters say, of which own and public ones may be there, and what who has no credentials
 * has (a: at everybody's place). */
static void keep_before(struct asker *a, const char *places, struct slice vary)
{
    const struct slice credentials = a->caching.credentials;
    struct record r = asker_record;
    if (places[0] == 'b')
        asker_keep(a, r, 0);
    r.freshness.is_public = places[2] != 'a';
    r.vary = places[3] == 'b' ? vary : SLICE_NONE;
    if (places[2] == 'a')
        a->caching.credentials = SLICE_NONE;
    if (places[2] != '-')
        asker_keep(a, r, 0);
    a->caching.credentials = credentials;
}

static void an_answer_takes_away_what_it_tells_of(void **state)
{
    static const struct {
        const char *before;
        unsigned status;
        const char *fields, *vary, *after;
    } rows[] = {
        /* What is kept takes the place of what was there for this asker. */
        {"b-b-", 200, "", "", "n-b-"},
        {"b-b-", 200, "cache-control: public", "", "--n-"},
        {"b-a-", 200, "cache-control: public", "", "--n-"},
        /* What is not kept takes away its own and what is public, and nothing of others. */
        {"b-b-", 404, "", "", "----"},
        {"b-a-", 404, "", "", "--b-"},
        {"--?b", 404, "", "x-colour", "--?-"},
        {"b-b-", 200, "cache-control: no-store", "", "!---"},
        {"b-b-", 200, "cache-control: private", "", "----"},
        {"b-b-", 200, "cache-control: s-maxage=0", "", "----"},
        {"b-b-", 206, "", "", "----"},
        /* A refusal is about who asks, */
        {"b-b-", 401, "", "", "--b-"},
        {"b-b-", 403, "", "", "--b-"},
        {"b-b-", 403, "cache-control: no-store", "", "!-b-"},
        /* and so is what differs from one to the other, */
        {"b-b-", 404, "vary: authorization", "", "--b-"},
        {"b-b-", 200, "cache-control: no-store|vary: authorization", "", "!-b-"},
        /* and a failure is about the service. */
        {"b-b-", 500, "", "", "b-b-"},
        {"b-b-", 503, "cache-control: no-store", "", "b-b-"},
        {"b-b-", 429, "", "", "b-b-"},
        {"b-b-", 408, "", "", "b-b-"},
    };
    struct asker *a = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct service_keeping k;
        ask_as_ann(a, true);
        keep_before(a, rows[i].before, slice_of(rows[i].vary));
        keep_answer(a, &k, rows[i].status, rows[i].fields, SLICE("\"new\""));
        expect_places(a, i, rows[i].vary, rows[i].after);
        end(&k);
    }
}

/* Of who has credentials that are in the key, or where nothing is public: the places of others are
 * theirs. */
static void where_nothing_is_public_nothing_of_others_is_taken_away(void **state)
{
    struct asker *a = *state;
    struct service_keeping k;
    ask_as_ann(a, true);
    keep_before(a, "b-b-", SLICE_NONE);
    a->caching.is_impersonal = false;
    keep_answer(a, &k, 404, "", SLICE_NONE);
    expect_places(a, 0, "", "--b-");
    end(&k);
}

/* Memory is full: what stands behind the names has lost the sign that tells them. */
static void lose_sign(struct asker *a)
{
    struct buffer *key = &a->of_worker.key;
    key->n = 0;
    assert_true(service_key_put_base(key, &a->caching, false));
    const struct cache_key place = cache_key_of(buffer_slice(key));
    memory_store_remove(a->cache->memory, &place);
}

static void what_the_tier_or_the_answer_tells_of_goes_without_a_sign(void **state)
{
    static const struct {
        bool is_ann, is_asked; /* the tier was asked for it */
        unsigned status;
        const char *fields, *after;
    } rows[] = {
        {true, true, 404, "", "----"},
        {true, true, 403, "", "---b"},
        {true, true, 500, "", "---b"},
        {true, false, 404, "", "---b"}, /* nobody knows of it */
        {true, false, 404, "cache-control: public|vary: x-colour", "----"},
        {true, false, 404, "vary: x-colour", "---b"}, /* of ann alone */
        {false, true, 404, "", "----"},
        {false, false, 404, "vary: x-colour", "----"},
        {false, false, 500, "vary: x-colour", "---b"},
    };
    struct asker *a = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct field fields[FIELDS_MAX];
        struct record r = asker_record;
        struct buffer asked;
        ask_as_ann(a, rows[i].is_ann);
        r.vary = SLICE("x-colour");
        r.freshness.is_public = rows[i].is_ann;
        asker_keep(a, r, 0);
        lose_sign(a);
        buffer_init(&asked, 1024);
        assert_true(service_key_put_base(&asked, &a->caching, false));
        assert_true(service_key_put_vary(&asked, r.vary, a->f->request.fields));
        struct service_keeping k = begin(a);
        k.asked = rows[i].is_asked ? buffer_slice(&asked) : SLICE_NONE;
        service_keep_answer(
            &k, &(struct service_answer){.status = rows[i].status,
                                         .fields = fields,
                                         .n_fields = read_fields(rows[i].fields, fields)});
        expect_places(a, i, "x-colour", rows[i].after);
        end(&k);
        buffer_done(&asked);
    }
}

/* A 304 to `old`, which lies where the asker has it. */
static void a_304_makes_the_old_answer_good_again_where_it_belongs_by_now(void **state)
{
    static const struct {
        bool is_ann;
        const char *fields, *vary, *places;
        bool is_shared, is_stored;
    } rows[] = {
        {false, "", "", "--n-", true, true},
        {false, "cache-control: private", "", "--!-", false, false},
        {false, "cache-control: no-store", "", "--!-", false, false},
        {false, "cache-control: s-maxage=0", "", "--n-", true, true}, /* it can be validated */
        {false, "vary: x-colour", "x-colour", "--?n", true, true},
        {true, "", "", "n---", true, true},
        {true, "cache-control: private", "", "----", true, false},
        {true, "cache-control: no-store", "", "!---", false, false},
        {true, "cache-control: public", "", "--n-", true, true},
        {true, "cache-control: public|vary: x-colour", "x-colour", "--?n", true, true},
        {true, "cache-control: public|vary: authorization", "authorization", "?n--", true, true},
    };
    struct asker *a = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct field fields[FIELDS_MAX];
        const struct service_answer answer = {
            .status = 304, .fields = fields, .n_fields = read_fields(rows[i].fields, fields)};
        struct record old = asker_record;
        old.etag = SLICE("\"a\"");
        old.body = SLICE("\"new\"");
        ask_as_ann(a, rows[i].is_ann);
        asker_keep(a, old, 2 * ASKER_TTL_MS);
        struct service_keeping k = begin(a);
        assert_non_null(a->lookup.blob);
        service_keep_refreshed(&k, &a->lookup.record, &answer);
        expect_places(a, i, rows[i].vary, rows[i].places);
        assert_int_equal(k.is_shared, rows[i].is_shared);
        assert_int_equal(k.is_stored, rows[i].is_stored);
        assert_non_null(k.record); /* who led has it in any case */
        assert_true(record_read(&old, blob_slice(k.record)));
        assert_int_equal(old.freshness.came_ms, k.came_ms);
        end(&k);
    }
}

static void a_304_leaves_the_tags_and_adds_those_of_who_asks(void **state)
{
    static const struct {
        const char *fields, *tags;
    } rows[] = {
        {"", "reader|both|entry|"},
        {"cache-tag: told", "reader|both|told|"},
        {"cache-tag: both", "reader|both|entry|"}, /* which is no other */
    };
    static const struct slice had[] = {SLICE_INIT("entry"), SLICE_INIT("both")};
    static const struct slice readers[] = {SLICE_INIT("reader"), SLICE_INIT("both")};
    struct asker *a = *state;
    a->settings.takes_tags = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct field fields[FIELDS_MAX];
        const struct service_answer answer = {
            .status = 304, .fields = fields, .n_fields = read_fields(rows[i].fields, fields)};
        struct record old = asker_record;
        char said[256] = "";
        old.tags = had;
        old.n_tags = 2;
        a->caching.n_tags = 0;
        ask_as_ann(a, false);
        asker_keep(a, old, 2 * ASKER_TTL_MS);
        a->caching.tags = readers;
        a->caching.n_tags = 2;
        struct service_keeping k = begin(a);
        service_keep_refreshed(&k, &a->lookup.record, &answer);
        assert_true(record_read(&old, blob_slice(k.record)));
        struct slice tag;
        for (size_t at = 0, n = 0; record_next_tag(&old, &at, &tag);)
            n += (size_t)snprintf(said + n, sizeof said - n, "%.*s|", SLICE_ARG(tag));
        assert_string_equal(said, rows[i].tags);
        end(&k);
    }
}

static void what_the_tier_had_goes_to_memory_unless_it_was_purged(void **state)
{
    struct asker *a = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct record r = asker_record;
        ask_as_ann(a, false);
        r.key = a->caching.key;
        r.name = a->caching.name;
        r.freshness.came_ms = service_lookup_now_ms(&a->of_worker);
        struct blob *found = record_write(&r, 4096);
        struct service_keeping k = begin(a);
        if (i > 0)
            cache_purge(a->cache, &(struct cache_purge){CACHE_PURGE_KEY, r.name, 0});
        service_keep_found(&k, found, &r);
        expect_places(a, i, "", i > 0 ? "----" : "--b-");
        blob_release(NULL, found);
    }
}

static void a_status_tells_of_what_was_asked_for_or_of_the_service(void **state)
{
    static const unsigned telling[] = {200, 204, 206, 400, 401, 404, 410, 499};
    static const unsigned others[] = {301, 302, 304, 408, 429, 500, 503, 599};
    (void)state;
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        assert_true(service_keep_is_telling(telling[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(service_keep_is_telling(others[i]));
}

int main(void)
{
#define WITH_ASKER(test) cmocka_unit_test_setup_teardown(test, asker_setup, asker_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ASKER(an_answer_is_kept_for_who_may_have_it),
        WITH_ASKER(the_settings_decide_what_the_origin_may_not),
        WITH_ASKER(what_its_reader_cannot_read_is_shared_and_not_kept),
        WITH_ASKER(what_was_purged_meanwhile_is_not_kept),
        WITH_ASKER(an_answer_takes_away_what_it_tells_of),
        WITH_ASKER(where_nothing_is_public_nothing_of_others_is_taken_away),
        WITH_ASKER(what_the_tier_or_the_answer_tells_of_goes_without_a_sign),
        WITH_ASKER(a_304_makes_the_old_answer_good_again_where_it_belongs_by_now),
        WITH_ASKER(a_304_leaves_the_tags_and_adds_those_of_who_asks),
        WITH_ASKER(what_the_tier_had_goes_to_memory_unless_it_was_purged),
        cmocka_unit_test(a_status_tells_of_what_was_asked_for_or_of_the_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
