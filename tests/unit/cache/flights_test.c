/* flights_test.c - one leads, others wait, and nobody is told of a flight that is not his */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "base/random.h"
#include "cache/flights.h"

static const struct flight_seat first = {0, 1, 1};
static const struct flight_seat second = {1, 1, 1};
static const struct flight_seat lead = {0, 77, 1};

static struct cache_key key(const char *text)
{
    return cache_key_of(slice_of(text));
}

static enum flight_role join(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                             struct flight_seat led)
{
    return flights_join(f, k, &(struct flight_ask){.seat = seat, .lead = led});
}

static bool open_at(struct flights *f, const struct cache_key *k, struct flight_seat led)
{
    return flights_open(f, k, &(struct flight_ask){.lead = led});
}

static size_t land(struct flights *f, const struct cache_key *k)
{
    struct flight_seat *seats;
    size_t n = flights_land(f, k, lead, &seats);
    assert_true((n == 0) == (seats == NULL));
    free(seats);
    return n;
}

static void the_first_leads_and_the_others_wait(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a"), b = key("b");
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_int_equal(join(f, &a, second, second), FLIGHT_WAITS);
    assert_int_equal(join(f, &b, first, lead), FLIGHT_LEADS);
    assert_int_equal(flights_count(f), 2);
    assert_int_equal(land(f, &a), 2);
    assert_int_equal(land(f, &b), 1);
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_int_equal(land(f, &a), 1);
    assert_int_equal(flights_count(f), 0);
    flights_free(f);
}

static void keys_are_compared_whole(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a"), b = key("b");
    b.hash = a.hash;
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_int_equal(join(f, &b, first, lead), FLIGHT_LEADS);
    assert_int_equal(land(f, &a) + land(f, &b), 2);
    flights_free(f);
}

static void who_leaves_last_hears_where_the_lead_is(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat told = {0};
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_int_equal(join(f, &a, second, second), FLIGHT_WAITS);
    assert_false(flights_leave(f, &a, first, &told));
    assert_false(flights_leave(f, &a, first, &told));
    assert_true(flights_leave(f, &a, second, &told));
    assert_int_equal(told.slot, lead.slot);
    assert_true(flights_abandon(f, &a, lead, lead));
    assert_int_equal(flights_count(f), 0);
    flights_free(f);
}

static void a_flight_that_somebody_joined_meanwhile_is_not_abandoned(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat told;
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_true(flights_leave(f, &a, first, &told));
    assert_int_equal(join(f, &a, second, second), FLIGHT_WAITS);
    assert_false(flights_abandon(f, &a, lead, lead));
    assert_int_equal(land(f, &a), 1);
    flights_free(f);
}

static void leaving_a_flight_that_has_landed_changes_nothing_of_the_next(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat told;
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_int_equal(land(f, &a), 1);
    assert_false(flights_leave(f, &a, first, &told));
    assert_int_equal(join(f, &a, second, lead), FLIGHT_LEADS);
    assert_false(flights_leave(f, &a, first, &told));
    assert_int_equal(land(f, &a), 1);
    flights_free(f);
}

static void a_background_flight_goes_on_without_seats(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat told;
    assert_true(open_at(f, &a, lead));
    assert_false(open_at(f, &a, lead));
    assert_int_equal(join(f, &a, first, second), FLIGHT_WAITS);
    assert_false(flights_leave(f, &a, first, &told));
    assert_int_equal(land(f, &a), 0);
    flights_free(f);
}

static void who_joins_late_is_told_to_a_lead_that_is_still_there(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat told = {0};
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_true(flights_leave(f, &a, first, &told));
    assert_int_equal(join(f, &a, second, second), FLIGHT_WAITS);
    assert_false(flights_abandon(f, &a, lead, first));
    assert_true(flights_leave(f, &a, second, &told));
    assert_int_equal(told.slot, first.slot);
    assert_true(flights_abandon(f, &a, first, first));
    flights_free(f);
}

static void a_flight_that_began_before_a_purge_is_for_those_that_asked_before(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat told;
    struct flight_ask early = {.seat = first, .lead = lead, .begun = 5};
    struct flight_ask late = {.seat = second, .lead = second, .since = 6, .begun = 7};
    struct flight_ask later = {.seat = {2, 1, 1}, .lead = {2, 9, 1}, .since = 6, .begun = 8};
    assert_int_equal(flights_join(f, &a, &early), FLIGHT_LEADS);
    assert_int_equal(flights_join(f, &a, &late), FLIGHT_LEADS);
    assert_int_equal(flights_join(f, &a, &later), FLIGHT_WAITS);
    assert_int_equal(later.begun, 7);
    assert_false(flights_open(f, &a, &later));
    assert_int_equal(flights_count(f), 2);
    assert_true(flights_leave(f, &a, first, &told));
    assert_int_equal(told.slot, lead.slot);
    assert_true(flights_abandon(f, &a, lead, lead));
    struct flight_seat *seats;
    assert_int_equal(flights_land(f, &a, second, &seats), 2);
    free(seats);
    assert_int_equal(flights_count(f), 0);
    flights_free(f);
}

static void a_background_flight_that_is_too_old_is_none(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat *seats;
    assert_true(flights_open(f, &a, &(struct flight_ask){.lead = first, .begun = 1}));
    assert_true(flights_open(f, &a, &(struct flight_ask){.lead = second, .since = 2, .begun = 2}));
    assert_int_equal(flights_land(f, &a, second, &seats), 0);
    assert_int_equal(flights_land(f, &a, first, &seats), 0);
    flights_free(f);
}

enum {
    CROWD = 9000
};

static void nine_thousand_wait_for_one_and_come_sorted_by_worker(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct flight_seat told;
    for (uint32_t i = 0; i < CROWD; i++) {
        struct flight_seat seat = {i % 4, i / 4, i};
        assert_int_equal(join(f, &a, seat, lead), i ? FLIGHT_WAITS : FLIGHT_LEADS);
    }
    for (uint32_t i = 0; i < CROWD; i += 3)
        assert_false(flights_leave(f, &a, (struct flight_seat){i % 4, i / 4, i}, &told));
    struct flight_seat *seats;
    size_t n = flights_land(f, &a, lead, &seats);
    assert_int_equal(n, CROWD - CROWD / 3);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(seats[i].generation, seats[i].slot * 4 + seats[i].worker);
        assert_true(seats[i].generation % 3 != 0);
        bool is_sorted =
            i == 0 || seats[i - 1].worker < seats[i].worker ||
            (seats[i - 1].worker == seats[i].worker && seats[i - 1].slot < seats[i].slot);
        assert_true(is_sorted);
    }
    free(seats);
    flights_free(f);
}

static void seats_of_a_flight_are_bounded(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    for (uint32_t i = 0; i < FLIGHT_SEATS; i++)
        assert_true(join(f, &a, (struct flight_seat){0, i, 1}, lead) != FLIGHT_FULL);
    assert_int_equal(join(f, &a, second, second), FLIGHT_FULL);
    assert_int_equal(land(f, &a), FLIGHT_SEATS);
    flights_free(f);
}

static void flights_are_bounded(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    char text[16];
    for (uint32_t i = 0; i < FLIGHTS_MAX; i++) {
        snprintf(text, sizeof text, "%u", i);
        struct cache_key k = key(text);
        assert_true(open_at(f, &k, lead));
    }
    struct cache_key more = key("more");
    assert_int_equal(join(f, &more, first, lead), FLIGHT_FULL);
    assert_false(open_at(f, &more, lead));
    for (uint32_t i = 0; i < FLIGHTS_MAX; i++) {
        snprintf(text, sizeof text, "%u", i);
        struct cache_key k = key(text);
        assert_true(flights_abandon(f, &k, lead, lead));
    }
    assert_true(open_at(f, &more, lead));
    assert_int_equal(land(f, &more), 0);
    flights_free(f);
}

enum {
    SLOTS = 40
};

static void joins_and_leaves_in_any_order_keep_exactly_who_is_there(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    struct random r;
    random_init_seeded(&r, 11);
    bool is_there[SLOTS] = {false};
    unsigned n = 0;
    struct flight_seat told;
    assert_true(open_at(f, &a, lead));
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t slot = (uint32_t)random_below(&r, SLOTS);
        struct flight_seat seat = {slot % 3, slot * 64, slot};
        if (is_there[slot])
            assert_false(flights_leave(f, &a, seat, &told));
        else
            assert_int_equal(join(f, &a, seat, lead), FLIGHT_WAITS);
        n = is_there[slot] ? n - 1 : n + 1;
        is_there[slot] = !is_there[slot];
    }
    struct flight_seat *seats;
    assert_int_equal(flights_land(f, &a, lead, &seats), n);
    for (unsigned i = 0; i < n; i++)
        assert_true(is_there[seats[i].generation]);
    free(seats);
    flights_free(f);
}

static void a_flight_is_wanted_as_long_and_as_much_as_by_any_that_waits(void **unused)
{
    (void)unused;
    static const struct {
        struct flight_wants wants, all;
        bool is_raised;
    } joining[] = {{{500, 0}, {500, 0}, false},
                   {{300, 0}, {500, 0}, false},
                   {{900, -1}, {900, 0}, false},
                   {{200, 7}, {900, 7}, true},
                   {{200, 7}, {900, 7}, false}};
    struct flights *f = flights_new();
    struct cache_key a = key("a");
    for (uint32_t i = 0; i < sizeof joining / sizeof *joining; i++) {
        struct flight_ask ask = {
            .seat = {1, i, 1}, .lead = i ? second : lead, .wants = joining[i].wants};
        assert_int_equal(flights_join(f, &a, &ask), i ? FLIGHT_WAITS : FLIGHT_LEADS);
        assert_int_equal(ask.is_raised, joining[i].is_raised);
        assert_int_equal(ask.lead.slot, lead.slot);
        struct flight_wants all = flights_wants(f, &a, lead);
        assert_int_equal(all.until_ms, joining[i].all.until_ms);
        assert_int_equal(all.rank, joining[i].all.rank);
    }
    assert_int_equal(land(f, &a), 5);
    flights_free(f);
}

/* UINT64_MAX: no flight has that seat. */
static uint64_t postponed_ms(struct flights *f, const struct cache_key *k, struct flight_seat seat)
{
    uint64_t ms;
    return flights_is_seated(f, k, seat, &ms) ? ms : UINT64_MAX;
}

static void what_a_flight_is_told_to_wait_is_known_to_its_seats_alone(void **unused)
{
    (void)unused;
    struct flights *f = flights_new();
    struct cache_key a = key("a"), b = key("b");
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_int_equal(join(f, &b, second, lead), FLIGHT_LEADS);
    assert_int_equal(postponed_ms(f, &a, first), 0);
    flights_postpone(f, &a, lead, 2000);
    flights_postpone(f, &a, lead, 500);
    assert_int_equal(postponed_ms(f, &a, first), 2500);
    assert_int_equal(postponed_ms(f, &a, second), UINT64_MAX);
    assert_int_equal(postponed_ms(f, &b, second), 0);
    assert_int_equal(join(f, &a, second, second), FLIGHT_WAITS);
    assert_int_equal(postponed_ms(f, &a, second), 2500);
    assert_int_equal(land(f, &a), 2);
    assert_int_equal(postponed_ms(f, &a, second), UINT64_MAX);
    assert_int_equal(join(f, &a, first, lead), FLIGHT_LEADS);
    assert_int_equal(postponed_ms(f, &a, first), 0); /* another one */
    flights_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_leads_and_the_others_wait),
        cmocka_unit_test(what_a_flight_is_told_to_wait_is_known_to_its_seats_alone),
        cmocka_unit_test(a_flight_is_wanted_as_long_and_as_much_as_by_any_that_waits),
        cmocka_unit_test(keys_are_compared_whole),
        cmocka_unit_test(who_leaves_last_hears_where_the_lead_is),
        cmocka_unit_test(a_flight_that_somebody_joined_meanwhile_is_not_abandoned),
        cmocka_unit_test(leaving_a_flight_that_has_landed_changes_nothing_of_the_next),
        cmocka_unit_test(a_background_flight_goes_on_without_seats),
        cmocka_unit_test(who_joins_late_is_told_to_a_lead_that_is_still_there),
        cmocka_unit_test(a_flight_that_began_before_a_purge_is_for_those_that_asked_before),
        cmocka_unit_test(a_background_flight_that_is_too_old_is_none),
        cmocka_unit_test(nine_thousand_wait_for_one_and_come_sorted_by_worker),
        cmocka_unit_test(seats_of_a_flight_are_bounded),
        cmocka_unit_test(flights_are_bounded),
        cmocka_unit_test(joins_and_leaves_in_any_order_keep_exactly_who_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
