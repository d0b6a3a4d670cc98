/* wheel_test.c - deadlines ring in order, never early, in the first advance that reaches them */
#include <stdlib.h>

#include "../unit.h"
#include "base/random.h"
#include "net/wheel.h"

enum {
    N_ENTRIES = 64,
    N_STEPS = 20000
};

struct alarm {
    struct wheel_entry entry;
    unsigned n_rung;
    uint64_t rung_at; /* the wheel's time when it rang last */
    struct wheel *wheel;
    struct alarm *arms; /* what it arms when it rings, if anything */
    uint64_t arms_for;
    struct alarm *disarms;
};

static uint64_t latest_rung;

static void on_ring(struct wheel_entry *e)
{
    struct alarm *a = LIST_OWNER(e, struct alarm, entry);
    assert_false(wheel_is_armed(e));
    a->n_rung++;
    a->rung_at = a->wheel->now_ms;
    latest_rung = a->entry.due_ms;
    if (a->arms)
        wheel_arm(a->wheel, &a->arms->entry, a->arms_for);
    if (a->disarms)
        wheel_disarm(a->wheel, &a->disarms->entry);
}

static struct alarm make(struct wheel *w)
{
    return (struct alarm){.wheel = w};
}

static void arm(struct alarm *a, uint64_t due)
{
    wheel_entry_init(&a->entry, on_ring);
    wheel_arm(a->wheel, &a->entry, due);
}

static void an_entry_rings_once_at_its_time_and_not_before(void **state)
{
    (void)state;
    static const uint64_t delays[] = {1,        2,        63,       64,      65,
                                      127,      128,      4095,     4096,    4097,
                                      262143,   262144,   262145,   9999999, 16777215,
                                      16777216, 16777217, 20000000, 1 << 30, UINT64_C(1) << 40};
    static const uint64_t starts[] = {0, 1, 63, 64, 4095, 4097, 262143, 16777215, 1700000000123};
    for (size_t k = 0; k < sizeof starts / sizeof *starts; k++)
        for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
            struct wheel w;
            wheel_init(&w, starts[k]);
            struct alarm a = make(&w);
            uint64_t due = starts[k] + delays[i];
            arm(&a, due);
            wheel_advance(&w, due - 1);
            assert_int_equal(a.n_rung, 0);
            wheel_advance(&w, due);
            assert_int_equal(a.n_rung, 1);
            wheel_advance(&w, due + (1 << 25));
            assert_int_equal(a.n_rung, 1);
            assert_int_equal(w.n_armed, 0);
        }
}

static void the_next_look_is_never_late_and_comes_to_the_point(void **state)
{
    (void)state;
    static const uint64_t delays[] = {1,    63,     64,     100,      4096,
                                      5000, 262144, 300000, 16777216, 50000000};
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct wheel w;
        wheel_init(&w, 12345);
        struct alarm a = make(&w);
        arm(&a, 12345 + delays[i]);
        unsigned n_looks = 0;
        while (!a.n_rung) {
            uint64_t next = wheel_next_ms(&w);
            assert_true(next > w.now_ms && next <= a.entry.due_ms);
            wheel_advance(&w, next);
            n_looks++;
        }
        assert_int_equal(a.rung_at, a.entry.due_ms);
        assert_true(n_looks <= 2 * WHEEL_LEVELS);
        assert_true(wheel_next_ms(&w) == UINT64_MAX);
    }
}

static void an_entry_armed_for_the_past_rings_in_the_next_advance(void **state)
{
    (void)state;
    struct wheel w;
    wheel_init(&w, 1000);
    struct alarm a = make(&w), now = make(&w);
    arm(&a, 10);
    arm(&now, 1000);
    assert_int_equal(wheel_next_ms(&w), 1000);
    wheel_advance(&w, 1000);
    assert_int_equal(a.n_rung, 1);
    assert_int_equal(now.n_rung, 1);
}

static void one_that_arms_itself_for_the_past_does_not_ring_for_ever(void **state)
{
    (void)state;
    struct wheel w;
    wheel_init(&w, 0);
    struct alarm a = make(&w);
    a.arms = &a;
    a.arms_for = 0;
    arm(&a, 5);
    wheel_advance(&w, 5);
    assert_int_equal(a.n_rung, 1);
    wheel_advance(&w, 5);
    assert_int_equal(a.n_rung, 2);
}

static void an_entry_armed_by_another_rings_in_the_same_advance_if_it_is_due(void **state)
{
    (void)state;
    struct wheel w;
    wheel_init(&w, 0);
    struct alarm first = make(&w), second = make(&w);
    wheel_entry_init(&second.entry, on_ring);
    first.arms = &second;
    first.arms_for = 90;
    arm(&first, 10);
    wheel_advance(&w, 100);
    assert_int_equal(second.n_rung, 1);
    assert_int_equal(second.rung_at, 90);
}

static void a_disarmed_entry_is_silent_even_beside_one_that_rings(void **state)
{
    (void)state;
    struct wheel w;
    wheel_init(&w, 0);
    struct alarm killer = make(&w), victim = make(&w), other = make(&w);
    killer.disarms = &victim;
    arm(&killer, 10);
    arm(&victim, 10);
    arm(&other, 10);
    wheel_advance(&w, 20);
    assert_int_equal(victim.n_rung, 0);
    assert_int_equal(other.n_rung, 1);
    wheel_disarm(&w, &victim.entry);
    assert_int_equal(w.n_armed, 0);
}

static void arming_anew_moves_the_time(void **state)
{
    (void)state;
    struct wheel w;
    wheel_init(&w, 0);
    struct alarm a = make(&w);
    arm(&a, 10);
    wheel_arm(&w, &a.entry, 500);
    wheel_arm(&w, &a.entry, 70);
    assert_int_equal(w.n_armed, 1);
    wheel_advance(&w, 69);
    assert_int_equal(a.n_rung, 0);
    wheel_advance(&w, 70);
    assert_int_equal(a.n_rung, 1);
}

/* Delays of every size: few far ones, many near ones. */
static uint64_t some_delay(struct random *r)
{
    return random_next(r) >> (38 + random_below(r, 26));
}

/* What the wheel does is held against the plainest reference: a look at every alarm. */
static void check_against_reference(struct alarm *alarms, uint64_t before, uint64_t now)
{
    for (unsigned i = 0; i < N_ENTRIES; i++) {
        struct alarm *a = &alarms[i];
        bool is_due = a->entry.due_ms <= now;
        assert_int_equal(a->n_rung, is_due);
        assert_int_equal(wheel_is_armed(&a->entry), !is_due);
        if (is_due && a->entry.due_ms > before)
            assert_int_equal(a->rung_at, a->entry.due_ms);
    }
}

static void on_random_ring(struct wheel_entry *e)
{
    assert_true(e->due_ms >= latest_rung);
    on_ring(e);
}

static void random_deadlines_ring_in_order_and_on_time(void **state)
{
    (void)state;
    struct random r;
    random_init_seeded(&r, 1987);
    struct wheel w;
    uint64_t now = 1700000000000;
    wheel_init(&w, now);
    struct alarm alarms[N_ENTRIES];
    for (unsigned i = 0; i < N_ENTRIES; i++) {
        alarms[i] = make(&w);
        wheel_entry_init(&alarms[i].entry, on_random_ring);
        wheel_arm(&w, &alarms[i].entry, now + 1 + some_delay(&r));
    }
    for (unsigned step = 0; step < N_STEPS; step++) {
        uint64_t before = now;
        uint64_t next = wheel_next_ms(&w);
        for (unsigned i = 0; i < N_ENTRIES; i++)
            assert_true(next <= alarms[i].entry.due_ms);
        now = random_below(&r, 4) ? next : now + some_delay(&r);
        latest_rung = 0;
        wheel_advance(&w, now);
        check_against_reference(alarms, before, now);
        for (unsigned i = 0; i < N_ENTRIES; i++)
            if (alarms[i].n_rung || random_below(&r, 16) == 0) {
                alarms[i].n_rung = 0;
                wheel_arm(&w, &alarms[i].entry, now + 1 + some_delay(&r));
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_rings_once_at_its_time_and_not_before),
        cmocka_unit_test(the_next_look_is_never_late_and_comes_to_the_point),
        cmocka_unit_test(an_entry_armed_for_the_past_rings_in_the_next_advance),
        cmocka_unit_test(one_that_arms_itself_for_the_past_does_not_ring_for_ever),
        cmocka_unit_test(an_entry_armed_by_another_rings_in_the_same_advance_if_it_is_due),
        cmocka_unit_test(a_disarmed_entry_is_silent_even_beside_one_that_rings),
        cmocka_unit_test(arming_anew_moves_the_time),
        cmocka_unit_test(random_deadlines_ring_in_order_and_on_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
