/* service_flight_test.c - what a look at memory says, and who leads where it says nothing */
#include "asker.h"

static void memory_says_what_may_be_done_with_what_it_has(void **state)
{
    static const struct {
        unsigned status;
        uint64_t ago_ms;
        enum service_lookup_state state;
        bool is_usable_on_error;
    } rows[] = {
        {200, 0, SERVICE_LOOKUP_FRESH, true},
        {200, ASKER_TTL_MS + 1, SERVICE_LOOKUP_REVALIDATE, true},
        {200, 2 * ASKER_TTL_MS + 1, SERVICE_LOOKUP_MISS, true},
        {200, 2 * ASKER_KEPT_MS, SERVICE_LOOKUP_MISS, false},
        {404, 0, SERVICE_LOOKUP_MISS, false}, /* nobody asked for it to be remembered */
        {0, 0, SERVICE_LOOKUP_ALONE, false},
    };
    struct asker *a = *state;
    asker_look(a);
    assert_int_equal(a->lookup.state, SERVICE_LOOKUP_MISS);
    assert_null(a->lookup.blob);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record r = asker_record;
        r.status = rows[i].status;
        asker_keep(a, r, rows[i].ago_ms);
        asker_look(a);
        assert_int_equal(a->lookup.state, rows[i].state);
        assert_int_equal(a->lookup.verdict.is_usable_on_error, rows[i].is_usable_on_error);
    }
}

/* For that long nobody would wait for anybody. */
static void a_sign_from_a_clock_that_was_set_back_says_nothing(void **state)
{
    struct asker *a = *state;
    struct record sign = asker_record;
    sign.status = 0;
    asker_keep(a, sign, 0);
    a->of_worker.loop->wall_us -= UINT64_C(1000) * FRESHNESS_SKEW_MS;
    asker_look(a);
    assert_int_equal(a->lookup.state, SERVICE_LOOKUP_ALONE);
    a->of_worker.loop->wall_us -= 1000;
    asker_look(a);
    assert_int_equal(a->lookup.state, SERVICE_LOOKUP_MISS);
    assert_null(a->lookup.blob);
}

static void who_has_credentials_finds_its_own_and_what_is_public(void **state)
{
    struct asker *a = *state;
    struct record public = asker_record;
    public.freshness.is_public = true;
    a->caching.is_impersonal = true;
    asker_keep(a, asker_record, 0);
    a->caching.credentials = SLICE("authorization: ann");
    asker_look(a);
    assert_null(a->lookup.blob); /* of who has none */
    asker_keep(a, public, 0);
    asker_look(a);
    assert_int_equal(a->lookup.state, SERVICE_LOOKUP_FRESH);
    a->caching.is_impersonal = false;
    asker_look(a);
    assert_null(a->lookup.blob);
}

static struct service_flight_joined join(struct asker *a)
{
    const struct service_flight_plan p = {a->f->service, &a->f->request, &a->caching, &a->lookup};
    return service_flight_join(&p, &a->seat);
}

/* Whoever made it; of one that a store had nobody knows, unless it has all of them. */
static void an_entry_is_purged_by_the_tags_of_who_asks(void **state)
{
    static const struct slice tags[] = {SLICE_INIT("one"), SLICE_INIT("two")};
    static const struct {
        unsigned n_had, n_asked;
        bool is_found, is_purged, is_there;
    } rows[] = {
        {0, 0, false, true, true},  {0, 0, true, true, true},   {0, 2, false, false, true},
        {0, 2, false, true, false}, {1, 2, false, true, false}, {2, 2, true, false, true},
        {2, 1, true, false, true},  {1, 2, true, false, false}, {0, 1, true, false, false},
    };
    struct asker *a = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct record r = {.freshness = {.came_ms = service_lookup_now_ms(&a->of_worker),
                                               .lifetime_ms = ASKER_TTL_MS},
                                 .status = 200,
                                 .key = a->caching.key,
                                 .name = a->caching.name,
                                 .tags = tags,
                                 .n_tags = rows[i].n_had};
        const struct cache_entry e = {.record = record_write(&r, 4096),
                                      .until_ms = r.freshness.came_ms + ASKER_TTL_MS,
                                      .begun = generations_now(a->cache->generations),
                                      .is_found = rows[i].is_found};
        assert_true(cache_put(a->cache, &e));
        if (rows[i].is_purged)
            cache_purge(a->cache, &(struct cache_purge){.kind = CACHE_PURGE_TAG, .what = tags[1]});
        a->caching.tags = tags;
        a->caching.n_tags = rows[i].n_asked;
        asker_look(a);
        if ((a->lookup.state == SERVICE_LOOKUP_FRESH) != rows[i].is_there)
            fail_msg("row %zu", i);
    }
}

static void what_landed_between_the_look_and_the_join_is_had_without_a_call(void **state)
{
    struct asker *a = *state;
    asker_look(a);
    asker_keep(a, asker_record, 0);
    struct service_flight_joined j = join(a);
    assert_int_equal(j.role, FLIGHT_WAITS);
    assert_null(j.led);
    assert_int_equal(a->n_landed, 0);
    RIG_UNTIL(&a->f->rig, a->n_landed);
    assert_int_equal(a->end.result, SERVICE_FLIGHT_ANSWER);
    assert_true(a->end.is_found && a->end.is_stored);
    assert_int_equal(flights_count(a->cache->flights), 0);
    assert_int_equal(rig_count(&a->f->rig, COUNT_CALLS_IN_FLIGHT), 0);
}

static void what_landed_between_the_look_and_a_refresh_needs_none(void **state)
{
    struct asker *a = *state;
    asker_keep(a, asker_record, ASKER_TTL_MS + 1);
    asker_look(a);
    assert_int_equal(a->lookup.state, SERVICE_LOOKUP_REVALIDATE);
    asker_keep(a, asker_record, 0);
    service_flight_refresh(
        &(struct service_flight_plan){a->f->service, &a->f->request, &a->caching, &a->lookup});
    assert_int_equal(flights_count(a->cache->flights), 0);
    assert_int_equal(rig_count(&a->f->rig, COUNT_CALLS_IN_FLIGHT), 0);
}

static void a_refresh_that_rests_is_none(void **state)
{
    struct asker *a = *state;
    asker_keep(a, asker_record, ASKER_TTL_MS + 1);
    asker_look(a);
    const struct cache_key key = cache_key_of(a->lookup.key);
    flights_rest(a->cache->flights, &key, a->f->rig.loop.now_ms);
    service_flight_refresh(
        &(struct service_flight_plan){a->f->service, &a->f->request, &a->caching, &a->lookup});
    assert_int_equal(flights_count(a->cache->flights), 0);
}

static void a_refresh_goes_on_when_who_made_it_matter_more_has_left(void **state)
{
    struct asker *a = *state;
    struct flight_seat lead;
    asker_keep(a, asker_record, ASKER_TTL_MS + 1);
    asker_look(a);
    const struct service_flight_plan plan = {a->f->service, &a->f->request, &a->caching,
                                             &a->lookup};
    service_flight_refresh(&plan);
    a->f->request.is_required = true;
    for (unsigned i = 0; i < 2; i++) {
        asker_look(a);
        assert_int_equal(join(a).role, FLIGHT_WAITS);
        const struct cache_key key = cache_key_of(a->lookup.key);
        const struct flight_seat told = landing_seat_told(&a->seat);
        landing_seat_leave(&a->seat);
        assert_false(flights_leave(a->cache->flights, &key, told, &lead));
        rig_turns(&a->f->rig, 3);
        assert_int_equal(flights_count(a->cache->flights), 1);
    }
    service_flight_drain(&a->of_worker);
    assert_int_equal(flights_count(a->cache->flights), 0);
}

static uint64_t n_withdrawn(const struct asker *a)
{
    return window_sum(&a->f->shared->shared->retries.window, a->f->rig.loop.now_ms / 1000).second;
}

/* The service's first answer is heard, which wants to be asked again in a second. */
static void fail_by_retry_after(struct asker *a)
{
    fixture_accept(a->f);
    rig_expect(&a->f->rig, a->f->fd, &a->f->heard, "\r\n\r\n");
    fixture_say(a->f, SLICE("HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"));
    RIG_UNTIL(&a->f->rig, a->n_landed || n_withdrawn(a));
}

/* As its settings are now. */
static void renew_service(struct fixture *f)
{
    struct addresses at = {.n = 1};
    memcpy(&at.at[0], &f->at[0], sizeof f->at[0]);
    service_free(f->service);
    f->service = service_new(&f->context, &f->config, f->shared, NULL);
    service_set_addresses(f->service, 0, &at);
}

static struct service_flight *lead_a_call_that_may_be_made_again(struct asker *a)
{
    static unsigned statuses[] = {503};
    a->f->config.retry = (struct config_retry){
        .attempts = 2, .statuses = statuses, .n_statuses = 1, .budget = {.reserve_per_second = 1}};
    renew_service(a->f);
    a->f->request.left_ms = 800; /* less than what the service asks for */
    asker_look(a);
    return join(a).led;
}

/* true: it was the last one. */
static bool leave(struct asker *a, const struct service_flight *led)
{
    const struct cache_key key = cache_key_of(service_flight_key(led));
    struct flight_seat lead;
    const struct flight_seat seat = landing_seat_told(&a->seat);
    landing_seat_leave(&a->seat);
    return flights_leave(a->cache->flights, &key, seat, &lead);
}

static void nobody_waits_longer_than_he_can_for_another_attempt(void **state)
{
    struct asker *a = *state;
    lead_a_call_that_may_be_made_again(a);
    fail_by_retry_after(a);
    assert_int_equal(n_withdrawn(a), 0);
    RIG_UNTIL(&a->f->rig, a->n_landed);
}

static void it_is_waited_for_another_attempt_where_one_of_them_can(void **state)
{
    struct asker *a = *state, patient = *a;
    const struct service_flight *led = lead_a_call_that_may_be_made_again(a);
    patient.lookup = a->lookup;
    asker_take_seat(&patient);
    a->f->request.left_ms = 5000;
    assert_int_equal(join(&patient).role, FLIGHT_WAITS);
    fail_by_retry_after(a);
    assert_int_equal(n_withdrawn(a), 1);
    assert_int_equal(a->n_landed + patient.n_landed, 0);
    assert_false(leave(a, led));
    assert_true(leave(&patient, led));
    service_flight_drain(&a->of_worker);
}

/* Somebody who has called, with a cache or without. */
struct caller {
    struct service_call *call; /* NULL: it has ended */
    enum outcome_kind kind;
};

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct caller *c = owner;
    c->call = NULL;
    c->kind = outcome->kind;
}

static void start(struct asker *a, struct caller *c, int rank, bool is_cached)
{
    struct service_request r = a->f->request;
    r.is_required = rank == SERVICE_RANK_REQUIRED;
    r.priority = r.is_required ? 0 : rank;
    r.timeout_ms = r.left_ms = 60000;
    r.caching = is_cached ? &a->caching : NULL;
    c->call = service_call_start(a->f->service, &r, on_ended, c);
}

static void end(struct caller *c)
{
    if (c->call)
        service_call_cancel(c->call, SERVICE_CALL_UNWANTED);
    c->call = NULL;
}

/* One place, which somebody has. */
static void take_the_place(struct asker *a, struct caller *holder, unsigned queue)
{
    a->f->config.concurrency = (struct config_concurrency){
        .limit = {.is_on = true, .max = 1, .initial = 1, .least = 1, .most = 1}, .queue = queue};
    renew_service(a->f);
    start(a, holder, 0, false);
    assert_int_equal(service_call_n_attempts(holder->call), 1);
}

static void a_flight_waits_for_a_place_by_who_matters_most_of_those_that_wait(void **state)
{
    struct asker *a = *state;
    struct caller holder, before, leads, joins;
    take_the_place(a, &holder, 8);
    start(a, &before, 5, false);
    start(a, &leads, 0, true);
    start(a, &joins, SERVICE_RANK_REQUIRED, true);
    rig_turns(&a->f->rig, 3);
    end(&holder);
    rig_turns(&a->f->rig, 3);
    assert_int_equal(service_call_n_attempts(before.call), 0);
    assert_int_equal(service_call_n_attempts(leads.call), 1);
    end(&before);
    end(&leads);
    end(&joins);
    rig_turns(&a->f->rig, 3);
}

/* It has joined in the same moment, too late for the flight to be raised. */
static void who_is_required_is_not_refused_with_a_flight_that_was_not(void **state)
{
    struct asker *a = *state;
    struct caller holder, other, leads, joins, comes;
    take_the_place(a, &holder, 2);
    start(a, &other, 5, false);
    start(a, &leads, 0, true);
    start(a, &joins, SERVICE_RANK_REQUIRED, true);
    start(a, &comes, SERVICE_RANK_REQUIRED, false);
    rig_turns(&a->f->rig, 5);
    assert_null(leads.call);
    assert_int_equal(leads.kind, OUTCOME_OVERLOADED);
    assert_non_null(joins.call);
    assert_null(other.call);
    end(&holder);
    end(&comes);
    end(&joins);
    rig_turns(&a->f->rig, 3);
}

int main(void)
{
#define WITH_ASKER(test) cmocka_unit_test_setup_teardown(test, asker_setup, asker_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ASKER(memory_says_what_may_be_done_with_what_it_has),
        WITH_ASKER(a_sign_from_a_clock_that_was_set_back_says_nothing),
        WITH_ASKER(who_has_credentials_finds_its_own_and_what_is_public),
        WITH_ASKER(an_entry_is_purged_by_the_tags_of_who_asks),
        WITH_ASKER(what_landed_between_the_look_and_the_join_is_had_without_a_call),
        WITH_ASKER(what_landed_between_the_look_and_a_refresh_needs_none),
        WITH_ASKER(a_refresh_that_rests_is_none),
        WITH_ASKER(a_refresh_goes_on_when_who_made_it_matter_more_has_left),
        WITH_ASKER(nobody_waits_longer_than_he_can_for_another_attempt),
        WITH_ASKER(it_is_waited_for_another_attempt_where_one_of_them_can),
        WITH_ASKER(a_flight_waits_for_a_place_by_who_matters_most_of_those_that_wait),
        WITH_ASKER(who_is_required_is_not_refused_with_a_flight_that_was_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
