/* service_wait_test.c - what a call is told that finds something, or waits for it with others */
#include <sys/socket.h>
#include <unistd.h>

#include "asker.h"
#include "service/service_key.h"

#define OK FIXTURE_OK

/* Somebody else who asks for the same. */
struct other {
    struct asker *a;
    struct service_request request;
    struct service_caching caching;
    struct service_call *call; /* NULL: it has ended */
    struct arena arena;
    struct outcome outcome;
};

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct other *o = owner;
    o->outcome = *outcome;
    o->call = NULL;
}

static void other_init(struct other *o, struct asker *a)
{
    *o = (struct other){.a = a, .request = a->f->request, .caching = a->caching};
    arena_init(&o->arena, 4096, 1 << 20);
    o->request.arena = &o->arena;
    o->request.caching = &o->caching;
}

static void other_start(struct other *o)
{
    o->call = service_call_start(o->a->f->service, &o->request, on_ended, o);
    assert_non_null(o->call);
}

static void other_await(struct other *o)
{
    RIG_UNTIL(&o->a->f->rig, !o->call);
}

static void other_done(struct other *o)
{
    if (o->outcome.blob)
        blob_release(&o->a->f->rig.loop.blobs, o->outcome.blob);
    arena_done(&o->arena);
}

static int setup(void **state)
{
    int failed = asker_setup(state);
    struct asker *a = *state;
    a->f->request.caching = &a->caching;
    return failed;
}

static unsigned n_flights(const struct asker *a)
{
    return (unsigned)flights_count(a->cache->flights);
}

static void what_is_there_is_told_as_it_is(void **state)
{
    static const struct {
        const char *credentials;
        uint64_t ago_ms;
        bool is_public;
        const char *vary;
        enum outcome_cache how;
        bool is_private;
    } rows[] = {
        {"", 0, false, "", OUTCOME_HIT, false},
        {"", ASKER_TTL_MS, false, "", OUTCOME_STALE, false},
        {"", 0, false, "accept", OUTCOME_HIT, false},
        {"", 0, false, "accept, x-forwarded-for", OUTCOME_HIT, true},
        {"\3ann", 0, false, "", OUTCOME_HIT, true},
        {"\3ann", 0, true, "", OUTCOME_HIT, false},
        {"\3ann", 0, true, "x-forwarded-for", OUTCOME_HIT, true},
    };
    struct asker *a = *state;
    struct fixture *f = a->f;
    a->caching.is_impersonal = true;
    a->settings.stale_while_revalidate_ms = ASKER_KEPT_MS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record r = asker_record;
        const struct slice tag = SLICE("told");
        r.freshness.is_public = rows[i].is_public;
        r.vary = slice_of(rows[i].vary);
        r.tags = &tag;
        r.n_tags = 1;
        a->caching.credentials = slice_of(rows[i].credentials);
        a->caching.is_shown = i % 2;
        cache_purge(a->cache, &(struct cache_purge){.kind = CACHE_PURGE_ALL});
        asker_keep(a, r, rows[i].ago_ms);
        fixture_start(f);
        fixture_await(f);
        fixture_expect_value(f, "1");
        const struct outcome_caching *c = &f->outcome.caching;
        assert_int_equal(c->how, rows[i].how);
        assert_true(c->is_stored);
        assert_int_equal(c->is_private, rows[i].is_private);
        assert_int_equal(c->ttl_ms, ASKER_TTL_MS - (int64_t)rows[i].ago_ms);
        assert_true(slice_equal(c->vary, r.vary));
        assert_int_equal(c->n_tags, a->caching.is_shown);
        assert_true(!c->n_tags || slice_equal(c->tags[0], tag));
        assert_int_equal(f->outcome.started_ns, 0);
        service_cache_drain(&a->of_worker); /* of what is stale one is on its way */
        a->of_worker.is_draining = false;
    }
}

static void who_takes_nothing_but_what_is_there_is_refused(void **state)
{
    struct asker *a = *state;
    struct freshness_wish wish;
    freshness_wish_init(&wish);
    wish.only_if_cached = true;
    a->caching.wish = &wish;
    fixture_start(a->f);
    fixture_await(a->f);
    fixture_expect_failure(a->f, OUTCOME_MISSING,
                           "is not in the cache, and nothing else was wanted");
    assert_int_equal(a->f->outcome.caching.how, OUTCOME_MISS);
    assert_int_equal(rig_count(&a->f->rig, COUNT_UPSTREAM_OPENED), 0);
}

/* A flight is led where its answer may be others', too. */
static void who_may_share_nothing_calls_alone(void **state)
{
    static int compiled; /* a template, of which only is asked whether there is one */
    struct asker *a = *state;
    struct freshness_wish wish;
    freshness_wish_init(&wish);
    for (unsigned i = 0; i < 4; i++) {
        wish.is_no_store = i == 1;
        a->caching.wish = &wish;
        a->settings.key.compiled = i == 2 ? (struct template *)(void *)&compiled : NULL;
        a->f->request.fields = i == 2 ? SLICE("range: bytes=0-0\r\n") : SLICE("");
        struct record sign = asker_record;
        sign.status = 0;
        if (i == 3)
            asker_keep(a, sign, 0); /* answers to this were nobody else's lately */
        fixture_begin(a->f);
        assert_int_equal(n_flights(a), i == 0);
        fixture_say(a->f, SLICE(OK "Content-Length: 1\r\n\r\n2"));
        fixture_await(a->f);
        fixture_expect_value(a->f, "2");
        assert_int_equal(a->f->outcome.caching.how, OUTCOME_MISS);
        assert_int_equal(a->f->outcome.caching.is_stored, i == 0);
        assert_int_equal(n_flights(a), 0);
        cache_purge(a->cache, &(struct cache_purge){.kind = CACHE_PURGE_ALL});
    }
}

static void who_waits_has_the_same_and_made_no_attempt(void **state)
{
    struct asker *a = *state;
    const struct slice tag = SLICE("configured");
    struct other o;
    a->caching.tags = &tag;
    a->caching.n_tags = 1;
    other_init(&o, a);
    fixture_begin(a->f);
    other_start(&o);
    fixture_say(a->f, SLICE(OK "Cache-Control: max-age=9\r\nVary: Accept\r\n"
                               "Content-Length: 3\r\n\r\n{ }"));
    fixture_await(a->f);
    other_await(&o);
    const struct outcome *both[] = {&a->f->outcome, &o.outcome};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(slice_equal(both[i]->value, SLICE("{ }")));
        assert_int_equal(both[i]->n_attempts, i == 0);
        assert_int_equal(both[i]->caching.how, OUTCOME_MISS);
        assert_true(both[i]->caching.is_stored);
        assert_in_range(both[i]->caching.ttl_ms, 8000, 9000);
        assert_true(slice_equal(both[i]->caching.vary, SLICE("accept")));
        assert_true(both[i]->caching.n_tags == 1 && slice_equal(both[i]->caching.tags[0], tag));
        assert_true(both[i]->started_ns);
    }
    assert_int_equal(rig_count(&a->f->rig, COUNT_CACHE_SOURCE_MISSES), 1);
    assert_int_equal(rig_count(&a->f->rig, COUNT_CACHE_SOURCE_COALESCED), 1);
    other_done(&o);
}

/* Who waits asks once more where what came is for others; the leader has it in any case. */
static void who_waits_asks_again_where_the_answer_is_for_others(void **state)
{
    static const struct {
        const char *fields; /* of who waits */
        const char *answer;
        bool is_purged; /* a tag that the answer alone tells of, before the other asked */
        bool asks_again;
    } rows[] = {
        {"x-colour: red\r\n", "Vary: X-Colour\r\n", false, false},
        {"x-colour: blue\r\n", "Vary: X-Colour\r\n", false, true},
        {"x-colour: blue\r\n", "", false, false},
        {"x-colour: red\r\n", "Cache-Tag: told\r\n", false, false},
        {"x-colour: red\r\n", "Cache-Tag: told\r\n", true, true},
        {"x-colour: red\r\n", "Cache-Tag: untold\r\n", true, false},
        {"x-colour: red\r\n", "Cache-Control: no-store\r\n", false, true},
    };
    struct asker *a = *state;
    struct fixture *f = a->f;
    a->settings.takes_tags = true;
    f->request.fields = SLICE("x-colour: red\r\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct other o;
        other_init(&o, a);
        o.request.fields = slice_of(rows[i].fields);
        fixture_begin(f);
        if (rows[i].is_purged)
            cache_purge(a->cache,
                        &(struct cache_purge){.kind = CACHE_PURGE_TAG, .what = SLICE("told")});
        other_start(&o);
        fixture_say(f, SLICE(OK));
        fixture_say(f, slice_of(rows[i].answer));
        fixture_say(f, SLICE("Content-Length: 1\r\n\r\n1"));
        fixture_await(f);
        fixture_expect_value(f, "1");
        if (rows[i].asks_again) {
            f->heard.n = 0;
            rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
            f->n_ended = 0;
            fixture_say(f, SLICE(OK "Content-Length: 1\r\n\r\n2"));
        }
        other_await(&o);
        assert_true(slice_equal(o.outcome.value, rows[i].asks_again ? SLICE("2") : SLICE("1")));
        other_done(&o);
        cache_purge(a->cache, &(struct cache_purge){.kind = CACHE_PURGE_ALL});
    }
}

static void a_failure_is_told_to_all_but_who_has_more_time(void **state)
{
    struct asker *a = *state;
    struct fixture *f = a->f;
    const struct slice tag = SLICE("configured"); /* whatever is made of it may be purged by it */
    a->caching.tags = &tag;
    a->caching.n_tags = 1;
    for (unsigned i = 0; i < 2; i++) {
        struct other o;
        other_init(&o, a);
        o.request.timeout_ms = i == 0 ? 100 : 900;
        f->request.timeout_ms = 300;
        fixture_begin(f);
        other_start(&o);
        fixture_say(f, SLICE("HTTP/1.1 503 Oh\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"));
        other_await(&o);
        assert_int_equal(o.outcome.kind, OUTCOME_STATUS);
        assert_int_equal(o.outcome.status, 503);
        assert_int_equal(o.outcome.retry_after_ms, 7000);
        assert_true(slice_equal(o.outcome.detail, SLICE("answered 503")));
        assert_true(o.outcome.caching.n_tags == 1 && slice_equal(o.outcome.caching.tags[0], tag));
        other_done(&o);
    }
    struct other o;
    other_init(&o, a);
    o.request.timeout_ms = 900;
    f->request.timeout_ms = 50;
    fixture_begin(f);
    other_start(&o);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_TIMEOUT, "no answer within 50 ms");
    fixture_accept(f); /* who has more time calls */
    rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
    f->n_ended = 0;
    fixture_say(f, SLICE(OK "Content-Length: 1\r\n\r\n1"));
    other_await(&o);
    assert_true(slice_equal(o.outcome.value, SLICE("1")));
    other_done(&o);
}

static void what_was_not_heard_of_the_service_is_told_to_all(void **state)
{
    struct asker *a = *state;
    struct fixture *f = a->f;
    struct breaker *b = &f->shared->shared->breaker;
    const struct slice tag = SLICE("configured");
    a->caching.tags = &tag;
    a->caching.n_tags = 1;
    f->config.breaker = (struct breaker_settings){.is_on = true,
                                                  .failures_permille = 1,
                                                  .window_ms = 10000,
                                                  .min_calls = 1,
                                                  .open_ms = 7000,
                                                  .probes = 1};
    struct breaker_ticket ticket = breaker_ask(b, &f->config.breaker, f->rig.loop.now_ms);
    breaker_tell(b, &f->config.breaker, ticket, BREAKER_FAILED, f->rig.loop.now_ms);
    struct other o;
    other_init(&o, a);
    fixture_start(f);
    other_start(&o);
    fixture_await(f);
    other_await(&o);
    const struct outcome *both[] = {&f->outcome, &o.outcome};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(both[i]->kind, OUTCOME_OPEN);
        assert_in_range(both[i]->retry_after_ms, 6000, 7000);
        assert_true(both[i]->detail.n && slice_equal(both[i]->detail, f->outcome.detail));
        assert_int_equal(both[i]->caching.how, OUTCOME_MISS);
        assert_true(both[i]->caching.n_tags == 1 && slice_equal(both[i]->caching.tags[0], tag));
    }
    assert_int_equal(rig_count(&f->rig, COUNT_CACHE_SOURCE_COALESCED), 1);
    other_done(&o);
}

static void who_waits_has_the_time_that_a_call_of_its_own_would_have(void **state)
{
    static const struct {
        uint64_t timeout_ms;
        unsigned attempts;
        bool is_hedged;
        uint64_t hedge_ms;
        bool is_limited;
        unsigned queue;
        const char *detail;
    } rows[] = {
        {50, 0, false, 0, false, 0, "no answer within 50 ms"},
        {20, 1, false, 0, false, 0, "no answer within 20 ms"},
        {10, 2, false, 0, false, 0, "no answer within 30 ms"}, /* with the longest first pause */
        {20, 1, true, 10, false, 0, "no answer within 30 ms"},
        {20, 1, true, 0, false, 0, "no answer within 40 ms"}, /* late by a quantile at the last */
        {20, 1, true, 20, false, 0, "no answer within 20 ms"},
        {10, 1, false, 0, true, 0, "no answer within 10 ms"},
        {10, 2, false, 0, true, 1, "no answer within 50 ms"}, /* each attempt waits for a place */
    };
    struct asker *a = *state;
    a->f->request.timeout_ms = 5000;
    fixture_begin(a->f);
    const struct config_service before = a->f->config;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct other o;
        other_init(&o, a);
        a->f->config.n_targets = 2;
        a->f->config.retry.attempts = rows[i].attempts;
        a->f->config.hedge = (struct config_hedge){rows[i].is_hedged, .after_ms = rows[i].hedge_ms};
        a->f->config.concurrency.limit.is_on = rows[i].is_limited;
        a->f->config.concurrency.queue = rows[i].queue;
        o.request.timeout_ms = rows[i].timeout_ms;
        other_start(&o);
        other_await(&o);
        assert_int_equal(o.outcome.kind, OUTCOME_TIMEOUT);
        assert_string_equal(o.outcome.detail.at, rows[i].detail);
        other_done(&o);
    }
    a->f->config = before;
    assert_int_equal(a->f->n_ended, 0);
    assert_int_equal(n_flights(a), 1);
    service_call_cancel(a->f->call, SERVICE_CALL_UNWANTED);
    RIG_UNTIL(&a->f->rig, n_flights(a) == 0);
}

#define ANSWERED(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

/* RFC 5861 4: where asking anew fails for what is no decision of the service. */
static void what_is_stale_stands_in_for_failures(void **state)
{
    static const struct {
        const char *answer; /* NULL: none within the time */
        uint64_t ago_ms;
        bool is_excused;
    } rows[] = {
        {ANSWERED("500 Oh", ""), ASKER_TTL_MS, true},
        {ANSWERED("503 Oh", ""), ASKER_TTL_MS, true},
        {ANSWERED("200 OK", "?"), ASKER_TTL_MS, true},
        {"no HTTP\r\n\r\n", ASKER_TTL_MS, true},
        {NULL, ASKER_TTL_MS, true},
        {ANSWERED("500 Oh", ""), ASKER_TTL_MS + ASKER_KEPT_MS, false},
        {NULL, ASKER_TTL_MS + ASKER_KEPT_MS - 50, false}, /* it is no more when the time is over */
        {ANSWERED("404 No", ""), ASKER_TTL_MS, false},
        {ANSWERED("403 No", ""), ASKER_TTL_MS, false},
        {ANSWERED("429 No", ""), ASKER_TTL_MS, true},
        {ANSWERED("302 No", ""), ASKER_TTL_MS, true},
    };
    struct asker *a = *state;
    struct fixture *f = a->f;
    a->settings.stale_while_revalidate_ms = 0;
    f->request.timeout_ms = 100;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        asker_keep(a, asker_record, rows[i].ago_ms);
        fixture_begin(f);
        if (rows[i].answer)
            fixture_say(f, slice_of(rows[i].answer));
        if (rows[i].answer)
            shutdown(f->fd, SHUT_WR);
        fixture_await(f);
        close(f->fd);
        f->fd = -1;
        assert_int_equal(f->outcome.has_stale, rows[i].is_excused);
        assert_int_not_equal(f->outcome.kind, OUTCOME_OK);
        assert_int_equal(f->outcome.caching.how, rows[i].is_excused ? OUTCOME_STALE : OUTCOME_MISS);
        assert_true(slice_equal(f->outcome.value, rows[i].is_excused ? SLICE("1") : SLICE("")));
    }
}

static void a_flight_ends_with_the_last_that_waits_for_it(void **state)
{
    struct asker *a = *state;
    struct other o;
    other_init(&o, a);
    fixture_begin(a->f);
    other_start(&o);
    service_call_cancel(a->f->call, SERVICE_CALL_UNWANTED);
    rig_turn(&a->f->rig);
    assert_int_equal(n_flights(a), 1);
    service_call_cancel(o.call, SERVICE_CALL_UNWANTED);
    RIG_UNTIL(&a->f->rig, n_flights(a) == 0);
    assert_int_equal(rig_count(&a->f->rig, COUNT_CALLS_IN_FLIGHT), 0);
    other_done(&o);
}

int main(void)
{
#define WITH_ASKER(test) cmocka_unit_test_setup_teardown(test, setup, asker_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ASKER(what_is_there_is_told_as_it_is),
        WITH_ASKER(who_takes_nothing_but_what_is_there_is_refused),
        WITH_ASKER(who_may_share_nothing_calls_alone),
        WITH_ASKER(who_waits_has_the_same_and_made_no_attempt),
        WITH_ASKER(who_waits_asks_again_where_the_answer_is_for_others),
        WITH_ASKER(a_failure_is_told_to_all_but_who_has_more_time),
        WITH_ASKER(what_was_not_heard_of_the_service_is_told_to_all),
        WITH_ASKER(who_waits_has_the_time_that_a_call_of_its_own_would_have),
        WITH_ASKER(what_is_stale_stands_in_for_failures),
        WITH_ASKER(a_flight_ends_with_the_last_that_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
