/* tier_test.c - a store that is late, silent, confused or gone, and how little that costs */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"
#include "asker.h"
#include "store/tier_text.h"

#define SHA "$40\r\n0123456789012345678901234567890123456789\r\n"
#define SHAS SHA SHA SHA SHA SHA SHA SHA
#define NO_RECORD "*2\r\n$-1\r\n$-1\r\n"

/* The test is the store. */
struct rig {
    struct loop loop;
    struct asker asker;
    int listening;
    uint16_t port;
    int fd; /* the connection that was taken last */
    char heard[32768];
    size_t n_heard;
};

static void take(struct rig *r)
{
    SIDE_RUN_UNTIL(&r->loop, (r->fd = accept4(r->listening, NULL, NULL, SOCK_NONBLOCK)) >= 0);
}

/* Connections that nobody has taken in time. */
static void refuse_waiting(struct rig *r)
{
    int fd;
    do {
        fd = accept4(r->listening, NULL, NULL, SOCK_NONBLOCK);
        close(fd);
    } while (fd >= 0);
}

static bool has_heard(struct rig *r, const char *part)
{
    ssize_t n = recv(r->fd, r->heard + r->n_heard, sizeof r->heard - r->n_heard, MSG_DONTWAIT);
    r->n_heard += n > 0 ? (size_t)n : 0;
    if (!memmem(r->heard, r->n_heard, part, strlen(part)))
        return false;
    r->n_heard = 0;
    return true;
}

static void hear(struct rig *r, const char *part)
{
    SIDE_RUN_UNTIL(&r->loop, has_heard(r, part));
}

static void say(struct rig *r, const char *text)
{
    assert_int_equal(send(r->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* A connection, and its scripts. */
static void greet(struct rig *r)
{
    unsigned before = r->asker.n_up;
    take(r);
    hear(r, "ARGV[1], time .. ' ' .. ARGV[2]"); /* in the last script */
    say(r, SHAS);
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_up > before);
}

static int setup(void **state)
{
    struct sockaddr_storage at;
    socklen_t n;
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    *state = r;
    loop_init(&r->loop, NULL, 0, NULL);
    r->listening = side_listen(&at, &n);
    side_set_nonblocking(r->listening);
    r->port = ntohs(((struct sockaddr_in *)&at)->sin_port);
    asker_open(&r->asker, &r->loop, r->port);
    greet(r);
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    if (r->asker.tier)
        asker_close(&r->asker);
    close(r->fd);
    close(r->listening);
    side_finish(&r->loop);
    free(r);
    return 0;
}

static const struct cache_key key_a = {.text = SLICE_INIT("a")};

/* The text of an answer with this record. */
static void say_record(struct rig *r, const char *key, const char *purges)
{
    struct blob *b = asker_record(key, "n", NULL, "body");
    char head[32];
    snprintf(head, sizeof head, "*2\r\n$%zu\r\n", b->n);
    say(r, head);
    assert_int_equal(send(r->fd, b->at, b->n, MSG_NOSIGNAL), (ssize_t)b->n);
    say(r, "\r\n");
    say(r, purges);
    blob_release(NULL, b);
}

static void an_entry_is_told_with_the_time_of_the_last_purge(void **state)
{
    struct rig *r = *state;
    assert_non_null(asker_ask(&r->asker, &key_a));
    hear(r, "MGET");
    say_record(r, "a", "$3\r\n777\r\n");
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_got);
    assert_string_equal(r->asker.got, "body");
    const struct asker_entry e = {.key = "a", .name = "n", .body = "b", .purges = r->asker.purges};
    asker_begin_put(&r->asker, &e);
    hear(r, "\r\n$3\r\n777\r\n$3\r\nk:n\r\n");
}

static void what_is_no_record_of_that_key_is_none(void **state)
{
    struct rig *r = *state;
    static const char *const answers[] = {"*2\r\n$3\r\nabc\r\n$-1\r\n",
                                          "*2\r\n:1\r\n$-1\r\n",
                                          "*1\r\n$-1\r\n",
                                          "-ERR no\r\n",
                                          "+OK\r\n",
                                          "*2\r\n$-1\r\n$1\r\nx\r\n"};
    for (unsigned i = 0; i < 4; i++) {
        assert_non_null(asker_ask(&r->asker, &key_a));
        hear(r, "MGET");
        if (i == 0)
            say_record(r, "b", "$-1\r\n");
        else
            say(r, answers[i - 1]);
        SIDE_RUN_UNTIL(&r->loop, r->asker.n_got == i + 1);
    }
    assert_int_equal(r->asker.n_hits, 0);
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_FAILED), 4);
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_MISSES), 0);
}

static void a_late_answer_is_dropped_and_nothing_is_asked_before_it_came(void **state)
{
    struct rig *r = *state;
    assert_non_null(asker_ask(&r->asker, &key_a));
    assert_non_null(asker_ask(&r->asker, &key_a));
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_got == 2); /* told in time that there is none */
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_LATE), 2);
    assert_null(asker_ask(&r->asker, &key_a));
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_PASSED_OVER), 1);
    hear(r, "MGET");
    say(r, NO_RECORD);
    side_count_turns(&r->loop, 50);
    assert_null(asker_ask(&r->asker, &key_a)); /* one is still overdue */
    say_record(r, "a", "$-1\r\n");
    side_count_turns(&r->loop, 50);
    assert_int_equal(r->asker.n_got, 2);
    assert_non_null(asker_ask(&r->asker, &key_a));
    hear(r, "MGET");
    say(r, NO_RECORD);
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_got == 3);
    assert_int_equal(r->asker.n_hits, 0); /* it is the answer to this question */
}

static void a_store_that_says_nothing_any_more_is_left_and_tried_again(void **state)
{
    struct rig *r = *state;
    assert_non_null(asker_ask(&r->asker, &key_a));
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_down);
    assert_string_equal(r->asker.why, "it does not answer");
    assert_int_equal(r->asker.n_got, 1);
    assert_null(asker_ask(&r->asker, &key_a));
    close(r->fd);
    greet(r);
    assert_non_null(asker_ask(&r->asker, &key_a));
    hear(r, "MGET");
    say_record(r, "a", "$-1\r\n");
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_hits == 1);
}

static void garbage_ends_the_connection_and_all_who_wait_are_told(void **state)
{
    struct rig *r = *state;
    static const char *const cases[] = {"HTTP/1.1 400 Bad Request\r\n", "*99999999\r\n",
                                        NO_RECORD NO_RECORD NO_RECORD};
    for (unsigned i = 0; i < 3; i++) {
        unsigned before = r->asker.n_got;
        assert_non_null(asker_ask(&r->asker, &key_a));
        assert_non_null(asker_ask(&r->asker, &key_a));
        hear(r, "MGET");
        say(r, cases[i]);
        SIDE_RUN_UNTIL(&r->loop, r->asker.n_down == i + 1);
        assert_int_equal(r->asker.n_got, before + 2);
        close(r->fd);
        if (i < 2)
            greet(r);
    }
    assert_string_equal(r->asker.why, "it answers what nobody has asked");
    assert_int_equal(r->asker.n_hits, 0);
}

static void a_store_that_fails_again_and_again_is_left_alone(void **state)
{
    struct rig *r = *state;
    for (unsigned i = 0; i < 5; i++) {
        assert_non_null(asker_ask(&r->asker, &key_a));
        hear(r, "MGET");
        say(r, "-LOADING\r\n");
        SIDE_RUN_UNTIL(&r->loop, r->asker.n_got == i + 1);
    }
    assert_null(asker_ask(&r->asker, &key_a));
    assert_int_equal(r->asker.n_down, 0); /* it is connected */
    side_count_turns(&r->loop, 2000);
    assert_non_null(asker_ask(&r->asker, &key_a)); /* the probe */
    assert_null(asker_ask(&r->asker, &key_a));
    hear(r, "MGET");
    say(r, NO_RECORD);
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_got == 6);
    assert_non_null(asker_ask(&r->asker, &key_a));
}

static void who_cancelled_hears_nothing_and_others_get_their_own_answers(void **state)
{
    struct rig *r = *state;
    struct tier_ask *first = asker_ask(&r->asker, &key_a);
    struct tier_ask *second = asker_ask(&r->asker, &key_a);
    assert_true(first && second);
    tier_cancel(first);
    hear(r, "MGET");
    say_record(r, "a", "$-1\r\n");
    say(r, NO_RECORD);
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_got);
    assert_int_equal(r->asker.n_hits, 0);
    side_count_turns(&r->loop, 2 * ASKER_TIMEOUT_MS);
    assert_int_equal(r->asker.n_got, 1);
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_LATE), 0);
}

static void a_cancelled_question_that_is_overdue_stops_others_too(void **state)
{
    struct rig *r = *state;
    tier_cancel(asker_ask(&r->asker, &key_a));
    side_count_turns(&r->loop, 2 * ASKER_TIMEOUT_MS);
    assert_int_equal(r->asker.n_got, 0);
    assert_null(asker_ask(&r->asker, &key_a));
}

static void who_waits_when_it_closes_is_told(void **state)
{
    struct rig *r = *state;
    assert_non_null(asker_ask(&r->asker, &key_a));
    asker_purge(&r->asker, CACHE_PURGE_TAG, "x");
    asker_close(&r->asker);
    assert_int_equal(r->asker.n_got, 1);
    assert_int_equal(r->asker.n_purged, 1);
    assert_false(r->asker.is_purged);
}

static void too_many_questions_are_not_asked(void **state)
{
    struct rig *r = *state;
    unsigned n = 0;
    while (n < 100000 && asker_ask(&r->asker, &key_a))
        n++;
    assert_int_equal(n, 4096);
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_PASSED_OVER), 1);
}

static void what_has_no_room_is_not_written(void **state)
{
    struct rig *r = *state;
    struct blob *large = blob_new(ASKER_RECORD_LIMIT + 1);
    struct blob *none = blob_new(100);
    memset(large->at, 0, large->n);
    memset(none->at, 0, none->n);
    const struct tier_entry entries[] = {{.record = large, .kept_ms = 1000},
                                         {.record = none, .kept_ms = 1000}};
    for (unsigned i = 0; i < 2; i++)
        tier_put(r->asker.tier, &key_a, &entries[i]);
    side_count_turns(&r->loop, 50);
    assert_false(has_heard(r, "EVALSHA"));
    blob_release(NULL, large);
    blob_release(NULL, none);
}

static void a_purge_waits_for_a_store_that_is_away_and_whoever_asked_hears_in_time(void **state)
{
    struct rig *r = *state;
    close(r->fd);
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_down);
    asker_purge(&r->asker, CACHE_PURGE_TAG, "x");
    asker_purge(&r->asker, CACHE_PURGE_KEY, "y");
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_purged == 2);
    assert_false(r->asker.is_purged);
    refuse_waiting(r);
    take(r);
    hear(r, "ARGV[1], time .. ' ' .. ARGV[2]");
    say(r, SHAS);
    hear(r, "k:y");
    say(r, ":700\r\n"); /* of the first: there is more */
    hear(r, "t:x");
    close(r->fd); /* before it has answered: both again */
    take(r);
    hear(r, "ARGV[1], time .. ' ' .. ARGV[2]");
    say(r, SHAS);
    hear(r, "k:y");
    say(r, ":0\r\n");
    say(r, "-NOPERM\r\n");
    SIDE_RUN_UNTIL(&r->loop, asker_count(&r->asker, COUNT_STORE_PURGES_FAILED) == 1);
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_PURGES), 1);
    assert_int_equal(r->asker.n_purged, 2);
}

static void a_purge_does_not_wait_for_the_answer_to_another(void **state)
{
    struct rig *r = *state;
    asker_purge(&r->asker, CACHE_PURGE_TAG, "x");
    asker_purge(&r->asker, CACHE_PURGE_TAG, "y");
    hear(r, "t:y");
    say(r, ":0\r\n:0\r\n");
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_purged == 2);
    assert_true(r->asker.is_purged);
}

static void of_many_purges_some_are_under_way_at_a_time(void **state)
{
    struct rig *r = *state;
    for (unsigned i = 0; i < 32; i++)
        asker_purge(&r->asker, CACHE_PURGE_TAG, "x");
    asker_purge(&r->asker, CACHE_PURGE_TAG, "last");
    hear(r, "t:x");
    side_count_turns(&r->loop, 50);
    assert_false(has_heard(r, "t:last"));
    say(r, ":0\r\n");
    hear(r, "t:last");
}

static void where_too_many_purges_wait_all_is_purged(void **state)
{
    struct rig *r = *state;
    close(r->fd);
    SIDE_RUN_UNTIL(&r->loop, r->asker.n_down);
    for (unsigned i = 0; i < 1025; i++)
        asker_purge(&r->asker, CACHE_PURGE_TAG, "x");
    greet(r);
    hear(r, "$2\r\na:\r\n"); /* the stamp of all */
    say(r, ":1\r\n");
    hear(r, "sheaf:[rt]:*");
    say(r, "*2\r\n$1\r\n0\r\n*3\r\n$5\r\nother\r\n$9\r\nsheaf:r:a\r\n$7\r\nsheaf:x\r\n");
    hear(r, "*2\r\n$6\r\nUNLINK\r\n$9\r\nsheaf:r:a\r\n");
    say(r, ":1\r\n");
    hear(r, "sheaf:purge:0");
    say(r, ":1\r\n");
    SIDE_RUN_UNTIL(&r->loop, asker_count(&r->asker, COUNT_STORE_PURGES) == 1);
    side_count_turns(&r->loop, 50);
    assert_int_equal(asker_count(&r->asker, COUNT_STORE_PURGES_FAILED), 1024);
}

static void a_listener_that_hears_nothing_asks_and_what_it_may_have_missed_is_purged(void **state)
{
    struct rig *r = *state;
    const char *const subscribed = "*3\r\n$9\r\nsubscribe\r\n$13\r\nsheaf:purge:0\r\n:1\r\n";
    int asked = r->fd;
    asker_listen(&r->asker);
    take(r);
    hear(r, "SUBSCRIBE\r\n$13\r\nsheaf:purge:0");
    say(r, subscribed);
    int ear = r->fd;
    r->fd = asked;
    hear(r, "GET\r\n$12\r\nsheaf:purges");
    say(r, "$1\r\n5\r\n");
    SIDE_RUN_UNTIL(&r->loop, r->asker.heard[0]);
    r->fd = ear;
    say(r, "*3\r\n$7\r\nmessage\r\n$13\r\nsheaf:purge:0\r\n$5\r\n6 t:x\r\n");
    hear(r, "PING");
    say(r, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    hear(r, "PING");
    assert_string_equal(r->asker.heard, "a: t:x ");
    take(r); /* as there was no answer */
    close(ear);
    hear(r, "SUBSCRIBE");
    say(r, subscribed);
    ear = r->fd;
    r->fd = asked;
    hear(r, "GET");
    say(r, "$1\r\n7\r\n");
    SIDE_RUN_UNTIL(&r->loop, strlen(r->asker.heard) > 7);
    assert_string_equal(r->asker.heard, "a: t:x a: ");
    close(ear);
}

static void stores_share_the_keys_whatever_their_order(void **state)
{
    (void)state;
    const struct slice names[] = {SLICE("one:6379/0"), SLICE("two:6379/0"), SLICE("three:6379/0"),
                                  SLICE("four:6379/0")};
    const struct slice turned[] = {names[2], names[0], names[1]};
    unsigned shares[4] = {0}, n_moved = 0;
    for (unsigned i = 0; i < 4000; i++) {
        char text[16], digest[CACHE_KEY_DIGEST];
        snprintf(text, sizeof text, "key %u", i);
        const struct cache_key k = cache_key_of(slice_of(text));
        cache_key_digest(&k, digest);
        unsigned of_three = tier_text_choose(names, 3, digest);
        unsigned of_four = tier_text_choose(names, 4, digest);
        assert_true(slice_equal(turned[tier_text_choose(turned, 3, digest)], names[of_three]));
        shares[of_four]++;
        n_moved += of_four != of_three;
        assert_true(of_four == of_three || of_four == 3);
        assert_int_equal(tier_text_choose(names, 1, digest), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(shares[i], 850, 1150);
    assert_int_equal(n_moved, shares[3]);
}

int main(void)
{
#define AS_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        AS_STORE(an_entry_is_told_with_the_time_of_the_last_purge),
        AS_STORE(what_is_no_record_of_that_key_is_none),
        AS_STORE(a_late_answer_is_dropped_and_nothing_is_asked_before_it_came),
        AS_STORE(a_store_that_says_nothing_any_more_is_left_and_tried_again),
        AS_STORE(garbage_ends_the_connection_and_all_who_wait_are_told),
        AS_STORE(a_store_that_fails_again_and_again_is_left_alone),
        AS_STORE(who_cancelled_hears_nothing_and_others_get_their_own_answers),
        AS_STORE(a_cancelled_question_that_is_overdue_stops_others_too),
        AS_STORE(who_waits_when_it_closes_is_told),
        AS_STORE(too_many_questions_are_not_asked),
        AS_STORE(what_has_no_room_is_not_written),
        AS_STORE(a_purge_waits_for_a_store_that_is_away_and_whoever_asked_hears_in_time),
        AS_STORE(a_purge_does_not_wait_for_the_answer_to_another),
        AS_STORE(of_many_purges_some_are_under_way_at_a_time),
        AS_STORE(where_too_many_purges_wait_all_is_purged),
        AS_STORE(a_listener_that_hears_nothing_asks_and_what_it_may_have_missed_is_purged),
        cmocka_unit_test(stores_share_the_keys_whatever_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
