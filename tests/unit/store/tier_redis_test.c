/* tier_redis_test.c - what tiers do to a real store, whose scripts run there */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "asker.h"
#include "redis.h"

struct rig {
    struct redis redis;
    struct loop loop;
    struct asker one, other;
};

static int setup_with(void **state, const char *password, unsigned database)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    *state = r;
    if (!redis_start(&r->redis, password)) {
        free(r);
        *state = NULL;
        return 0;
    }
    loop_init(&r->loop, NULL, 0, NULL);
    r->one.at = r->other.at =
        (struct tier_address){.password = slice_of(password), .database = database};
    asker_open(&r->one, &r->loop, r->redis.port);
    asker_open(&r->other, &r->loop, r->redis.port);
    SIDE_RUN_UNTIL(&r->loop, r->one.n_up && r->other.n_up);
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, "", 0);
}

static int setup_guarded(void **state)
{
    return setup_with(state, "a secret", 3);
}

static int teardown(void **state)
{
    struct rig *r = *state;
    if (!r)
        return 0;
    asker_close(&r->one);
    asker_close(&r->other);
    side_finish(&r->loop);
    redis_stop(&r->redis);
    free(r);
    return 0;
}

/* Where no store is installed there is nothing to be tested. */
static struct rig *rig_of(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static void expect_asked(struct rig *r, const char *line, const char *answer)
{
    assert_string_equal(redis_ask(&r->redis, line), answer);
}

static void put(struct asker *a, const char *key, const char *name, const char *tag)
{
    const struct asker_entry e = {.key = key, .name = name, .tag = tag, .body = key};
    asker_put(a, &e);
}

static void purge(struct asker *a, enum cache_purge_kind kind, const char *what)
{
    unsigned before = a->n_purged;
    asker_purge(a, kind, what);
    SIDE_RUN_UNTIL(a->loop, a->n_purged > before);
    assert_true(a->is_purged);
}

static void what_one_writes_another_finds(void **state)
{
    struct rig *r = rig_of(state);
    const struct asker_entry e = {
        .key = "a key", .name = "product:1", .tag = "t", .url = "s:/1", .body = "the body"};
    asker_expect(&r->other, "a key", NULL);
    asker_put(&r->one, &e);
    asker_expect(&r->other, "a key", "the body");
    asker_expect(&r->other, "another key", NULL);
    assert_int_equal(asker_count(&r->one, COUNT_STORE_WRITES), 1);
    assert_int_equal(asker_count(&r->other, COUNT_STORE_HITS), 1);
    assert_int_equal(asker_count(&r->other, COUNT_STORE_MISSES), 2);
    expect_asked(r, "EXISTS sheaf:t:k:product:1 sheaf:t:t:t sheaf:t:u:s:/1", "3");
}

static void an_entry_leaves_when_its_time_is_over_and_its_sets_with_the_last(void **state)
{
    struct rig *r = rig_of(state);
    const struct asker_entry brief = {.key = "brief", .name = "n", .body = "b", .kept_ms = 20};
    put(&r->one, "long", "n", NULL);
    asker_put(&r->one, &brief); /* does not shorten the set's life */
    side_count_turns(&r->loop, 40);
    asker_expect(&r->one, "brief", NULL);
    asker_expect(&r->one, "long", "long");
    expect_asked(r, "EXISTS sheaf:t:k:n", "1");
    const struct asker_entry alone = {.key = "brief", .name = "m", .body = "b", .kept_ms = 20};
    asker_put(&r->one, &alone);
    side_count_turns(&r->loop, 40);
    expect_asked(r, "EXISTS sheaf:t:k:m", "0");
}

static void sets_do_not_keep_what_is_over(void **state)
{
    struct rig *r = rig_of(state);
    char key[16];
    for (unsigned i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "%u", i);
        const struct asker_entry e = {.key = key, .name = "n", .body = "b", .kept_ms = 1};
        asker_put(&r->one, &e);
    }
    put(&r->one, "long", "n", NULL);
    side_count_turns(&r->loop, 5);
    for (unsigned i = 0; i < 3; i++)
        put(&r->one, "long", "n", NULL);
    expect_asked(r, "ZCARD sheaf:t:k:n", "1");
}

static void a_purge_takes_what_has_the_label_and_nothing_else(void **state)
{
    struct rig *r = rig_of(state);
    static const struct {
        enum cache_purge_kind kind;
        const char *what;
        const char *gone;
    } cases[] = {
        {CACHE_PURGE_KEY, "same", "by name"},
        {CACHE_PURGE_TAG, "same", "by tag"},
        {CACHE_PURGE_URL, "same", "by url"},
    };
    for (unsigned i = 0; i < 3; i++) {
        const struct asker_entry url = {
            .key = "by url", .name = "x", .url = "same", .body = "by url"};
        put(&r->one, "by name", "same", "x");
        put(&r->one, "by tag", "y", "same");
        asker_put(&r->one, &url);
        purge(&r->other, cases[i].kind, cases[i].what);
        for (unsigned k = 0; k < 3; k++)
            asker_expect(&r->one, cases[k].gone, k == i ? NULL : cases[k].gone);
        redis_ask(&r->redis, "FLUSHDB"); /* the stamps too */
    }
    assert_int_equal(asker_count(&r->other, COUNT_STORE_PURGES), 3);
}

static void put_that_shows(struct asker *a, const char *key, struct slice name, struct slice url)
{
    const struct cache_key k = cache_key_of(slice_of(key));
    const struct record_shown shown = {name, url};
    const struct record r = {.status = 200,
                             .key = k.text,
                             .name = SLICE("/page"),
                             .body = k.text,
                             .shown = &shown,
                             .n_shown = 1};
    const struct tier_entry e = {.record = record_write(&r, ASKER_RECORD_LIMIT), .kept_ms = 60000};
    int64_t before = asker_count(a, COUNT_STORE_WRITES);
    assert_non_null(e.record);
    tier_put(a->tier, &k, &e);
    blob_release(NULL, e.record);
    SIDE_RUN_UNTIL(a->loop, asker_count(a, COUNT_STORE_WRITES) > before);
}

static void what_shows_a_part_goes_with_it(void **state)
{
    struct rig *r = rig_of(state);
    static const struct {
        enum cache_purge_kind kind;
        const char *what;
        bool is_meant;
    } cases[] = {
        {CACHE_PURGE_KEY, "part:1", true},    {CACHE_PURGE_URL, "parts:/1", true},
        {CACHE_PURGE_PREFIX, "part:", true},  {CACHE_PURGE_TAG, "part:1", false},
        {CACHE_PURGE_KEY, "parts:/1", false}, {CACHE_PURGE_URL, "part:1", false},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_asked(r, "FLUSHALL", "OK");
        put_that_shows(&r->one, "whole", SLICE("part:1"), SLICE("parts:/1"));
        purge(&r->other, cases[i].kind, cases[i].what);
        asker_expect(&r->one, "whole", cases[i].is_meant ? NULL : "whole");
    }
}

static void thousands_that_have_a_tag_are_purged(void **state)
{
    struct rig *r = rig_of(state);
    char key[16];
    for (unsigned i = 0; i < 1500; i++) {
        snprintf(key, sizeof key, "%u", i);
        struct blob *b = asker_record(key, key, "many", "b");
        const struct cache_key k = cache_key_of(slice_of(key));
        const struct tier_entry e = {.record = b, .kept_ms = 60000};
        tier_put(r->one.tier, &k, &e);
        blob_release(NULL, b);
    }
    SIDE_RUN_UNTIL(&r->loop, asker_count(&r->one, COUNT_STORE_WRITES) == 1500);
    expect_asked(r, "ZCARD sheaf:t:t:many", "1500");
    expect_asked(r, "DBSIZE", "3001"); /* a record and a name each, and the tag */
    purge(&r->one, CACHE_PURGE_TAG, "many");
    expect_asked(r, "DBSIZE", "1502"); /* the names; the stamp, and when it was */
    purge(&r->one, CACHE_PURGE_PREFIX, "1");
    purge(&r->one, CACHE_PURGE_ALL, "");
    expect_asked(r, "DBSIZE", "3"); /* stamps of the tag and of all, and when it was */
}

static void a_prefix_is_of_names_and_taken_as_it_stands(void **state)
{
    struct rig *r = rig_of(state);
    put(&r->one, "1", "product:1", "product:x");
    put(&r->one, "2", "product:2", NULL);
    put(&r->one, "3", "prod*ct:1", "product:1");
    put(&r->one, "4", "other", "product:1");
    purge(&r->one, CACHE_PURGE_PREFIX, "prod*");
    asker_expect(&r->other, "1", "1");
    asker_expect(&r->other, "3", NULL);
    purge(&r->one, CACHE_PURGE_PREFIX, "product:");
    asker_expect(&r->other, "1", NULL);
    asker_expect(&r->other, "2", NULL);
    asker_expect(&r->other, "4", "4");
}

static void purging_all_leaves_what_is_not_ours(void **state)
{
    struct rig *r = rig_of(state);
    expect_asked(r, "SET theirs 1", "OK");
    expect_asked(r, "SET sheaf:else 1", "OK");
    put(&r->one, "1", "n", "t");
    purge(&r->other, CACHE_PURGE_ALL, "");
    asker_expect(&r->one, "1", NULL);
    expect_asked(r, "EXISTS theirs sheaf:else", "2");
}

static void what_was_asked_for_before_a_purge_is_not_written_after_it(void **state)
{
    struct rig *r = rig_of(state);
    static const struct {
        enum cache_purge_kind kind;
        const char *what;
    } cases[] = {
        {CACHE_PURGE_KEY, "n"}, {CACHE_PURGE_TAG, "t"},    {CACHE_PURGE_URL, "u"},
        {CACHE_PURGE_ALL, ""},  {CACHE_PURGE_PREFIX, "x"},
    };
    struct asker_entry e = {.key = "k", .name = "n", .tag = "t", .url = "u", .body = "b"};
    asker_expect(&r->one, "k", NULL);
    e.purges = r->one.purges;
    purge(&r->other, CACHE_PURGE_TAG, "another");
    asker_put(&r->one, &e); /* it has nothing to do with it */
    asker_expect(&r->one, "k", "b");
    for (unsigned i = 0; i < 5; i++) {
        int64_t n_refused = asker_count(&r->one, COUNT_STORE_WRITES_PURGED);
        purge(&r->other, cases[i].kind, cases[i].what);
        asker_put(&r->one, &e);
        assert_int_equal(asker_count(&r->one, COUNT_STORE_WRITES_PURGED), n_refused + 1);
        purge(&r->other, CACHE_PURGE_KEY, "n"); /* of a prefix that it has not */
        asker_expect(&r->one, "k", NULL);
        e.purges = r->one.purges;
        asker_put(&r->one, &e);
        asker_expect(&r->one, "k", "b");
    }
}

static void all_who_listen_hear_of_purges_that_anybody_makes(void **state)
{
    struct rig *r = rig_of(state);
    asker_listen(&r->one);
    asker_listen(&r->other);
    SIDE_RUN_UNTIL(&r->loop, r->one.heard[0] && r->other.heard[0]);
    assert_string_equal(r->one.heard, "a: "); /* nobody knows what was before */
    purge(&r->one, CACHE_PURGE_KEY, "x y");
    purge(&r->other, CACHE_PURGE_PREFIX, "z");
    SIDE_RUN_UNTIL(&r->loop, strlen(r->one.heard) == 13 && strlen(r->other.heard) == 13);
    assert_string_equal(r->one.heard, "a: k:x y p:z ");
    assert_string_equal(r->other.heard, "a: k:x y p:z ");
}

static void who_was_not_there_learns_that_something_was_purged(void **state)
{
    struct rig *r = rig_of(state);
    asker_listen(&r->one);
    SIDE_RUN_UNTIL(&r->loop, r->one.heard[0]);
    redis_ask(&r->redis, "CLIENT KILL TYPE pubsub");
    side_count_turns(&r->loop, 1000); /* connected again, and nothing was missed */
    purge(&r->other, CACHE_PURGE_TAG, "x");
    SIDE_RUN_UNTIL(&r->loop, strlen(r->one.heard) > 3);
    assert_string_equal(r->one.heard, "a: t:x ");
    redis_ask(&r->redis, "CLIENT KILL TYPE pubsub");
    redis_ask(&r->redis, "SET sheaf:purges 5"); /* as a purge meanwhile would */
    SIDE_RUN_UNTIL(&r->loop, strlen(r->one.heard) > 7);
    assert_string_equal(r->one.heard, "a: t:x a: ");
}

static void what_is_removed_is_not_found_and_nothing_else_is_gone(void **state)
{
    struct rig *r = rig_of(state);
    const struct cache_key k = cache_key_of(SLICE("a key"));
    put(&r->one, "a key", "a", NULL);
    put(&r->one, "another key", "a", NULL);
    tier_remove(r->one.tier, &k);
    asker_expect(&r->one, "a key", NULL);
    asker_expect(&r->one, "another key", "another key");
}

static void put_flagged(struct asker *a, const char *key, bool is_public, unsigned status)
{
    const struct cache_key k = cache_key_of(slice_of(key));
    const struct record r = {.freshness = {.is_public = is_public, .is_no_cache = true},
                             .status = status,
                             .key = k.text,
                             .name = SLICE("n"),
                             .vary = SLICE("accept"),
                             .body = slice_of(key)};
    const struct tier_entry e = {.record = record_write(&r, ASKER_RECORD_LIMIT), .kept_ms = 60000};
    int64_t before = asker_count(a, COUNT_STORE_WRITES);
    assert_non_null(e.record);
    tier_put(a->tier, &k, &e);
    blob_release(NULL, e.record);
    SIDE_RUN_UNTIL(a->loop, asker_count(a, COUNT_STORE_WRITES) > before);
    tier_withdraw(a->tier, &k);
}

static void what_is_withdrawn_is_gone_if_it_is_a_public_answer(void **state)
{
    struct rig *r = rig_of(state);
    const struct cache_key nothing = cache_key_of(SLICE("nothing"));
    tier_withdraw(r->one.tier, &nothing);
    put_flagged(&r->one, "public", true, 200);
    put_flagged(&r->one, "not public", false, 404);
    put_flagged(&r->one, "no answer", true, 0);
    asker_expect(&r->one, "public", NULL);
    asker_expect(&r->one, "not public", "not public");
    asker_expect(&r->one, "no answer", "no answer");
}

static void scripts_that_the_store_forgot_are_loaded_again(void **state)
{
    struct rig *r = rig_of(state);
    expect_asked(r, "SCRIPT FLUSH", "OK");
    put(&r->one, "1", "n", NULL); /* is lost */
    assert_int_equal(asker_count(&r->one, COUNT_STORE_WRITES_FAILED), 1);
    put(&r->one, "1", "n", NULL);
    asker_expect(&r->other, "1", "1");
    expect_asked(r, "SCRIPT FLUSH", "OK");
    purge(&r->one, CACHE_PURGE_KEY, "n"); /* is not */
    asker_expect(&r->other, "1", NULL);
    put(&r->one, "2", "n", NULL);
    expect_asked(r, "SCRIPT FLUSH", "OK");
    const struct cache_key k = cache_key_of(SLICE("2"));
    tier_withdraw(r->one.tier, &k); /* nor is this */
    asker_expect(&r->one, "2", NULL);
}

static void a_password_is_said_and_the_database_is_the_one_meant(void **state)
{
    struct rig *r = rig_of(state);
    put(&r->one, "1", "n", NULL);
    asker_expect(&r->other, "1", "1");
    expect_asked(r, "AUTH \"a secret\"", "OK");
    expect_asked(r, "DBSIZE", "0");
    expect_asked(r, "SELECT 3", "OK");
    expect_asked(r, "DBSIZE", "2");
    asker_listen(&r->other);
    SIDE_RUN_UNTIL(&r->loop, r->other.heard[0]);

    struct asker wrong = {.at = {.password = SLICE_INIT("another")}};
    asker_open(&wrong, &r->loop, r->redis.port);
    SIDE_RUN_UNTIL(&r->loop, wrong.n_down);
    assert_string_equal(wrong.why, "it refuses the password");
    const struct cache_key k = cache_key_of(SLICE("1"));
    assert_null(asker_ask(&wrong, &k));
    asker_close(&wrong);
}

int main(void)
{
#define WITH_REDIS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_REDIS(what_one_writes_another_finds),
        WITH_REDIS(an_entry_leaves_when_its_time_is_over_and_its_sets_with_the_last),
        WITH_REDIS(sets_do_not_keep_what_is_over),
        WITH_REDIS(a_purge_takes_what_has_the_label_and_nothing_else),
        WITH_REDIS(what_shows_a_part_goes_with_it),
        WITH_REDIS(thousands_that_have_a_tag_are_purged),
        WITH_REDIS(a_prefix_is_of_names_and_taken_as_it_stands),
        WITH_REDIS(purging_all_leaves_what_is_not_ours),
        WITH_REDIS(what_was_asked_for_before_a_purge_is_not_written_after_it),
        WITH_REDIS(all_who_listen_hear_of_purges_that_anybody_makes),
        WITH_REDIS(who_was_not_there_learns_that_something_was_purged),
        WITH_REDIS(what_is_removed_is_not_found_and_nothing_else_is_gone),
        WITH_REDIS(what_is_withdrawn_is_gone_if_it_is_a_public_answer),
        WITH_REDIS(scripts_that_the_store_forgot_are_loaded_again),
        cmocka_unit_test_setup_teardown(a_password_is_said_and_the_database_is_the_one_meant,
                                        setup_guarded, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
