/* service_decoder_test.c - coded answers that stand for much take many turns, and wait for nobody
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "wire/coding_write.h"

enum {
    TURN = 256 * 1024,  /* bytes that are read and written in one turn, */
    SHARE = 64 * 1024,  /* by each of several, */
    STEP = 16 * 1024,   /* and by how much the last step may pass that */
    SIZE = 3000 * 1000, /* of what a body means: a string of JSON */
    BOUND = 8 * 1024 * 1024,
    ROOM = SIZE + 64 * 1024,
};

struct text {
    char at[ROOM];
    size_t n;
};

static struct text plain, coded;
static const enum coding all[] = {CODING_GZIP, CODING_BR, CODING_ZSTD};

static bool take(void *owner, struct slice piece)
{
    struct text *t = owner;
    assert_in_range(piece.n, 0, ROOM - t->n);
    memcpy(t->at + t->n, piece.at, piece.n);
    t->n += piece.n;
    return true;
}

/* How often it says the same before it says something else. */
enum repetition {
    ONCE = 1,      /* nothing waits: it is read more slowly than decoded */
    OFTEN = 20,    /* several reads, of which each is too much for a turn */
    ALWAYS = SIZE, /* one read */
};

static void write_plain(enum repetition n_times)
{
    uint32_t x = 1;
    for (plain.n = 0; plain.n < SIZE; plain.n++) {
        if (plain.n % (unsigned)n_times == 0)
            x = x * 1664525 + 1013904223;
        plain.at[plain.n] = (char)('a' + (x >> 24) % 26);
    }
    plain.at[0] = plain.at[SIZE - 1] = '"';
}

static void encode(enum coding c)
{
    struct coding_writer *w = coding_writer_new(c, plain.n);
    coded.n = 0;
    assert_true(coding_write(w, (struct slice){plain.at, plain.n}, true, take, &coded));
    coding_writer_free(w);
}

static int setup(void **state)
{
    fixture_setup(state);
    struct fixture *f = *state;
    f->bounds.response_body = BOUND;
    f->request.timeout_ms = f->request.left_ms = 4000;
    return 0;
}

static void say_head(struct fixture *f, enum coding c)
{
    char head[160];
    int n = snprintf(head, sizeof head,
                     FIXTURE_OK "Content-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                     coding_name(c).at, coded.n);
    fixture_begin(f);
    fixture_say(f, (struct slice){head, (size_t)n});
}

static void say_answer(struct fixture *f, enum coding c)
{
    say_head(f, c);
    fixture_say(f, (struct slice){coded.at, coded.n});
}

/* Something of it is decoded, and something waits. */
static void begin_long_one(struct fixture *f)
{
    write_plain(ALWAYS);
    encode(CODING_GZIP);
    say_answer(f, CODING_GZIP);
    rig_begin(&f->rig);
    while (list_is_empty(&f->context.decoding.waiting))
        rig_go_on(&f->rig, "a body that waits");
    assert_int_equal(f->n_ended, 0);
}

static void expect_plain(struct fixture *f)
{
    assert_string_equal(outcome_kind_name(f->outcome.kind), "ok");
    assert_int_equal(f->outcome.value.n, plain.n);
    assert_memory_equal(f->outcome.value.at, plain.at, plain.n);
}

static void what_stands_for_much_takes_many_turns(void **state)
{
    struct fixture *f = *state;
    write_plain(ALWAYS);
    for (unsigned i = 0; i < 3; i++) {
        unsigned n_turns = 0;
        encode(all[i]);
        assert_in_range(coded.n, 1, 16 * 1024); /* one read */
        say_answer(f, all[i]);
        for (rig_begin(&f->rig); !f->n_ended; n_turns++)
            rig_go_on(&f->rig, "the end");
        assert_in_range(n_turns, SIZE / (TURN + STEP), 1000);
        expect_plain(f);
    }
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void what_takes_many_reads_is_whole_too(void **state)
{
    static const enum repetition repetitions[] = {ONCE, OFTEN};
    struct fixture *f = *state;
    for (unsigned i = 0; i < 6; i++) {
        write_plain(repetitions[i / 3]);
        encode(all[i % 3]);
        assert_true(coded.n > LOOP_SCRATCH);
        say_answer(f, all[i % 3]);
        fixture_await(f);
        expect_plain(f);
    }
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_OPENED), 1);
}

/* The largest power of two that n is not below: here the body's blob. */
static size_t power_below(size_t n)
{
    return n ? (size_t)1 << (63 - __builtin_clzll(n)) : 0;
}

static void nothing_is_read_while_something_waits(void **state)
{
    struct fixture *f = *state;
    unsigned n_seen = 0;
    write_plain(OFTEN);
    encode(CODING_GZIP);
    assert_true(coded.n > 3 * LOOP_SCRATCH);
    say_answer(f, CODING_GZIP);
    rig_begin(&f->rig);
    while (!f->n_ended) {
        size_t rest = f->rig.n_held - power_below(f->rig.n_held);
        bool is_body_large = f->rig.n_held > 512 * 1024;
        n_seen += is_body_large;
        if (is_body_large) /* one read, and the decoder */
            assert_in_range(rest, 0, LOOP_SCRATCH + LOOP_SCRATCH / 4 + 96 * 1024);
        rig_go_on(&f->rig, "the end");
    }
    assert_true(n_seen > 3);
    expect_plain(f);
}

static void it_may_come_in_small_chunks(void **state)
{
    static struct text chunks;
    struct fixture *f = *state;
    write_plain(ALWAYS);
    encode(CODING_GZIP);
    chunks.n = 0;
    for (size_t at = 0; at < coded.n; at++) {
        char chunk[] = {'1', '\r', '\n', coded.at[at], '\r', '\n'};
        take(&chunks, (struct slice){chunk, sizeof chunk});
    }
    take(&chunks, SLICE("0\r\n\r\n"));
    fixture_begin(f);
    fixture_say(f,
                SLICE(FIXTURE_OK "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"));
    fixture_say(f, (struct slice){chunks.at, chunks.n});
    fixture_await(f);
    expect_plain(f);
}

static void the_bound_holds_turn_by_turn(void **state)
{
    struct fixture *f = *state;
    write_plain(ALWAYS);
    for (unsigned i = 0; i < 3; i++) {
        encode(all[i]);
        f->bounds.response_body = SIZE;
        say_answer(f, all[i]);
        fixture_await(f);
        expect_plain(f);
        f->bounds.response_body = SIZE - 1;
        say_answer(f, all[i]);
        fixture_await(f);
        fixture_expect_failure(f, OUTCOME_TOO_LARGE, "the answer is larger than 2999999 bytes");
    }
}

static void a_damage_behind_it_is_found(void **state)
{
    struct fixture *f = *state;
    write_plain(ALWAYS);
    encode(CODING_GZIP);
    coded.at[coded.n - 5] ^= 1; /* of the checksum */
    say_answer(f, CODING_GZIP);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_INVALID, "the answer is not in its content coding");
    coded.n -= 1;
    say_answer(f, CODING_GZIP);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_INVALID, "the answer is not in its content coding");
}

static void a_call_may_be_given_up_in_the_middle(void **state)
{
    struct fixture *f = *state;
    begin_long_one(f);
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
    rig_turns(&f->rig, 3);
    assert_int_equal(f->rig.n_held, 0);
    assert_false(wheel_is_armed(&f->context.decoding.next)); /* what holds it may go now */
    assert_int_equal(f->n_ended, 0);
}

static void time_may_be_over_in_the_middle(void **state)
{
    struct fixture *f = *state;
    begin_long_one(f);
    fixture_pass_ms(f, 4100);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_TIMEOUT, "no answer within 4000 ms");
    assert_int_equal(f->outcome.end, OUTCOME_UNSENT); /* the service was in time */
    rig_turns(&f->rig, 3);
    assert_int_equal(f->rig.n_held, 0);
}

static void on_late_end(void *owner, const struct outcome *outcome)
{
    struct fixture *f = owner;
    f->outcome = *outcome;
    f->n_ended++;
    f->call = NULL;
}

/* has_come: all of it is there already. */
static void detach_in_the_middle(struct fixture *f, bool has_come)
{
    f->request.is_safe = f->request.is_idempotent = false;
    f->request.line = SLICE("POST /x");
    if (has_come)
        begin_long_one(f);
    else {
        write_plain(OFTEN);
        encode(CODING_GZIP);
        say_head(f, CODING_GZIP);
        fixture_say(f, (struct slice){coded.at, coded.n - 1});
        RIG_UNTIL(&f->rig, !list_is_empty(&f->context.decoding.waiting));
    }
    assert_true(service_call_must_go_on(f->call));
    service_call_detach(f->call, on_late_end, f);
    assert_int_equal(f->n_ended, 0);
    if (!has_come)
        fixture_say(f, (struct slice){coded.at + coded.n - 1, 1});
    fixture_await(f);
    assert_string_equal(outcome_kind_name(f->outcome.kind), "ok");
    assert_int_equal(f->outcome.end, OUTCOME_WHOLE);
    assert_int_equal(f->rig.n_held, 0);
}

static void nobody_may_want_it_any_more_in_the_middle(void **state)
{
    struct fixture *f = *state;
    detach_in_the_middle(f, true);
    detach_in_the_middle(f, false);
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void its_memory_counts(void **state)
{
    struct fixture *f = *state;
    write_plain(ONCE);
    encode(CODING_ZSTD);
    say_head(f, CODING_ZSTD);
    fixture_say(f, (struct slice){coded.at, 2000}); /* a part of the first block */
    RIG_UNTIL(&f->rig, f->rig.n_held > 512 * 1024); /* the window */
    f->bounds.memory = 64 * 1024;
    fixture_say(f, (struct slice){coded.at + 2000, coded.n - 2000});
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_OVERLOADED, "no memory is left for the answer");
    assert_int_equal(f->rig.n_held, 0);
}

/* One of several bodies, without a call. */
struct one {
    struct service_decoder decoder;
    size_t n;
    size_t n_seen; /* before this turn */
    enum coding_verdict verdict;
};

static bool count(void *owner, struct slice piece)
{
    ((struct one *)owner)->n += piece.n;
    return true;
}

static void on_turn(struct service_decoder *d)
{
    struct one *o = LIST_OWNER(d, struct one, decoder);
    o->verdict = service_decoder_go_on(d);
}

static void begin_one(struct one *o, struct fixture *f)
{
    static const struct coding_list gzip = {.at = {CODING_GZIP}, .n = 1};
    *o = (struct one){0};
    service_decoder_init(&o->decoder, on_turn);
    service_decoder_begin(&o->decoder, &f->context.decoding, &gzip, count, o);
    o->verdict = service_decoder_add(&o->decoder, (struct slice){coded.at, coded.n});
}

static void all_have_one_budget_and_each_its_share(void **state)
{
    static struct one ones[8];
    struct fixture *f = *state;
    struct service_decoding *decoding = &f->context.decoding;
    write_plain(ALWAYS);
    encode(CODING_GZIP);
    for (unsigned i = 0; i < 8; i++)
        begin_one(&ones[i], f);
    for (rig_begin(&f->rig); !list_is_empty(&decoding->waiting);) {
        size_t n = 0, least = SIZE, most = 0;
        for (unsigned i = 0; i < 8; i++) {
            n += ones[i].n - ones[i].n_seen;
            ones[i].n_seen = ones[i].n;
            least = ones[i].n < least ? ones[i].n : least;
            most = ones[i].n > most ? ones[i].n : most;
        }
        assert_in_range(n, 0, TURN + STEP);
        assert_in_range(most - least, 0, TURN + SHARE + STEP); /* the first had a turn alone */
        rig_go_on(&f->rig, "the end of all");
    }
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(ones[i].verdict, CODING_GOOD);
        assert_int_equal(ones[i].n, SIZE);
        service_decoder_end(&ones[i].decoder);
    }
}

static void who_comes_later_does_not_pass_who_waits(void **state)
{
    struct fixture *f = *state;
    struct one first, second;
    write_plain(ALWAYS);
    encode(CODING_GZIP);
    begin_one(&first, f);
    f->rig.loop.turn++; /* with a budget of its own */
    begin_one(&second, f);
    assert_int_equal(second.verdict, CODING_MORE);
    assert_int_equal(second.n, 0);
    service_decoder_end(&first.decoder);
    service_decoder_end(&second.decoder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_stands_for_much_takes_many_turns),
        TEST(what_takes_many_reads_is_whole_too),
        TEST(nothing_is_read_while_something_waits),
        TEST(it_may_come_in_small_chunks),
        TEST(the_bound_holds_turn_by_turn),
        TEST(a_damage_behind_it_is_found),
        TEST(a_call_may_be_given_up_in_the_middle),
        TEST(time_may_be_over_in_the_middle),
        TEST(nobody_may_want_it_any_more_in_the_middle),
        TEST(its_memory_counts),
        TEST(all_have_one_budget_and_each_its_share),
        TEST(who_comes_later_does_not_pass_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
