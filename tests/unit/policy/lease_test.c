/* lease_test.c - what instances hold, ask for and know; several of them against one store */
#include "../unit.h"
#include "policy/lease.h"

#define MS(n) ((uint64_t)(n)*1000 * 1000)

static const struct gcra_settings thousand = {.interval_ns = MS(10), .burst = 1000};
static const struct gcra_settings few = {.interval_ns = MS(100), .burst = 10};

struct side {
    gcra_word known;
    atomic_uint held;
};

static struct lease lease_of(struct side *s)
{
    return (struct lease){&s->known, &s->held};
}

/* A store, and how often it was asked. */
struct shared {
    uint64_t word;
    const struct gcra_settings *limit;
    unsigned n_asked;
};

/* As the script in a store does it. */
static struct lease_told count(struct shared *h, uint64_t n, unsigned want, uint64_t floor,
                               uint64_t now)
{
    struct lease_told t = {.asked_ns = now, .was_wanted = want};
    const struct gcra_settings *s = h->limit;
    uint64_t most = s->burst * s->interval_ns;
    h->n_asked++;
    t.ahead_ns = h->word > now ? h->word - now : 0;
    if (t.ahead_ns < floor)
        t.ahead_ns = floor;
    t.passes = t.ahead_ns + n * s->interval_ns <= most;
    if (!t.passes)
        return t;
    t.ahead_ns += n * s->interval_ns;
    uint64_t share = (most - t.ahead_ns) / s->interval_ns / LEASE_SHARE;
    t.extra = share < want ? (unsigned)share : want;
    t.ahead_ns += t.extra * s->interval_ns;
    h->word = now + t.ahead_ns;
    return t;
}

static struct gcra_verdict take(struct side *side, struct shared *h, uint64_t n, uint64_t now)
{
    struct lease l = lease_of(side);
    struct lease_wish w = {.n = n};
    struct gcra_verdict v;
    if (lease_take(l, h->limit, &w, now, &v) != LEASE_ASKS)
        return v;
    struct lease_told t = count(h, w.rest, lease_want(l, h->limit), lease_ahead(l, now), now);
    return lease_hear(l, h->limit, &w, &t, now);
}

static void the_first_is_asked_for_and_a_share_is_held(void **unused)
{
    (void)unused;
    struct side one = {0};
    struct shared h = {.limit = &thousand};
    assert_true(take(&one, &h, 1, MS(5000)).passes);
    assert_int_equal(one.held, 9); /* a hundredth of the 999 that were left */
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(take(&one, &h, 1, MS(5000)).left, 998 - i);
    assert_int_equal(h.n_asked, 1);
    assert_true(take(&one, &h, 1, MS(5000)).passes);
    assert_int_equal(h.n_asked, 2);
}

static void a_small_burst_is_never_held(void **unused)
{
    (void)unused;
    struct side one = {0};
    struct shared h = {.limit = &few};
    for (unsigned i = 1; i <= 10; i++) {
        assert_int_equal(take(&one, &h, 1, MS(5000)).left, 10 - i);
        assert_int_equal(h.n_asked, i);
    }
}

static void what_was_not_used_is_held_as_far_as_may_be(void **unused)
{
    (void)unused;
    struct side one = {0};
    struct shared h = {.limit = &thousand};
    assert_int_equal(take(&one, &h, 100, MS(5000)).left, 900);
    assert_int_equal(one.held, 9);
    uint64_t known = one.known;
    assert_int_equal(lease_give_back(lease_of(&one), &thousand, 30), 1);
    assert_int_equal(lease_give_back(lease_of(&one), &thousand, 5), 0);
    assert_int_equal(one.held, 10);
    assert_int_equal(one.known, known);

    struct side small = {0};
    struct shared of_few = {.limit = &few};
    assert_true(take(&small, &of_few, 3, MS(5000)).passes);
    assert_int_equal(lease_give_back(lease_of(&small), &few, 2), 0);
    assert_int_equal(small.held, 0);
}

static void what_the_store_would_refuse_is_not_asked_for(void **unused)
{
    (void)unused;
    struct side one = {0}, other = {0};
    struct shared h = {.limit = &few};
    assert_true(take(&other, &h, 10, MS(5000)).passes);
    struct gcra_verdict v = take(&one, &h, 2, MS(5000));
    assert_false(v.passes);
    assert_int_equal(v.retry_ns, MS(200));
    assert_int_equal(v.left, 0);
    assert_int_equal(h.n_asked, 2);
    assert_false(take(&one, &h, 2, MS(5199)).passes);
    assert_false(take(&one, &h, 11, MS(9000)).passes); /* never */
    assert_int_equal(h.n_asked, 2);
    assert_true(take(&one, &h, 2, MS(5200)).passes);
    assert_int_equal(h.n_asked, 3);
}

static void what_is_held_counts_where_more_is_wanted(void **unused)
{
    (void)unused;
    struct side one = {0};
    struct shared h = {.limit = &thousand};
    assert_true(take(&one, &h, 1, MS(5000)).passes);
    assert_false(take(&one, &h, 1000, MS(5000)).passes);
    assert_int_equal(one.held, 9); /* put back */
    assert_true(take(&one, &h, 999, MS(5000)).passes);
    assert_int_equal(one.held, 0);
    assert_int_equal(h.word, MS(5000) + 1000 * thousand.interval_ns);
}

static void what_is_held_is_given_up_when_all_is_there_again(void **unused)
{
    (void)unused;
    struct side one = {0};
    struct shared h = {.limit = &thousand};
    assert_true(take(&one, &h, 1, MS(5000)).passes);
    uint64_t whole = one.known;
    assert_int_equal(whole, MS(5100));
    assert_true(take(&one, &h, 1, whole + LEASE_KEPT_NS - 1).passes);
    assert_int_equal(h.n_asked, 1);
    assert_true(take(&one, &h, 1, whole + LEASE_KEPT_NS).passes);
    assert_int_equal(h.n_asked, 2);
    assert_int_equal(one.held, 9); /* newly given, not added */
}

static void one_at_a_time_wants_more(void **unused)
{
    (void)unused;
    struct side one = {0};
    struct lease l = lease_of(&one);
    assert_int_equal(lease_want(l, &thousand), 10);
    assert_int_equal(lease_want(l, &thousand), 0);
    lease_hear_nothing(l);
    assert_int_equal(lease_want(l, &thousand), 10);
    struct lease_wish w = {.n = 1, .rest = 1};
    const struct lease_told told = {
        .passes = true, .extra = 10, .was_wanted = true, .asked_ns = MS(1), .ahead_ns = MS(1)};
    assert_true(lease_hear(l, &thousand, &w, &told, MS(1)).passes);
    assert_int_equal(lease_want(l, &thousand), 0);
}

static void no_more_is_wanted_than_a_share(void **unused)
{
    (void)unused;
    struct side one = {.held = 4};
    struct lease l = lease_of(&one);
    assert_int_equal(lease_want(l, &thousand), 6);
    lease_hear_nothing(l);
    for (one.held = 10; one.held <= 12; one.held++) {
        unsigned held = one.held;
        assert_int_equal(lease_want(l, &thousand), 0);
        assert_int_equal(one.held, held); /* nor is anything waited for */
    }
}

static void what_is_held_is_there_to_the_client_and_no_more_than_a_burst(void **unused)
{
    (void)unused;
    struct side one = {0};
    struct shared h = {.limit = &thousand};
    assert_true(take(&one, &h, 1, MS(5000)).passes);
    struct gcra_verdict v = take(&one, &h, 1, MS(5050));
    assert_int_equal(one.held, 8); /* where five are missing */
    assert_int_equal(v.left, 1000);
    assert_int_equal(v.full_ns, 0);
}

static void an_answer_that_was_overtaken_takes_nothing_back(void **unused)
{
    (void)unused;
    struct side one = {.known = MS(5100)};
    struct lease l = lease_of(&one);
    const struct lease_wish w = {.n = 1, .rest = 1};
    const struct lease_told early = {.passes = true, .asked_ns = MS(5000), .ahead_ns = MS(50)};
    assert_int_equal(lease_hear(l, &few, &w, &early, MS(5000)).full_ns, MS(100));
    const struct lease_told late = {.passes = true, .asked_ns = MS(5000), .ahead_ns = MS(200)};
    assert_int_equal(lease_hear(l, &few, &w, &late, MS(5000)).full_ns, MS(200));
}

static void alone_it_goes_on_from_what_is_known(void **unused)
{
    (void)unused;
    struct side one = {0}, other = {0};
    struct lease l = lease_of(&one);
    struct shared h = {.limit = &few};
    uint64_t untold;
    assert_true(take(&other, &h, 4, MS(5000)).passes);
    assert_true(take(&one, &h, 1, MS(5000)).passes);
    struct lease_wish w = {.n = 5, .rest = 5};
    assert_true(lease_take_alone(l, &few, &w, MS(5000), &untold).passes);
    assert_int_equal(untold, 5);
    w = (struct lease_wish){.n = 1, .rest = 1};
    struct gcra_verdict v = lease_take_alone(l, &few, &w, MS(5000), &untold);
    assert_false(v.passes);
    assert_int_equal(v.retry_ns, MS(100));
    assert_int_equal(untold, 0);
    /* The store, there again and empty, is told what is known. */
    h.word = 0;
    assert_true(take(&one, &h, 1, MS(5100)).passes);
    assert_false(take(&other, &h, 1, MS(5100)).passes);
}

/* Attack: instances of unequal load, at ten times the rate. All together they let pass what the
 * limit does, and no more than two in a hundred less. */
static void instances_keep_one_limit(void **unused)
{
    (void)unused;
    enum {
        SIDES = 2,
        END_MS = 20000
    };
    struct side sides[SIDES] = {0};
    struct shared h = {.limit = &thousand};
    uint64_t passed = 0;
    for (uint64_t at_ms = 0; at_ms < END_MS; at_ms++) {
        struct side *side = &sides[at_ms % 7 ? 0 : 1];
        passed += take(side, &h, 1, MS(1000 + at_ms)).passes;
    }
    uint64_t limit = thousand.burst + MS(END_MS) / thousand.interval_ns;
    assert_true(passed <= limit);
    assert_true(passed * 100 >= limit * 98);
    assert_true(h.n_asked < END_MS / 4); /* requests are as many as ms */
}

/* What is held from a quiet time comes on top, once for each instance. */
static void a_quiet_time_adds_what_is_held(void **unused)
{
    (void)unused;
    struct side sides[2] = {0};
    struct shared h = {.limit = &thousand};
    uint64_t passed = 0;
    for (unsigned i = 0; i < 2; i++)
        assert_true(take(&sides[i], &h, 1, MS(1000)).passes);
    for (unsigned i = 0; i < 3000; i++)
        passed += take(&sides[i % 2], &h, 1, MS(1900)).passes;
    assert_true(passed >= 1000 && passed <= 1020);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_asked_for_and_a_share_is_held),
        cmocka_unit_test(a_small_burst_is_never_held),
        cmocka_unit_test(what_was_not_used_is_held_as_far_as_may_be),
        cmocka_unit_test(what_the_store_would_refuse_is_not_asked_for),
        cmocka_unit_test(what_is_held_counts_where_more_is_wanted),
        cmocka_unit_test(what_is_held_is_given_up_when_all_is_there_again),
        cmocka_unit_test(one_at_a_time_wants_more),
        cmocka_unit_test(no_more_is_wanted_than_a_share),
        cmocka_unit_test(what_is_held_is_there_to_the_client_and_no_more_than_a_burst),
        cmocka_unit_test(an_answer_that_was_overtaken_takes_nothing_back),
        cmocka_unit_test(alone_it_goes_on_from_what_is_known),
        cmocka_unit_test(instances_keep_one_limit),
        cmocka_unit_test(a_quiet_time_adds_what_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
