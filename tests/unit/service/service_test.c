/* service_test.c - whose turn is it, and what a target is called by */
#include "fixture.h"

static void use_two_targets(struct fixture *f)
{
    f->config.n_targets = 2;
    fixture_remake(f);
}

static void set_one_address(struct fixture *f, unsigned target)
{
    struct addresses a = {.n = 1};
    memcpy(&a.at[0], &f->at[target], sizeof f->at[target]);
    service_set_addresses(f->service, target, &a);
}

static int choose(struct fixture *f)
{
    const struct balance_set none = {0};
    return service_choose(f->service, &none, 0);
}

static void targets_take_turns_where_that_is_asked_for(void **state)
{
    struct fixture *f = *state;
    f->config.balance = CONFIG_ROUND_ROBIN;
    use_two_targets(f);
    set_one_address(f, 0);
    set_one_address(f, 1);
    assert_int_equal(choose(f), 0);
    assert_int_equal(choose(f), 1);
    assert_int_equal(choose(f), 0);
}

static void a_target_without_an_address_is_passed_over(void **state)
{
    struct fixture *f = *state;
    use_two_targets(f);
    assert_int_equal(choose(f), BALANCE_NONE);
    set_one_address(f, 1);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(choose(f), 1);
    const struct addresses none = {0};
    service_set_addresses(f->service, 1, &none);
    assert_int_equal(choose(f), BALANCE_NONE);
}

static void an_unhealthy_target_is_chosen_only_where_no_other_is_left(void **state)
{
    struct fixture *f = *state;
    use_two_targets(f);
    set_one_address(f, 0);
    set_one_address(f, 1);
    service_set_health(f->service, 0, false);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(choose(f), 1);
    service_set_health(f->service, 1, false);
    assert_int_not_equal(choose(f), BALANCE_NONE);
    service_set_health(f->service, 0, true);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(choose(f), 0);
}

static void a_target_that_was_tried_is_avoided_while_others_are_left(void **state)
{
    struct fixture *f = *state;
    struct balance_set tried = {0};
    use_two_targets(f);
    set_one_address(f, 0);
    set_one_address(f, 1);
    balance_add(&tried, 1);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(service_choose(f->service, &tried, 0), 0);
    balance_add(&tried, 0);
    assert_int_not_equal(service_choose(f->service, &tried, 0), BALANCE_NONE);
}

static void eject(struct fixture *f, unsigned target, uint64_t until_ms)
{
    atomic_store(&f->shared->ejections[target].out_until_ms, until_ms);
}

/* It failed this call, which may have been the call's fault; the others fail everything. */
static void a_target_that_was_tried_is_better_than_one_that_is_not_well(void **state)
{
    struct fixture *f = *state;
    struct balance_set tried = {0};
    use_two_targets(f);
    set_one_address(f, 0);
    set_one_address(f, 1);
    balance_add(&tried, 0);
    assert_true(service_has_other(f->service, &tried));
    eject(f, 1, UINT64_MAX);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(service_choose(f->service, &tried, 0), 0);
    assert_false(service_has_other(f->service, &tried));
}

static void a_target_that_is_back_rises_slowly(void **state)
{
    struct fixture *f = *state;
    struct loop *l = &f->rig.loop;
    use_two_targets(f);
    set_one_address(f, 0);
    set_one_address(f, 1);
    eject(f, 1, l->now_ms + 1);
    assert_int_equal(choose(f), 0);
    assert_int_equal(f->service->loads[1].since_ns, 0);
    eject(f, 1, l->now_ms);
    choose(f);
    assert_int_equal(f->service->loads[1].since_ns, l->now_ns);
    assert_int_equal(f->service->loads[0].since_ns, 0);
}

enum {
    MANY = 10
};

/* The other tests have two targets. */
static void use_many_targets(struct fixture *f, struct config_target *targets)
{
    for (unsigned i = 0; i < MANY; i++)
        targets[i] = f->targets[0];
    f->config.targets = targets;
    f->config.n_targets = MANY;
    f->config.balance = CONFIG_ROUND_ROBIN;
    fixture_remake(f);
    for (unsigned i = 0; i < MANY; i++) {
        struct addresses a = {.n = 1};
        memcpy(&a.at[0], &f->at[0], sizeof f->at[0]);
        service_set_addresses(f->service, i, &a);
    }
}

static unsigned n_chosen(struct fixture *f)
{
    struct balance_set seen = {0};
    for (unsigned i = 0; i < 4 * MANY; i++)
        balance_add(&seen, (unsigned)choose(f));
    return (unsigned)__builtin_popcountll(seen.bits[0]);
}

static void where_nearly_none_is_well_all_are_used(void **state)
{
    struct fixture *f = *state;
    struct config_target targets[MANY];
    use_many_targets(f, targets);
    for (unsigned i = 0; i < MANY - 2; i++)
        service_set_health(f->service, i, false);
    assert_int_equal(n_chosen(f), 2);
    service_set_health(f->service, MANY - 2, false);
    assert_int_equal(n_chosen(f), MANY);
}

static void a_host_of_the_service_stands_in_for_the_targets(void **state)
{
    struct fixture *f = *state;
    f->config.host = SLICE("reviews.internal");
    use_two_targets(f);
    struct slice wanted = SLICE(" HTTP/1.1\r\nhost: reviews.internal\r\n");
    assert_int_equal(f->service->targets[0].host.n, wanted.n);
    assert_memory_equal(f->service->targets[0].host.at, wanted.at, wanted.n);
}

static void a_time_that_is_due_is_never_early(void **state)
{
    struct fixture *f = *state;
    struct loop *l = &f->rig.loop;
    l->now_ns = 5000000;
    assert_int_equal(service_due_ms(l, 10), 15);
    l->now_ns = 5000001;
    assert_int_equal(service_due_ms(l, 10), 16);
}

static void kinds_have_the_names_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(outcome_kind_name(OUTCOME_TOO_LARGE), "too_large");
    for (unsigned i = 0; i < OUTCOME_N_KINDS; i++)
        assert_non_null(outcome_kind_name((enum outcome_kind)i));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(targets_take_turns_where_that_is_asked_for),
        TEST(an_unhealthy_target_is_chosen_only_where_no_other_is_left),
        TEST(a_target_that_was_tried_is_avoided_while_others_are_left),
        TEST(a_target_without_an_address_is_passed_over),
        TEST(a_target_that_was_tried_is_better_than_one_that_is_not_well),
        TEST(a_target_that_is_back_rises_slowly),
        TEST(where_nearly_none_is_well_all_are_used),
        TEST(a_host_of_the_service_stands_in_for_the_targets),
        TEST(a_time_that_is_due_is_never_early),
        cmocka_unit_test(kinds_have_the_names_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
