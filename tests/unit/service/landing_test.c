/* landing_test.c - seats, and news that reach those who still have one */
#include <pthread.h>
#include <stdlib.h>

#include "../http/rig.h"
#include "service/landing.h"

enum {
    N_SEATS = 200
};

struct waiter {
    struct seat seat;
    unsigned n_heard;
    uint64_t word;
    char letter; /* of the news; 0: there were none */
};

struct crowd {
    struct rig rig;
    struct seats *tables[2]; /* of one loop, as if it were two workers */
    struct crew crew;
    struct waiter waiters[N_SEATS];
};

static void landed(struct seat *s, const struct landing *l)
{
    struct waiter *w = LIST_OWNER(s, struct waiter, seat);
    w->n_heard++;
    w->word = l->word;
    w->letter = (char)(l->news ? l->news->at[0] : 0);
}

static int setup(void **state)
{
    struct crowd *c = calloc(1, sizeof *c);
    assert_non_null(c);
    rig_init(&c->rig);
    for (uint32_t i = 0; i < 2; i++)
        c->tables[i] = landing_seats_new(&c->rig.loop, i);
    c->crew = (struct crew){c->tables, 2};
    for (unsigned i = 0; i < N_SEATS; i++)
        landing_seat_init(&c->waiters[i].seat, landed);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct crowd *c = *state;
    rig_done(&c->rig);
    for (unsigned i = 0; i < 2; i++)
        landing_seats_free(c->tables[i]);
    free(c);
    return 0;
}

static struct blob *news_of(char letter)
{
    struct blob *b = blob_new(1);
    b->at[0] = letter;
    return b;
}

/* The seats of the first n waiters, half of them at each worker, sorted as flights_land() does. */
static struct flight_seat *take(struct crowd *c, unsigned n)
{
    struct flight_seat *seats = malloc(n * sizeof *seats);
    assert_non_null(seats);
    for (unsigned i = 0; i < n; i++)
        seats[i] = landing_seat_take(c->tables[i >= n / 2], &c->waiters[i].seat);
    return seats;
}

static void all_that_wait_hear_once_and_in_a_later_turn(void **state)
{
    struct crowd *c = *state;
    struct flight_seat *seats = take(c, N_SEATS);
    landing_tell(&c->crew, seats, N_SEATS, &(struct landing){news_of('n'), 7});
    assert_int_equal(c->waiters[0].n_heard, 0);
    RIG_UNTIL(&c->rig, c->waiters[N_SEATS - 1].n_heard);
    for (unsigned i = 0; i < N_SEATS; i++) {
        assert_int_equal(c->waiters[i].n_heard, 1);
        assert_int_equal(c->waiters[i].word, 7);
        assert_int_equal(c->waiters[i].letter, 'n');
        assert_null(c->waiters[i].seat.table);
    }
}

static void who_has_left_hears_nothing(void **state)
{
    struct crowd *c = *state;
    struct flight_seat *seats = take(c, 4);
    landing_seat_leave(&c->waiters[1].seat);
    landing_seat_leave(&c->waiters[1].seat);
    landing_tell(&c->crew, seats, 4, &(struct landing){NULL, 1});
    landing_seat_leave(&c->waiters[3].seat); /* the news is on its way */
    RIG_UNTIL(&c->rig, c->waiters[2].n_heard);
    assert_int_equal(c->waiters[0].n_heard, 1);
    assert_int_equal(c->waiters[1].n_heard, 0);
    assert_int_equal(c->waiters[3].n_heard, 0);
}

static void a_seat_that_is_taken_again_is_another(void **state)
{
    struct crowd *c = *state;
    struct flight_seat *seats = take(c, 2);
    struct flight_seat before = seats[0];
    landing_seat_leave(&c->waiters[0].seat);
    struct flight_seat after = landing_seat_take(c->tables[0], &c->waiters[5].seat);
    assert_int_equal(after.slot, before.slot);
    assert_int_not_equal(after.generation, before.generation);
    landing_tell(&c->crew, seats, 2, &(struct landing){NULL, 1});
    RIG_UNTIL(&c->rig, c->waiters[1].n_heard);
    assert_int_equal(c->waiters[0].n_heard, 0);
    assert_int_equal(c->waiters[5].n_heard, 0);
    landing_nudge(&c->crew, after, 9);
    RIG_UNTIL(&c->rig, c->waiters[5].n_heard);
    assert_int_equal(c->waiters[5].word, 9);
    assert_int_equal(c->waiters[5].letter, 0);
}

static void news_without_a_listener_are_given_back(void **state)
{
    struct crowd *c = *state;
    struct flight_seat *none = NULL;
    landing_tell(&c->crew, none, 0, &(struct landing){news_of('n'), 1});
    rig_turns(&c->rig, 2);
}

struct telling {
    struct crowd *crowd;
    struct flight_seat *seats;
};

static void *tell_from_elsewhere(void *context)
{
    struct telling *t = context;
    landing_tell(&t->crowd->crew, t->seats, 8, &(struct landing){news_of('x'), 3});
    return NULL;
}

static void another_thread_may_tell(void **state)
{
    struct crowd *c = *state;
    struct telling t = {c, take(c, 8)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, tell_from_elsewhere, &t), 0);
    RIG_UNTIL(&c->rig, c->waiters[7].n_heard);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(c->waiters[0].letter, 'x');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_that_wait_hear_once_and_in_a_later_turn),
        TEST(who_has_left_hears_nothing),
        TEST(a_seat_that_is_taken_again_is_another),
        TEST(news_without_a_listener_are_given_back),
        TEST(another_thread_may_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
