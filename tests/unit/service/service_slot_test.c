/* service_slot_test.c - targets of SRV records come and go, whatever calls are under way */
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"

enum {
    NAME, /* the configured target */
    FIRST,
    SECOND
};

static unsigned eras[FIRST + SRV_MAX]; /* of the slots, as the control thread counts them */

static int setup(void **state)
{
    fixture_setup(state);
    struct fixture *f = *state;
    f->targets[NAME] = (struct config_target){
        .is_srv = true, .host = "_http._tcp.shop.test", .authority = SLICE("shop.test")};
    fixture_remake(f);
    for (unsigned i = FIRST; i < FIRST + SRV_MAX; i++)
        eras[i] = ejection_clear(&f->shared->ejections[i], false);
    return 0;
}

/* A slot has this host of the fixture's two from now on. */
static void tell(struct fixture *f, unsigned slot, unsigned host, unsigned weight)
{
    static const char *const hosts[] = {"left.shop.test", "right.shop.test"};
    struct service_known k = {
        .target = slot, .from = NAME, .weight = weight, .port = 80, .era = eras[slot]};
    snprintf(k.host, sizeof k.host, "%s", hosts[host]);
    k.addresses.n = 1;
    memcpy(&k.addresses.at[0], &f->at[host], sizeof f->at[host]);
    service_set_known(f->service, &k);
}

static void tell_gone(struct fixture *f, unsigned slot)
{
    const struct service_known k = {.target = slot, .from = NAME, .is_gone = true};
    service_set_known(f->service, &k);
    eras[slot] = ejection_clear(&f->shared->ejections[slot], false);
}

static int choose(struct fixture *f)
{
    const struct balance_set none = {0};
    return service_choose(f->service, &none, 0);
}

static bool is_chosen(struct fixture *f, int target)
{
    for (unsigned i = 0; i < 40; i++)
        if (choose(f) == target)
            return true;
    return false;
}

static void nothing_is_called_before_the_records_are_known(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(choose(f), BALANCE_NONE);
    fixture_start(f);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_UNREACHABLE, "no connection");
}

static void a_target_of_records_is_called_by_the_name_of_the_service(void **state)
{
    struct fixture *f = *state;
    tell(f, FIRST, 0, 1);
    fixture_serve(f, FIXTURE_OK "Content-Length: 1\r\n\r\n7");
    fixture_expect_value(f, "7");
    assert_int_equal(rig_count_of(&f->heard, "host: shop.test\r\n"), 1);
}

static void targets_come_and_go(void **state)
{
    struct fixture *f = *state;
    tell(f, FIRST, 0, 1);
    assert_int_equal(choose(f), FIRST);
    tell(f, SECOND, 1, 1);
    assert_true(is_chosen(f, FIRST) && is_chosen(f, SECOND));
    assert_false(is_chosen(f, NAME));
    tell_gone(f, FIRST);
    assert_false(is_chosen(f, FIRST));
    assert_true(is_chosen(f, SECOND));
    tell(f, FIRST, 0, 1);
    assert_true(is_chosen(f, FIRST));
    tell_gone(f, FIRST);
    tell_gone(f, SECOND);
    assert_int_equal(choose(f), BALANCE_NONE);
}

static void what_is_told_twice_changes_nothing(void **state)
{
    struct fixture *f = *state;
    tell(f, FIRST, 0, 1);
    fixture_serve(f, FIXTURE_OK "Content-Length: 1\r\n\r\n7");
    const struct pool *pool = f->service->targets[FIRST].pool;
    tell(f, FIRST, 0, 3);
    assert_ptr_equal(f->service->targets[FIRST].pool, pool);
    assert_int_equal(f->service->loads[FIRST].weight, 3);
    fixture_serve(f, FIXTURE_OK "Content-Length: 1\r\n\r\n8");
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void a_call_ends_well_where_its_target_has_gone(void **state)
{
    struct fixture *f = *state;
    tell(f, FIRST, 0, 1);
    fixture_begin(f);
    tell_gone(f, FIRST);
    fixture_say(f, SLICE(FIXTURE_OK "Content-Length: 1\r\n\r\n7"));
    fixture_await(f);
    fixture_expect_value(f, "7");
    RIG_UNTIL(&f->rig, rig_count(&f->rig, COUNT_UPSTREAM_OPEN) == 0); /* it is not kept */
}

static void a_call_ends_well_where_another_target_has_its_slot(void **state)
{
    struct fixture *f = *state;
    tell(f, FIRST, 0, 1);
    fixture_begin(f);
    assert_int_equal(f->service->loads[FIRST].in_flight, 1);
    tell_gone(f, FIRST);
    tell(f, FIRST, 1, 1);
    assert_int_equal(f->service->loads[FIRST].in_flight, 1);
    fixture_say(f, SLICE(FIXTURE_OK "Content-Length: 1\r\n\r\n7"));
    fixture_await(f);
    fixture_expect_value(f, "7");
    assert_int_equal(f->service->loads[FIRST].in_flight, 0);
    assert_true(f->service->loads[FIRST].latency_us == 0); /* that was the other's */
    assert_int_equal(choose(f), FIRST);
}

/* The control thread gives a slot away before its workers hear of it. */
static void a_failure_of_who_had_the_slot_is_not_told_of_who_has_it(void **state)
{
    struct fixture *f = *state;
    struct ejection_target *e = &f->shared->ejections[FIRST];
    tell(f, FIRST, 0, 1);
    fixture_begin(f);
    ejection_clear(e, false);
    fixture_say(f, SLICE("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"));
    fixture_await(f);
    assert_int_equal(atomic_load(&e->failures), 0);
}

/* The kept connection ends in the moment of the next call, which is made again where it can be. */
static void a_stale_connection_to_a_target_that_went_is_replaced(void **state)
{
    struct fixture *f = *state;
    tell(f, FIRST, 0, 1);
    fixture_serve(f, FIXTURE_OK "Content-Length: 1\r\n\r\n7");
    fixture_begin(f);
    tell_gone(f, FIRST);
    close(f->fd);
    f->fd = -1;
    fixture_accept(f);
    rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
    fixture_say(f, SLICE(FIXTURE_OK "Content-Length: 1\r\n\r\n8"));
    fixture_await(f);
    fixture_expect_value(f, "8");
}

static void a_hash_follows_the_targets_that_there_are(void **state)
{
    struct fixture *f = *state;
    const struct balance_set none = {0};
    bool is_first_used = false, is_second_used = false;
    f->config.balance = CONFIG_HASH;
    tell(f, FIRST, 0, 1);
    assert_int_equal(service_choose(f->service, &none, 1), FIRST);
    tell(f, SECOND, 1, 1);
    for (uint64_t hash = 1; hash < 100; hash++) {
        int target = service_choose(f->service, &none, hash);
        is_first_used |= target == FIRST;
        is_second_used |= target == SECOND;
    }
    assert_true(is_first_used && is_second_used);
    tell_gone(f, FIRST);
    for (uint64_t hash = 1; hash < 100; hash++)
        assert_int_equal(service_choose(f->service, &none, hash), SECOND);
}

static void health_and_addresses_are_told_together(void **state)
{
    struct fixture *f = *state;
    struct service_known k = {
        .target = FIRST, .from = NAME, .weight = 1, .port = 80, .era = eras[FIRST]};
    service_set_known(f->service, &k);
    assert_int_equal(choose(f), BALANCE_NONE);
    tell(f, FIRST, 0, 1);
    tell(f, SECOND, 1, 1);
    k.is_unhealthy = true;
    snprintf(k.host, sizeof k.host, "left.shop.test");
    service_set_known(f->service, &k);
    assert_false(is_chosen(f, FIRST));
    tell(f, FIRST, 0, 1);
    assert_true(is_chosen(f, FIRST));
}

static void all_slots_may_be_used(void **state)
{
    struct fixture *f = *state;
    const unsigned n = FIRST + SRV_MAX;
    assert_int_equal(service_n_slots(&f->config), n);
    for (unsigned i = FIRST; i < n; i++)
        tell(f, i, i % 2, 1);
    assert_int_equal(f->service->n_targets, n);
    for (unsigned i = FIRST; i < n - 1; i++)
        tell_gone(f, i);
    assert_int_equal(choose(f), n - 1);
}

int main(void)
{
#define SLOT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        SLOT_TEST(nothing_is_called_before_the_records_are_known),
        SLOT_TEST(a_target_of_records_is_called_by_the_name_of_the_service),
        SLOT_TEST(targets_come_and_go),
        SLOT_TEST(what_is_told_twice_changes_nothing),
        SLOT_TEST(a_call_ends_well_where_its_target_has_gone),
        SLOT_TEST(a_call_ends_well_where_another_target_has_its_slot),
        SLOT_TEST(a_failure_of_who_had_the_slot_is_not_told_of_who_has_it),
        SLOT_TEST(a_stale_connection_to_a_target_that_went_is_replaced),
        SLOT_TEST(a_hash_follows_the_targets_that_there_are),
        SLOT_TEST(health_and_addresses_are_told_together),
        SLOT_TEST(all_slots_may_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
