/* service_test.c - whose turn is it, and what a target is called by */
#include "fixture.h"

static void use_two_targets(struct fixture *f)
{
    service_free(f->service);
    f->config.n_targets = 2;
    f->service = service_new(&f->context, &f->config, NULL);
}

static void set_one_address(struct fixture *f, unsigned target)
{
    struct addresses a = {.n = 1};
    memcpy(&a.at[0], &f->at[target], sizeof f->at[target]);
    service_set_addresses(f->service, target, &a);
}

static void targets_take_turns(void **state)
{
    struct fixture *f = *state;
    use_two_targets(f);
    set_one_address(f, 0);
    set_one_address(f, 1);
    struct service_target *first = service_pick(f->service);
    struct service_target *second = service_pick(f->service);
    assert_ptr_equal(first, &f->service->targets[0]);
    assert_ptr_equal(second, &f->service->targets[1]);
    assert_ptr_equal(service_pick(f->service), first);
}

static void a_target_without_an_address_is_passed_over(void **state)
{
    struct fixture *f = *state;
    use_two_targets(f);
    assert_null(service_pick(f->service));
    set_one_address(f, 1);
    for (unsigned i = 0; i < 3; i++)
        assert_ptr_equal(service_pick(f->service), &f->service->targets[1]);
    const struct addresses none = {0};
    service_set_addresses(f->service, 1, &none);
    assert_null(service_pick(f->service));
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
        TEST(targets_take_turns),
        TEST(a_target_without_an_address_is_passed_over),
        TEST(a_host_of_the_service_stands_in_for_the_targets),
        TEST(a_time_that_is_due_is_never_early),
        cmocka_unit_test(kinds_have_the_names_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
