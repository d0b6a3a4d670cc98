/* answer_cache.c - a whole answer is had from the cache, or waited for */
#include "base/check.h"
#include "base/units.h"
#include "gateway/answer_cache_internal.h"
#include "gateway/caching.h"
#include "gateway/problem.h"
#include "store/tier.h"
#include "wire/status.h"
#include "wire/token.h"

enum {
    JOINS_MAX = 4, /* flights that a visit waits for, as what they brought had been purged; then
                      it has a run of its own */
    GRACE_MS = 20, /* what a flight has by its own deadline is on its way then */
};

static const struct config_cache *config_of(const struct visit *v)
{
    return &v->plan->config->cache;
}

static uint64_t given_or_none(uint64_t ms)
{
    return ms == UINT64_MAX ? 0 : ms;
}

struct freshness_settings answer_cache_settings(const struct visit *v, unsigned status)
{
    const struct config_cache *c = config_of(v);
    if (status_is_missing(status))
        return (struct freshness_settings){.ttl_ms = c->negative_ms};
    return (struct freshness_settings){
        .ttl_ms = c->ttl_ms,
        .stale_while_revalidate_ms = given_or_none(c->stale_while_revalidate_ms),
        .stale_if_error_ms = given_or_none(c->stale_if_error_ms),
    };
}

struct freshness_verdict answer_cache_judge(const struct visit *v, const struct record *r)
{
    const struct freshness_settings settings = answer_cache_settings(v, r->status);
    return freshness_judge(&r->freshness, &settings, answer_cache_now(v));
}

bool answer_cache_wish(const struct visit *v, struct freshness_wish *w)
{
    bool is_respected = config_of(v)->respects_client;
    if (is_respected)
        caching_read_wish(w, &v->exchange->request);
    return is_respected;
}

bool answer_cache_is_wanted(const struct visit *v, const struct record *r)
{
    struct freshness_verdict verdict = answer_cache_judge(v, r);
    struct freshness_wish w;
    if (answer_cache_wish(v, &w))
        verdict = freshness_wish_judge(&w, verdict);
    return verdict.state == FRESHNESS_FRESH;
}

bool answer_cache_has_failed(const struct record *r)
{
    struct record_field f;
    size_t at = 0;
    while (record_next_field(r, &at, &f))
        if (token_equals(f.name, SLICE("sheaf-complete")))
            return !slice_equal(f.value, SLICE("?1"));
    return r->status >= 500;
}

/* A request that is being looked at. */
struct asking {
    struct visit *visit;
    struct freshness_wish wish;
    bool has_wish;
    bool has_credentials;
    bool is_own;          /* answers to this were each client's own lately */
    struct cache_key key; /* in the gateway's buffer for it */
    struct blob *blob;    /* a share of what was found; NULL: nothing of use */
    struct record record;
    struct freshness_verdict verdict;
};

static void count(const struct visit *v, enum counter_id id)
{
    counters_add(v->gateway->context.counters, id, 1);
}

static void release(const struct visit *v, struct blob **blob)
{
    if (*blob)
        blob_release(&v->gateway->loop->blobs, *blob);
    *blob = NULL;
}

static void read_wish(struct asking *a)
{
    a->has_wish = answer_cache_wish(a->visit, &a->wish);
}

/* Entries are of use where they are fresh, or may stand in for a failure. */
static void look_up(struct asking *a)
{
    const struct visit *v = a->visit;
    struct memory_store *memory = answer_cache_of(v)->cache->memory;
    a->blob = memory_store_find(memory, &a->key, answer_cache_now(v));
    if (!a->blob)
        return;
    CHECK(record_read(&a->record, blob_slice(a->blob)));
    if (record_is_sign(&a->record)) {
        a->is_own = answer_cache_holds(v, &a->record);
        release(v, &a->blob);
        return;
    }
    a->verdict = answer_cache_judge(v, &a->record);
    if (a->has_wish)
        a->verdict = freshness_wish_judge(&a->wish, a->verdict);
    if (a->verdict.state == FRESHNESS_OVER && !a->verdict.is_usable_on_error)
        release(v, &a->blob);
}

static bool is_ready(const struct asking *a)
{
    return a->blob &&
           (a->verdict.state == FRESHNESS_FRESH || a->verdict.state == FRESHNESS_REVALIDATE);
}

/* The key is not in the gateway's buffer for it any more. */
static struct flight_ask ask_for(struct visit *v, const struct answer_flight *f)
{
    const uint64_t since = answer_cache_purged(v); /* before it is now */
    return (struct flight_ask){.lead = answer_flight_lead(f),
                               .since = since,
                               .begun = generations_now(answer_cache_of(v)->cache->generations),
                               .now_ms = v->gateway->loop->now_ms};
}

static void send_found(struct visit *v, struct blob *blob, const struct record *r,
                       struct freshness_verdict verdict)
{
    bool is_fresh = verdict.ttl_ms > 0;
    const struct answer_cache_sending sending = {
        .blob = blob,
        .record = r,
        .verdict = verdict,
        .how = is_fresh ? OUTCOME_HIT : OUTCOME_STALE,
        .is_kept = true,
    };
    count(v, is_fresh ? COUNT_CACHE_ENDPOINT_HITS : COUNT_CACHE_ENDPOINT_STALE);
    answer_cache_send(v, &sending);
}

static void send_problem(struct visit *v, struct slice detail)
{
    struct answer a;
    const struct problem p = {.status = 504, .detail = detail};
    if (detail.at && answer_init(&a, v, 0))
        problem_send(v, &p, &a);
    else
        answer_give_up(v->exchange);
}

/* Nothing of it is waited for any more; the visit's answer is to be sent, or it is over. */
static void end_wait(struct answer_wait *w)
{
    struct visit *v = w->visit;
    v->wait = NULL;
    loop_disarm(v->gateway->loop, &w->deadline);
    if (w->flight)
        answer_flight_log(w->flight, NULL);
}

/* Where the flight has failed, or is late. The share is sent, or given back. */
static bool send_stale(struct answer_wait *w)
{
    struct visit *v = w->visit;
    struct blob *blob = w->stale;
    struct record r;
    w->stale = NULL;
    if (!blob)
        return false;
    CHECK(record_read(&r, blob_slice(blob)));
    struct freshness_verdict verdict = answer_cache_judge(v, &r);
    if (!verdict.is_usable_on_error) {
        release(v, &blob);
        return false;
    }
    send_found(v, blob, &r, verdict);
    return true;
}

static void send_landed(struct answer_wait *w, const struct landing *l, const struct record *r)
{
    struct visit *v = w->visit;
    bool is_found = l->word == ANSWER_FOUND;
    const struct answer_cache_sending sending = {
        .blob = blob_share(l->news),
        .record = r,
        .verdict = answer_cache_judge(v, r),
        .how = is_found ? OUTCOME_HIT : OUTCOME_MISS,
        .is_kept = l->word == ANSWER_KEPT || is_found,
    };
    release(v, &w->stale);
    answer_cache_send(v, &sending);
}

static void on_landed(struct seat *s, const struct landing *l);

static void leave_seat(struct answer_wait *w)
{
    struct service_cache *c = answer_cache_of(w->visit);
    struct flight_seat told = landing_seat_told(&w->seat), lead;
    landing_seat_leave(&w->seat);
    if (w->is_alone && w->flight)
        landing_nudge(c->crew, answer_flight_lead(w->flight), ANSWER_UNWANTED);
    else if (!w->is_alone && flights_leave(c->cache->flights, &w->key, told, &lead))
        landing_nudge(c->crew, lead, ANSWER_UNWANTED);
}

static void on_deadline(struct wheel_entry *e)
{
    struct answer_wait *w = LIST_OWNER(e, struct answer_wait, deadline);
    struct visit *v = w->visit;
    leave_seat(w);
    end_wait(w);
    if (!send_stale(w))
        send_problem(v, arena_print(&v->exchange->arena, "no answer within %llu ms",
                                    (unsigned long long)w->given_ms));
}

void answer_cache_leave(struct visit *v)
{
    struct answer_wait *w = v->wait;
    if (!w)
        return;
    leave_seat(w);
    end_wait(w);
    release(v, &w->stale);
}

/* NULL: the arena is full. */
static struct answer_wait *make_wait(const struct asking *a)
{
    struct visit *v = a->visit;
    struct answer_wait *w = arena_take_zero(&v->exchange->arena, 1, sizeof *w);
    struct slice key = arena_copy(&v->exchange->arena, a->key.text);
    if (!w || !key.at)
        return NULL;
    w->visit = v;
    w->has_credentials = a->has_credentials;
    w->key = (struct cache_key){key, a->key.hash};
    landing_seat_init(&w->seat, on_landed);
    wheel_entry_init(&w->deadline, on_deadline);
    return w;
}

static void begin_wait(struct asking *a, struct answer_wait *w)
{
    struct visit *v = a->visit;
    struct loop *l = v->gateway->loop;
    if (!v->wait) {
        w->since_ns = l->now_ns;
        w->given_ms = visit_given_ms(v);
        loop_arm(l, &w->deadline, service_due_ms(l, w->given_ms + GRACE_MS));
    }
    v->wait = w;
    v->cached = OUTCOME_MISS;
    rate_limit_keep(v);
    w->stale = a->blob;
    a->blob = NULL;
}

/* Another flight may have landed since we looked: then there is no need of one more. */
static bool is_needless(const struct asking *a, struct answer_flight *f)
{
    struct asking again = *a;
    look_up(&again);
    if (is_ready(&again) && again.verdict.state == FRESHNESS_FRESH) {
        answer_flight_end(f, &again.key, again.blob);
        return true;
    }
    release(a->visit, &again.blob);
    return false;
}

/* One run in the background, however many are served by what is stale meanwhile. */
static void refresh(struct asking *a)
{
    struct service_cache *c = answer_cache_of(a->visit);
    a->key.text = arena_copy(&a->visit->exchange->arena, a->key.text);
    if (c->is_draining || !a->key.text.at)
        return;
    struct answer_flight *f = answer_flight_new(a->visit->gateway);
    const struct flight_ask ask = ask_for(a->visit, f);
    if (!flights_open(c->cache->flights, &a->key, &ask))
        answer_flight_free(f);
    else if (!is_needless(a, f))
        answer_flight_start(
            f, a->visit, &a->key,
            &(struct answer_flight_kind){a->has_credentials, .is_background = true});
}

/* The run is this visit's to begin. */
static void fly(struct answer_wait *w, struct answer_flight *f)
{
    const struct answer_flight_kind kind = {.has_credentials = w->has_credentials,
                                            .is_alone = w->is_alone,
                                            .has_no_run = w->wants_no_run};
    if (!kind.has_no_run)
        count(w->visit, COUNT_CACHE_ENDPOINT_MISSES);
    w->flight = f;
    w->has_begun = true;
    answer_flight_log(f, w);
    answer_flight_start(f, w->visit, &w->key, &kind);
}

static void fly_alone(struct answer_wait *w)
{
    struct visit *v = w->visit;
    struct answer_flight *f = answer_flight_new(v->gateway);
    w->is_alone = true;
    w->asked = w->begun = 0; /* it brings nothing from before now */
    answer_flight_tell_alone(f, landing_seat_take(answer_cache_of(v)->seats, &w->seat));
    fly(w, f);
}

/* false: it does not wait for any. */
static bool join(struct asking *a, struct answer_wait *w)
{
    struct visit *v = a->visit;
    struct service_cache *c = answer_cache_of(v);
    struct answer_flight *f = answer_flight_new(v->gateway);
    struct flight_ask ask = ask_for(v, f);
    a->key = w->key;
    w->asked = ask.begun;
    w->has_begun = false;
    w->n_joined++;
    ask.seat = landing_seat_take(c->seats, &w->seat);
    enum flight_role role = flights_join(c->cache->flights, &w->key, &ask);
    w->begun = ask.begun;
    switch (role) {
    case FLIGHT_LEADS:
        begin_wait(a, w);
        if (!is_needless(a, f))
            fly(w, f);
        return true;
    case FLIGHT_WAITS:
        begin_wait(a, w);
        count(v, COUNT_CACHE_ENDPOINT_COALESCED);
        break;
    case FLIGHT_FULL:
        landing_seat_leave(&w->seat);
        break;
    }
    answer_flight_free(f);
    return role == FLIGHT_WAITS;
}

static enum answer_cache_verdict wait_for(struct asking *a)
{
    struct answer_wait *w = make_wait(a);
    return w && join(a, w) ? ANSWER_CACHE_TAKEN : ANSWER_CACHE_UNUSED;
}

/* false: the arena is full. */
static bool ask_alone(struct asking *a, bool wants_no_run)
{
    struct answer_wait *w = make_wait(a);
    if (!w)
        return false;
    w->wants_no_run = wants_no_run;
    begin_wait(a, w);
    fly_alone(w);
    return true;
}

/* A client that shortens its time has a run of its own, whose answer is as whole as that allows;
 * what is whole is kept for others, and where it is not, what is stale may stand in. */
static enum answer_cache_verdict run_alone(struct asking *a)
{
    return ask_alone(a, false) ? ANSWER_CACHE_TAKEN : ANSWER_CACHE_UNUSED;
}

static void refuse(struct visit *v)
{
    send_problem(v, SLICE("it is not in the cache"));
}

/* Nothing is called: the shared tier may have it yet. */
static enum answer_cache_verdict ask_caches(struct asking *a)
{
    struct visit *v = a->visit;
    bool may_be_there =
        answer_cache_of(v)->tier && !a->has_credentials && !a->is_own && !a->wish.is_no_cache;
    rate_limit_settle(v, 0);
    release(v, &a->blob);
    if (may_be_there && ask_alone(a, true))
        return ANSWER_CACHE_TAKEN;
    refuse(v);
    return ANSWER_CACHE_TAKEN;
}

/* What only the answer told of (its sources' tags) was purged before this client asked, and after
 * the flight began. */
static bool is_purged(const struct answer_wait *w, const struct record *r)
{
    const struct cache *c = answer_cache_of(w->visit)->cache;
    return w->asked > w->begun && cache_purged_record(c, r) > w->begun;
}

/* What was there already may be older than this client wants it. */
static bool is_for(const struct answer_wait *w, const struct landing *l, const struct record *r)
{
    bool is_made = l->word != ANSWER_FOUND;
    return !is_purged(w, r) && (is_made || w->is_alone || answer_cache_is_wanted(w->visit, r));
}

static bool join_again(struct answer_wait *w)
{
    struct asking a = {
        .visit = w->visit, .key = w->key, .has_credentials = w->has_credentials, .blob = w->stale};
    w->stale = NULL;
    read_wish(&a);
    if (w->n_joined < JOINS_MAX && join(&a, w))
        return true;
    w->stale = a.blob;
    return false;
}

/* What it waited for is nothing for it: it has a run of its own, in the time that is left. */
static void go_alone(struct answer_wait *w)
{
    struct visit *v = w->visit;
    v->waited_ms += (v->gateway->loop->now_ns - w->since_ns) / NS_A_MS;
    fly_alone(w);
}

static void on_landed(struct seat *s, const struct landing *l)
{
    struct answer_wait *w = LIST_OWNER(s, struct answer_wait, seat);
    struct visit *v = w->visit;
    struct record r;
    if (l->word == ANSWER_OWN && !w->has_begun) {
        go_alone(w); /* and does not wait for the next one, as nobody's is another's */
        return;
    }
    bool is_good = l->news && record_read(&r, blob_slice(l->news));
    if (is_good && !is_for(w, l, &r)) {
        if (!join_again(w))
            go_alone(w);
        return;
    }
    end_wait(w);
    if ((!is_good || answer_cache_has_failed(&r)) && send_stale(w))
        return;
    if (is_good)
        send_landed(w, l, &r);
    else if (w->wants_no_run)
        refuse(v);
    else
        answer_give_up(v->exchange);
}

static void send_ready(struct asking *a)
{
    rate_limit_settle(a->visit, 0);
    send_found(a->visit, a->blob, &a->record, a->verdict);
    if (a->verdict.state == FRESHNESS_REVALIDATE)
        refresh(a);
}

static enum answer_cache_verdict go_on(struct asking *a)
{
    struct visit *v = a->visit;
    enum answer_cache_verdict verdict = ANSWER_CACHE_TAKEN;
    if (is_ready(a)) {
        send_ready(a);
        return verdict;
    }
    if (a->has_wish && a->wish.only_if_cached)
        verdict = ask_caches(a);
    else if (a->is_own)
        verdict = ANSWER_CACHE_UNUSED;
    else if (v->patience_ms < v->plan->config->timeout_ms)
        verdict = run_alone(a);
    else
        verdict = wait_for(a);
    release(v, &a->blob);
    return verdict;
}

enum answer_cache_verdict answer_cache_ask(struct visit *v)
{
    struct asking a = {.visit = v};
    struct slice key;
    if (!config_of(v)->is_on || !answer_cache_of(v) || v->is_shared)
        return ANSWER_CACHE_UNUSED;
    read_wish(&a);
    v->cached = OUTCOME_MISS;
    if (a.wish.is_no_store || !answer_cache_key(v, &key, &a.has_credentials))
        return ANSWER_CACHE_UNUSED;
    a.key = cache_key_of(key);
    look_up(&a);
    if (!v->limit.is_short || is_ready(&a))
        return go_on(&a);
    release(v, &a.blob);
    return ANSWER_CACHE_UNUSED;
}

/* A purge for a path that is never remembered would be one too many. */
static bool may_forget(const struct gateway *g, const struct plan *p)
{
    const struct service_cache *c = g->context.cache;
    return !p->is_safe && c && (p->may_change || atomic_load(&c->cache->is_of_other_paths));
}

void answer_cache_forget_path(struct gateway *g, const struct plan *p, struct slice path)
{
    struct service_cache *c = g->context.cache;
    const struct cache_purge purge = {CACHE_PURGE_URL, path, g->loop->wall_us / US_A_MS};
    if (!path.n || !may_forget(g, p))
        return;
    cache_purge(c->cache, &purge);
    if (c->tier)
        tier_purge(c->tier, &purge, NULL, NULL);
}

void answer_cache_forget(struct visit *v)
{
    if (answer_cache_of(v) && may_forget(v->gateway, v->plan))
        answer_cache_forget_path(v->gateway, v->plan, answer_cache_path(v, false));
}
