/* service_wait.c - asked of memory, then of a flight, then alone */
#include "service/service_wait.h"

#include "service/service_call_internal.h"
#include "service/service_flight.h"
#include "service/service_keep.h"
#include "service/service_key.h"
#include "service/service_tags.h"
#include "wire/token.h"

enum {
    ASKS_MAX = 4, /* times that the cache is asked, as what it said was for others */
    NEWS_MS = 10, /* until another look for what another worker has sent */
};

/* Lives in the arena of the request. */
struct service_wait {
    struct service_call *call;
    struct seat seat;
    struct service_flight *led; /* NULL: it leads none */
    struct service_caching caching;
    struct freshness_wish wish;
    struct cache_key key; /* of the flight that it waits for */
    struct blob *stale;   /* NULL: none */
    unsigned n_asked;
    uint64_t postponed_ms; /* of its flight: is added to its own patience */
    uint64_t asked, begun; /* when it joined, and when the flight began: times of purges */
    bool is_kept;          /* the request and `caching` are copies */
    bool is_seated;
    bool has_waited; /* for what another called */
};

static struct service_context *context_of(const struct service_call *c)
{
    return c->service->context;
}

static struct service_cache *cache_of(const struct service_call *c)
{
    return context_of(c)->cache;
}

static void count(const struct service_call *c, enum counter_id id)
{
    counters_add(context_of(c)->counters, id, 1);
}

static struct service_question question_of(const struct service_call *c,
                                           const struct service_caching *caching)
{
    return (struct service_question){caching, c->request.fields,
                                     service_lookup_now_ms(cache_of(c))};
}

/* Once each. */
static void take_tag(struct outcome_caching *oc, struct slice *tags, struct slice tag,
                     struct arena *arena)
{
    for (unsigned i = 0; i < oc->n_tags; i++)
        if (slice_equal(tags[i], tag))
            return;
    tags[oc->n_tags] = arena_copy(arena, tag);
    oc->n_tags += tags[oc->n_tags].at != NULL;
}

/* All tags of who reads and of the entry, in the arena; none where that is full. */
static void take_tags(struct outcome_caching *oc, const struct service_caching *caching,
                      const struct record *r, struct arena *arena)
{
    struct slice tag;
    unsigned n = caching->n_tags;
    for (size_t at = 0; record_next_tag(r, &at, &tag);)
        n++;
    struct slice *tags = n ? arena_take(arena, n * sizeof *tags) : NULL;
    if (!tags)
        return;
    oc->tags = tags;
    oc->n_tags = 0;
    for (unsigned i = 0; i < caching->n_tags; i++)
        take_tag(oc, tags, caching->tags[i], arena);
    for (size_t at = 0; record_next_tag(r, &at, &tag);)
        take_tag(oc, tags, tag, arena);
}

/* Whose it is, and what it is purged by: so, too, where it is not kept. */
static void tell_whose(const struct service_call *c, const struct service_caching *caching,
                       const struct record *r, struct outcome_caching *oc)
{
    bool is_public = caching->settings->respects_origin && r->freshness.is_public;
    oc->is_by_address = token_list_has(r->vary, SLICE("x-forwarded-for")); /* which is ours */
    oc->is_private = (caching->credentials.n && !is_public) || oc->is_by_address;
    if (caching->is_shown)
        take_tags(oc, caching, r, c->request.arena);
}

/* ttl_ms: that is left of it, as its reader sees it. */
static void tell_of_entry(const struct service_call *c, const struct service_caching *caching,
                          const struct record *r, int64_t ttl_ms, struct outcome *o)
{
    struct outcome_caching *oc = &o->caching;
    oc->is_stored = true;
    oc->ttl_ms = ttl_ms;
    if (r->vary.n)
        oc->vary = arena_copy(c->request.arena, r->vary);
    tell_whose(c, caching, r, oc);
}

static void hit(struct service_call *c, const struct service_caching *caching,
                const struct service_lookup *l, enum outcome_cache how)
{
    const struct service_answer a = service_answer_of_record(&l->record, l->blob);
    count(c, how == OUTCOME_HIT ? COUNT_CACHE_SOURCE_HITS : COUNT_CACHE_SOURCE_STALE);
    service_answer_read(&a, &c->request, context_of(c), &c->outcome);
    c->outcome.caching.how = how;
    tell_of_entry(c, caching, &l->record, l->verdict.ttl_ms, &c->outcome);
    loop_ready(context_of(c)->loop, &c->ready);
}

static void go_alone(struct service_call *c)
{
    count(c, COUNT_CACHE_SOURCE_MISSES);
    service_call_go(c);
}

/* RFC 9111 5.2.1.7: it is answered 504. */
static void refuse(struct service_call *c)
{
    c->outcome.kind = OUTCOME_MISSING;
    c->outcome.detail = SLICE("is not in the cache, and nothing else was wanted");
    c->outcome.caching = (struct outcome_caching){.how = OUTCOME_MISS, .is_withheld = true};
    loop_ready(context_of(c)->loop, &c->ready);
}

static void on_landed(struct seat *s, const struct landing *l);
static void on_led(void *leader, const struct service_flight_end *end);

static struct service_wait *wait_of(struct service_call *c)
{
    struct service_wait *w = c->wait;
    if (!w)
        w = arena_take_zero(c->request.arena, 1, sizeof *w);
    if (w && !c->wait) {
        w->call = c;
        landing_seat_init(&w->seat, on_landed);
    }
    c->wait = w;
    return w;
}

static struct cache_key flight_key_of(const struct service_wait *w)
{
    return w->led ? cache_key_of(service_flight_key(w->led)) : w->key;
}

static void leave(struct service_wait *w, enum service_call_why why)
{
    const struct service_cache *c = cache_of(w->call);
    if (!w->is_seated)
        return;
    const struct flight_seat seat = landing_seat_told(&w->seat);
    const struct cache_key key = flight_key_of(w);
    struct flight_seat lead;
    landing_seat_leave(&w->seat);
    if (w->led)
        service_flight_tell(w->led, NULL, NULL);
    w->led = NULL;
    w->is_seated = false;
    if (flights_leave(c->cache->flights, &key, seat, &lead))
        landing_nudge(c->crew, lead, why);
}

/* What is needed where the answer turns out to be for others. */
static bool keep_request(struct service_wait *w, const struct service_caching *caching,
                         struct slice key)
{
    struct service_call *c = w->call;
    w->key = cache_key_of(arena_copy(c->request.arena, key));
    if (w->is_kept || !w->key.text.at)
        return w->key.text.at;
    w->caching = *caching;
    w->is_kept = service_flight_copy(c->request.arena, &c->request, &w->caching, &w->wish);
    return w->is_kept;
}

/* What a call of its own would have, with all attempts. */
static uint64_t patience_ms(const struct service_call *c)
{
    return service_call_most_ms(c->service, &c->request);
}

/* What the service has asked its flight to wait, and did not by the last look; a moment where the
 * flight has landed and its news is on the way. */
static uint64_t more_patience_ms(struct service_wait *w)
{
    const struct cache_key key = flight_key_of(w);
    const struct flight_seat seat = landing_seat_told(&w->seat);
    uint64_t before_ms = w->postponed_ms, ms;
    if (!flights_is_seated(cache_of(w->call)->cache->flights, &key, seat, &ms))
        return NEWS_MS;
    w->postponed_ms = ms;
    return ms > before_ms ? ms - before_ms : 0;
}

static void on_waited_too_long(struct service_call *c)
{
    uint64_t more_ms = more_patience_ms(c->wait);
    if (more_ms) {
        service_call_arm(c, more_ms, on_waited_too_long);
        return;
    }
    uint64_t whole_ms = patience_ms(c) + c->wait->postponed_ms;
    uint64_t ms = whole_ms < c->request.left_ms ? whole_ms : c->request.left_ms;
    c->n_attempts = service_call_n_attempts(c);
    leave(c->wait, SERVICE_CALL_LATE);
    c->outcome.kind = OUTCOME_TIMEOUT;
    c->outcome.detail =
        arena_print(c->request.arena, "no answer within %llu ms", (unsigned long long)ms);
    c->wait->has_waited = true;
    service_call_tell(c);
}

static void keep_stale(struct service_wait *w, const struct service_lookup *l)
{
    if (w->stale)
        blob_release(NULL, w->stale);
    w->stale = l->blob && l->verdict.is_usable_on_error ? blob_share(l->blob) : NULL;
}

/* false: it is called alone. */
static bool join(struct service_wait *w, const struct service_flight_plan *p)
{
    struct service_call *c = w->call;
    const struct service_flight_joined j = service_flight_join(p, &w->seat);
    w->led = j.led;
    w->asked = j.asked;
    w->begun = j.begun;
    w->postponed_ms = 0;
    switch (j.role) {
    case FLIGHT_LEADS:
        service_flight_tell(w->led, on_led, w);
        count(c, COUNT_CACHE_SOURCE_MISSES);
        w->is_seated = true;
        return true;
    case FLIGHT_WAITS:
        count(c, COUNT_CACHE_SOURCE_COALESCED);
        w->is_seated = true;
        return true;
    case FLIGHT_FULL:
        break;
    }
    return false;
}

/* A flight's own time is over a moment before that of who leads it, and is told as the service's.
 */
static void arm(struct service_call *c)
{
    service_call_arm(c, patience_ms(c) + 1, on_waited_too_long);
}

static bool is_to_be_shared(const struct service_call *c, const struct service_caching *caching,
                            const struct service_lookup *l)
{
    return l->state == SERVICE_LOOKUP_MISS && !(caching->wish && caching->wish->is_no_store) &&
           service_key_may_share(caching, c->request.fields);
}

static void miss(struct service_call *c, const struct service_caching *caching,
                 const struct service_lookup *l)
{
    const struct service_flight_plan p = {c->service, &c->request, caching, l};
    if (caching->wish && caching->wish->only_if_cached) {
        refuse(c);
        return;
    }
    struct service_wait *w = wait_of(c);
    bool is_kept = w && keep_request(w, caching, l->key);
    if (is_kept)
        keep_stale(w, l);
    if (is_kept && is_to_be_shared(c, caching, l) && ++w->n_asked <= ASKS_MAX && join(w, &p))
        arm(c);
    else
        go_alone(c);
}

static void ask(struct service_call *c, const struct service_caching *caching)
{
    const struct service_question q = question_of(c, caching);
    struct service_lookup l;
    service_lookup_find(cache_of(c), &q, &l);
    switch (l.state) {
    case SERVICE_LOOKUP_FRESH:
        hit(c, caching, &l, l.verdict.ttl_ms > 0 ? OUTCOME_HIT : OUTCOME_STALE);
        break;
    case SERVICE_LOOKUP_REVALIDATE:
        service_flight_refresh(&(struct service_flight_plan){c->service, &c->request, caching, &l});
        hit(c, caching, &l, OUTCOME_STALE);
        break;
    case SERVICE_LOOKUP_MISS:
    case SERVICE_LOOKUP_ALONE:
        miss(c, caching, &l);
        break;
    }
    if (l.blob)
        blob_release(NULL, l.blob);
}

void service_wait_begin(struct service_call *c, const struct service_caching *caching)
{
    ask(c, caching);
}

/* A tag that only the answer told of was purged before this call asked, and after the flight began.
 */
static bool is_purged(const struct service_wait *w, const struct record *r)
{
    return w->asked > w->begun && cache_purged_record(cache_of(w->call)->cache, r) > w->begun;
}

/* A call that had less time than this one has, or went behind it where calls wait for a place. */
static bool was_called_for_less(const struct service_call *c, const struct service_flight_end *e)
{
    return (e->kind == OUTCOME_TIMEOUT && e->timeout_ms < c->request.timeout_ms) ||
           (e->kind == OUTCOME_OVERLOADED && c->request.is_required && !e->is_required);
}

/* For others is an answer that varies by fields which differ, is not fresh enough here, or was
 * purged. */
static bool is_for(struct service_wait *w, const struct service_flight_end *e)
{
    const struct service_call *c = w->call;
    const struct record *r = &e->record;
    const struct service_question q = question_of(c, &w->caching);
    switch (e->result) {
    case SERVICE_FLIGHT_ANSWER:
        if (is_purged(w, r))
            return false;
        if (r->vary.n &&
            !service_key_is_of(r->key, &w->caching, r->vary, c->request.fields, &cache_of(c)->key))
            return false;
        return !e->is_found || (service_lookup_knows_tags(r, &w->caching) &&
                                service_lookup_judge(r, &q).state == FRESHNESS_FRESH);
    case SERVICE_FLIGHT_FAILURE:
        return !was_called_for_less(c, e);
    case SERVICE_FLIGHT_ALONE:
        break;
    }
    return true;
}

static void ask_again(struct service_wait *w)
{
    w->call->request.left_ms = service_call_left_ms(w->call);
    ask(w->call, &w->caching);
}

static int64_t ttl_of(const struct service_wait *w, const struct record *r)
{
    const struct service_question q = question_of(w->call, &w->caching);
    return service_lookup_judge(r, &q).ttl_ms;
}

static void take_answer(struct service_wait *w, const struct service_flight_end *e)
{
    struct service_call *c = w->call;
    service_answer_read(&e->answer, &c->request, context_of(c), &c->outcome);
    c->outcome.caching.how = e->how;
    if (e->is_stored)
        tell_of_entry(c, &w->caching, &e->record, ttl_of(w, &e->record), &c->outcome);
    else if (e->record.status)
        tell_whose(c, &w->caching, &e->record, &c->outcome.caching);
    service_call_tell(c);
}

static void take_failure(struct service_wait *w, const struct service_flight_end *e)
{
    struct service_call *c = w->call;
    c->outcome.kind = e->kind;
    c->outcome.status = e->status;
    c->outcome.retry_after_ms = e->retry_after_ms;
    c->outcome.detail = arena_copy(c->request.arena, e->detail);
    c->outcome.caching.how = OUTCOME_MISS;
    service_call_tell(c);
}

static void end(struct service_wait *w, const struct service_flight_end *e)
{
    switch (e->result) {
    case SERVICE_FLIGHT_ANSWER:
        take_answer(w, e);
        break;
    case SERVICE_FLIGHT_FAILURE:
        take_failure(w, e);
        break;
    case SERVICE_FLIGHT_ALONE:
        w->has_waited = false;
        w->call->request.left_ms = service_call_left_ms(w->call);
        go_alone(w->call);
        break;
    }
}

static void stop_waiting(struct service_wait *w)
{
    loop_disarm(context_of(w->call)->loop, &w->call->timer);
    w->is_seated = false;
    w->led = NULL;
}

static void on_landed(struct seat *s, const struct landing *l)
{
    struct service_wait *w = LIST_OWNER(s, struct service_wait, seat);
    struct service_flight_end e;
    service_flight_read(l, &e);
    stop_waiting(w);
    w->has_waited = true;
    if (is_for(w, &e))
        end(w, &e);
    else
        ask_again(w);
}

static void on_led(void *leader, const struct service_flight_end *e)
{
    struct service_wait *w = leader;
    landing_seat_leave(&w->seat);
    stop_waiting(w);
    w->call->n_attempts = e->n_attempts;
    end(w, e);
}

void service_wait_leave(struct service_call *c, enum service_call_why why)
{
    if (c->wait)
        leave(c->wait, why);
}

unsigned service_wait_n_attempts(const struct service_call *c)
{
    return c->wait && c->wait->led ? service_flight_n_attempts(c->wait->led) : 0;
}

/* What the service has decided is no error (RFC 5861 4). */
static bool is_excused(const struct outcome *o)
{
    bool is_decision = o->kind == OUTCOME_STATUS && service_keep_is_telling(o->status);
    return o->kind != OUTCOME_OK && o->kind != OUTCOME_MISSING && !is_decision;
}

/* The flight may have brought one from the shared tier meanwhile. */
static void look_for_stale(struct service_wait *w)
{
    const struct service_question q = question_of(w->call, &w->caching);
    struct service_lookup l;
    service_lookup_find(cache_of(w->call), &q, &l);
    keep_stale(w, &l);
    if (l.blob)
        blob_release(NULL, l.blob);
}

/* Of the entry, as far as it may be used now. false: not at all. */
static bool read_stale(struct service_wait *w, struct record *r, struct outcome *o)
{
    struct service_call *c = w->call;
    const struct service_question q = question_of(c, &w->caching);
    if (!w->stale)
        look_for_stale(w);
    if (!w->stale || !record_read(r, blob_slice(w->stale)) ||
        !service_lookup_judge(r, &q).is_usable_on_error)
        return false;
    const struct service_answer a = service_answer_of_record(r, w->stale);
    service_answer_read(&a, &c->request, context_of(c), o);
    return o->kind == OUTCOME_OK;
}

void service_wait_use_stale(struct service_call *c, struct outcome *o)
{
    struct service_wait *w = c->wait;
    struct record r;
    struct outcome stale = {0};
    if (!w || !w->is_kept)
        return;
    if (!read_stale(w, &r, &stale)) {
        if (stale.blob)
            blob_release(&context_of(c)->loop->blobs, stale.blob);
        return;
    }
    if (o->blob)
        blob_release(&context_of(c)->loop->blobs, o->blob);
    o->value = stale.value;
    o->is_empty = stale.is_empty;
    o->blob = stale.blob;
    o->returned = stale.returned;
    o->n_returned = stale.n_returned;
    o->has_stale = true;
    o->caching.how = OUTCOME_STALE;
    tell_of_entry(c, &w->caching, &r, ttl_of(w, &r), o);
    count(c, COUNT_CACHE_SOURCE_STALE);
}

void service_wait_dress(struct service_call *c, struct outcome *o)
{
    const struct service_wait *w = c->wait;
    if (!w)
        return;
    if (o->caching.how == OUTCOME_UNCACHED)
        o->caching.how = OUTCOME_MISS;
    if (!o->caching.n_tags && w->is_kept) { /* whatever is made of it may be purged by them */
        o->caching.tags = w->caching.tags;
        o->caching.n_tags = w->caching.n_tags;
    }
    if (w->has_waited)
        o->started_ns = c->started_ns;
    if (is_excused(o))
        service_wait_use_stale(c, o);
}

void service_wait_done(struct service_call *c)
{
    if (c->wait && c->wait->stale)
        blob_release(NULL, c->wait->stale);
    c->wait = NULL;
}
