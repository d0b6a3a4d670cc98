/* budget_test.c - deposits and withdrawals as tables of time */
#include "../unit.h"
#include "policy/budget.h"

static const struct budget_settings settings = {.permille = 200, .reserve_per_second = 1};

enum {
    START = 1000000,
    RESERVE = 10
};

static unsigned withdraw_all(struct budget *b, uint64_t now)
{
    unsigned n = 0;
    while (budget_withdraw(b, &settings, now))
        n++;
    return n;
}

static void without_deposits_there_is_the_reserve(void **unused)
{
    (void)unused;
    struct budget b = {0};
    assert_int_equal(withdraw_all(&b, START), RESERVE);
}

static void what_is_left_is_what_may_be_withdrawn(void **unused)
{
    (void)unused;
    struct budget b = {0};
    for (unsigned i = 0; i < 100; i++)
        budget_deposit(&b, START);
    for (unsigned left = 20 + RESERVE; left > 0; left--) {
        assert_int_equal(budget_left(&b, &settings, START), left);
        assert_true(budget_withdraw(&b, &settings, START));
    }
    assert_int_equal(budget_left(&b, &settings, START), 0);
}

static void a_share_of_the_deposits_may_be_withdrawn(void **unused)
{
    (void)unused;
    struct budget b = {0};
    for (unsigned i = 0; i < 1000; i++)
        budget_deposit(&b, START + i);
    assert_int_equal(withdraw_all(&b, START + 1000), 200 + RESERVE);
}

static void deposits_and_withdrawals_count_for_ten_seconds(void **unused)
{
    (void)unused;
    struct budget b = {0};
    for (unsigned i = 0; i < 100; i++)
        budget_deposit(&b, START);
    assert_int_equal(withdraw_all(&b, START + 9999), 20 + RESERVE);
    assert_int_equal(budget_left(&b, &settings, START + 10000), 0);
    assert_int_equal(withdraw_all(&b, START + 20000), RESERVE);
}

/* A total outage: each call is made again as often as the budget lets it. */
static void an_outage_costs_the_share_and_the_reserve(void **unused)
{
    (void)unused;
    struct budget b = {0};
    unsigned plain = 0, extra = 0;
    for (uint64_t now = START; now < START + 600000; now++) {
        budget_deposit(&b, now);
        plain++;
        while (budget_withdraw(&b, &settings, now))
            extra++;
    }
    assert_true(extra <= plain / 5 + 600 * settings.reserve_per_second + RESERVE);
    assert_true(extra >= plain / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_deposits_there_is_the_reserve),
        cmocka_unit_test(what_is_left_is_what_may_be_withdrawn),
        cmocka_unit_test(a_share_of_the_deposits_may_be_withdrawn),
        cmocka_unit_test(deposits_and_withdrawals_count_for_ten_seconds),
        cmocka_unit_test(an_outage_costs_the_share_and_the_reserve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
