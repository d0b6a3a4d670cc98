/* service_flight.c - begun, asked of the tier and of the service, ended */
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "http/exchange.h"
#include "service/service_flight_internal.h"
#include "service/service_key.h"
#include "wire/token.h"

enum {
    ARENA_CHUNK = 8 * 1024,
    ARENA_LIMIT = 64 * 1024 * 1024, /* a request with a body, and a head; bodies of answers have
                                       bounds of their own */
    TIER_ASKS = 2                   /* what a key's answers vary by, then one of these */
};

static void on_nudged(struct seat *s, const struct landing *l);

static struct service_flight *take(struct service_cache *c)
{
    struct service_flight *f = c->free_flights;
    if (f) {
        c->free_flights = f->next_free;
        return f;
    }
    f = memory_take_zero(1, sizeof *f);
    f->cache = c;
    arena_init(&f->arena, ARENA_CHUNK, ARENA_LIMIT);
    landing_seat_init(&f->seat, on_nudged);
    list_init(&f->node);
    return f;
}

/* What it was made for is made by others. */
static void recycle_unused(struct service_flight *f)
{
    struct service_cache *c = f->cache;
    if (f->base)
        blob_release(NULL, f->base);
    f->base = NULL;
    arena_reset(&f->arena);
    landing_seat_leave(&f->seat);
    f->next_free = c->free_flights;
    c->free_flights = f;
}

void service_flight_recycle(struct service_flight *f)
{
    const struct service_context *context = f->service->context;
    list_remove(&f->node);
    recycle_unused(f);
    if (context->release)
        context->release(context->holder);
}

/* Nothing comes of it. */
static void give_up(struct service_flight *f, enum service_call_why why)
{
    if (f->ask)
        tier_cancel(f->ask);
    f->ask = NULL;
    if (f->call)
        service_call_cancel(f->call, why);
    f->call = NULL;
    service_flight_recycle(f);
}

/* Who has come may matter more than who began it. */
static void take_rank(struct service_flight *f)
{
    int rank = flights_wants(f->cache->cache->flights, &f->key, f->told).rank;
    if (f->call && !service_call_raise(f->call, rank))
        return;
    service_request_raise(&f->request, rank);
}

/* Where it is told from now on; before: where it was. */
static struct flight_seat change_seat(struct service_flight *f)
{
    const struct flight_seat before = f->told;
    landing_seat_leave(&f->seat);
    f->told = landing_seat_take(f->cache->seats, &f->seat);
    return before;
}

/* false: somebody waits, and it goes on; when they leave it is asked again, where it is no
 * background call. */
static bool abandon(struct service_flight *f)
{
    struct service_cache *c = f->cache;
    const struct flight_seat lead = change_seat(f);
    bool is_over = flights_abandon(c->cache->flights, &f->key, lead, f->told);
    if (!is_over)
        take_rank(f);
    return is_over;
}

/* Everybody has left, or somebody has come who matters more. What was begun for nobody goes on when
 * nobody waits. */
static void on_nudged(struct seat *s, const struct landing *l)
{
    struct service_flight *f = LIST_OWNER(s, struct service_flight, seat);
    if (f->is_background) {
        const struct flight_seat lead = change_seat(f);
        flights_move(f->cache->cache->flights, &f->key, lead, f->told);
        take_rank(f);
    } else if (abandon(f))
        give_up(f, (enum service_call_why)l->word);
}

static bool copy(struct arena *arena, struct slice *bytes)
{
    if (!bytes->n)
        return true;
    *bytes = arena_copy(arena, *bytes);
    return bytes->at;
}

static bool copy_tags(struct arena *arena, struct service_caching *c)
{
    struct slice *tags = arena_take(arena, (c->n_tags + 1) * sizeof *tags);
    bool is_good = tags;
    for (unsigned i = 0; is_good && i < c->n_tags; i++) {
        tags[i] = c->tags[i];
        is_good = copy(arena, &tags[i]);
    }
    c->tags = tags;
    return is_good;
}

bool service_flight_copy(struct arena *arena, struct service_request *r, struct service_caching *c,
                         struct freshness_wish *wish)
{
    if (c->wish)
        *wish = *c->wish;
    c->wish = c->wish ? wish : NULL;
    r->caching = NULL;
    return copy(arena, &r->line) && copy(arena, &r->fields) && copy(arena, &r->body) &&
           copy(arena, &c->key) && copy(arena, &c->credentials) && copy(arena, &c->name) &&
           copy(arena, &c->url) && copy_tags(arena, c);
}

/* What is validated: an answer that has something to be known by. */
static void set_base(struct service_flight *f, struct blob *blob, const struct record *r)
{
    bool has_validator = r->etag.n || r->last_modified.n;
    if (!has_validator || record_is_sign(r) || r->status > 299)
        return;
    if (f->base)
        blob_release(NULL, f->base);
    f->base = blob_share(blob);
    f->validated = *r;
}

/* The request becomes the flight's own. false: there is no room for it. */
static bool prepare(struct service_flight *f, const struct service_flight_plan *p)
{
    struct service_context *context = p->service->context;
    f->service = p->service;
    f->request = *p->request;
    f->caching = *p->caching;
    f->on_ended = NULL;
    f->leader = NULL;
    f->n_asked = 0;
    f->purges = 0;
    f->is_conditional = f->is_background = false;
    f->due_ms = service_due_ms(context->loop, service_call_most_ms(p->service, p->request));
    f->key.text = p->lookup->key;
    if (!service_flight_copy(&f->arena, &f->request, &f->caching, &f->wish) ||
        !copy(&f->arena, &f->key.text))
        return false;
    f->key = cache_key_of(f->key.text);
    f->request.arena = &f->arena;
    f->request.wanted = (struct service_wanted){0};
    f->request.passed = (struct service_passed){0};
    f->request.is_raw = true;
    f->asked = (struct cache_key){0};
    f->had_ms = p->lookup->blob ? p->lookup->record.freshness.came_ms : 0;
    if (p->lookup->blob)
        set_base(f, p->lookup->blob, &p->lookup->record);
    return true;
}

/* A client's own condition that is forwarded stays alone. */
static bool may_ask_conditionally(const struct service_flight *f)
{
    return f->base && !service_key_has_conditions(f->request.fields);
}

/* RFC 9111 4.3.1: both validators, where there are two. */
static struct slice with_conditions(struct service_flight *f)
{
    struct slice etag = f->validated.etag;
    struct slice modified = f->validated.last_modified;
    return arena_print(&f->arena, "%.*s%s%.*s%s%s%.*s%s", SLICE_ARG(f->request.fields),
                       etag.n ? "if-none-match: " : "", SLICE_ARG(etag), etag.n ? "\r\n" : "",
                       modified.n ? "if-modified-since: " : "", SLICE_ARG(modified),
                       modified.n ? "\r\n" : "");
}

static void on_ended(void *owner, const struct outcome *o);

static uint64_t until_ms(void *owner)
{
    const struct service_flight *f = owner;
    return flights_wants(f->cache->cache->flights, &f->key, f->told).until_ms;
}

static void on_postponed(void *owner, uint64_t ms)
{
    struct service_flight *f = owner;
    f->due_ms += ms;
    flights_postpone(f->cache->cache->flights, &f->key, f->told, ms);
}

static void call(struct service_flight *f)
{
    struct service_request r = f->request;
    uint64_t now_ms = f->cache->loop->now_ms;
    f->is_conditional = may_ask_conditionally(f);
    if (f->is_conditional) {
        r.fields = with_conditions(f);
        if (!r.fields.at) {
            r.fields = f->request.fields;
            f->is_conditional = false;
        }
    }
    r.left_ms = f->due_ms > now_ms ? f->due_ms - now_ms : 0;
    r.until_ms = until_ms;
    r.on_postponed = on_postponed;
    f->asked_ms = service_lookup_now_ms(f->cache);
    f->call = service_call_start(f->service, &r, on_ended, f);
}

static struct slice etag_of(const struct outcome *o)
{
    for (unsigned i = 0; i < o->n_returned; i++)
        if (token_equals(o->returned[i].name, SLICE("etag")))
            return o->returned[i].value;
    return SLICE_NONE;
}

static struct slice without_weakness(struct slice etag)
{
    return slice_starts(etag, SLICE("W/")) ? slice_after(etag, 2) : etag;
}

/* A 304 that is about another answer than ours helps nobody (RFC 9111 4.3.4). */
static bool is_about_another(const struct service_flight *f, const struct outcome *o)
{
    struct slice etag = etag_of(o);
    return etag.n && f->validated.etag.n &&
           !slice_equal(without_weakness(etag), without_weakness(f->validated.etag));
}

static void on_ended(void *owner, const struct outcome *o)
{
    struct service_flight *f = owner;
    f->call = NULL;
    if (f->is_conditional && o->status == 304 && is_about_another(f, o)) {
        blob_release(NULL, f->base);
        f->base = NULL;
        call(f);
        return;
    }
    service_flight_land(f, o);
}

/* Something that another instance has written, or anybody who can write there. */
static bool is_believable(const struct service_flight *f, struct record *r)
{
    const struct service_answer a = service_answer_of_record(r, NULL);
    return service_cache_believes(f->cache, r, f->caching.url) &&
           (!r->is_json || service_answer_is_json(&a, f->service->context));
}

/* Is it what stands at a key of this request's, and for who has these credentials? */
static bool is_ours(const struct service_flight *f, const struct record *r)
{
    if (record_is_sign(r))
        return true;
    if (f->caching.credentials.n && !service_lookup_is_public(r))
        return false;
    return service_key_is_of(r->key, &f->caching, r->vary, f->request.fields, &f->cache->key);
}

static bool ask_tier(struct service_flight *f);

/* The names are known: now for the answer that is meant. */
static bool ask_for_variant(struct service_flight *f, const struct record *sign)
{
    struct buffer *out = &f->cache->key;
    out->n = 0;
    return f->n_asked < TIER_ASKS && buffer_append(out, f->asked.text) &&
           service_key_put_vary(out, sign->vary, f->request.fields) && ask_tier(f);
}

/* What is in memory and not older stays. */
static void keep_found(struct service_flight *f, struct blob *found, const struct record *r)
{
    struct service_keeping k = {
        .cache = f->cache,
        .caching = &f->caching,
        .begun = f->begun,
        .came_ms = service_lookup_now_ms(f->cache),
    };
    if (record_is_sign(r) || r->freshness.came_ms > f->had_ms)
        service_keep_found(&k, found, r);
}

/* true: the flight is over, or goes on by asking once more. */
static bool take_found(struct service_flight *f, struct blob *found)
{
    struct record r;
    const struct service_question q = {&f->caching, f->request.fields,
                                       service_lookup_now_ms(f->cache)};
    if (!record_read(&r, blob_slice(found)) || !is_believable(f, &r) || !is_ours(f, &r))
        return false;
    if (record_is_sign(&r)) {
        keep_found(f, found, &r);
        return r.vary.n && ask_for_variant(f, &r);
    }
    if (!service_lookup_knows_tags(&r, &f->caching)) {
        set_base(f, found, &r);
        return false;
    }
    const struct freshness_verdict verdict = service_lookup_judge(&r, &q);
    if (verdict.state == FRESHNESS_FRESH || verdict.is_usable_on_error)
        keep_found(f, found, &r);
    switch (verdict.state) {
    case FRESHNESS_FRESH:
        if (r.freshness.came_ms < f->had_ms)
            return false;                        /* what is stale in memory came later */
        service_flight_land_found(f, found, &r); /* f is gone */
        return true;
    case FRESHNESS_REVALIDATE:
    case FRESHNESS_ON_ERROR:
    case FRESHNESS_OVER:
        break;
    }
    set_base(f, found, &r);
    return false;
}

static void on_got(void *owner, struct blob *found, uint64_t purges)
{
    struct service_flight *f = owner;
    f->ask = NULL;
    if (f->n_asked == 1) /* what is written was asked for after the first look */
        f->purges = purges;
    bool is_taken = found && take_found(f, found);
    if (found)
        blob_release(NULL, found);
    if (!is_taken)
        call(f);
}

/* At the key that is written. false: it is not worth asking. */
static bool ask_tier(struct service_flight *f)
{
    struct slice text = arena_copy(&f->arena, buffer_slice(&f->cache->key));
    if (!text.at)
        return false;
    f->asked = cache_key_of(text);
    f->ask = tier_get(f->cache->tier, &f->asked, on_got, f);
    f->n_asked += f->ask != NULL;
    return f->ask;
}

/* What belongs to somebody's credentials is not in the tier. */
static bool begin_with_tier(struct service_flight *f)
{
    struct buffer *out = &f->cache->key;
    out->n = 0;
    if (!f->cache->tier || (f->caching.credentials.n && !service_key_has_public(&f->caching)))
        return false;
    return service_key_put_base(out, &f->caching, false) && ask_tier(f);
}

/* Another flight may have landed since memory was asked: then there is no need of one more, and
 * this one lands with what is there, in a later turn. */
static bool is_needless(struct service_flight *f)
{
    const struct service_question q = {&f->caching, f->request.fields,
                                       service_lookup_now_ms(f->cache)};
    struct service_lookup l;
    service_lookup_find(f->cache, &q, &l);
    bool is_so = l.state == SERVICE_LOOKUP_FRESH && l.verdict.ttl_ms > 0;
    if (is_so)
        service_flight_land_found(f, l.blob, &l.record); /* f is gone */
    if (l.blob)
        blob_release(NULL, l.blob);
    return is_so;
}

/* false: it is over. */
static bool go(struct service_flight *f)
{
    const struct service_context *context = f->service->context;
    if (context->hold)
        context->hold(context->holder);
    list_push_back(&f->cache->flights, &f->node);
    if (is_needless(f))
        return false;
    if (!begin_with_tier(f))
        call(f);
    return true;
}

/* What is known of the answer before it is there. */
static uint64_t purged(const struct service_cache *c, const struct service_caching *caching)
{
    const struct cache_labels labels = {
        .name = caching->name,
        .url = caching->url,
        .tags = caching->tags,
        .n_tags = caching->n_tags,
    };
    return cache_purged(c->cache, &labels);
}

static struct flight_ask ask_for(struct service_flight *f, const struct service_flight_plan *p)
{
    struct service_cache *c = f->cache;
    f->told = landing_seat_take(c->seats, &f->seat);
    const uint64_t since = purged(c, p->caching); /* before it is now */
    f->begun = generations_now(c->cache->generations);
    return (struct flight_ask){
        .lead = f->told,
        .wants = {c->loop->now_ms + p->request->left_ms, service_request_rank(p->request)},
        .since = since,
        .begun = f->begun,
        .now_ms = c->loop->now_ms};
}

struct service_flight_joined service_flight_join(const struct service_flight_plan *p,
                                                 struct seat *seat)
{
    struct service_cache *c = p->service->context->cache;
    struct service_flight *f = take(c);
    struct flight_ask ask = ask_for(f, p);
    struct service_flight_joined j = {.role = FLIGHT_FULL, .asked = f->begun};
    const struct cache_key key = cache_key_of(p->lookup->key);
    ask.seat = landing_seat_take(c->seats, seat);
    if (prepare(f, p))
        j.role = flights_join(c->cache->flights, &key, &ask);
    j.begun = ask.begun;
    if (j.role == FLIGHT_FULL)
        landing_seat_leave(seat);
    if (j.role != FLIGHT_LEADS)
        recycle_unused(f);
    else if (go(f))
        j.led = f;
    else
        j.role = FLIGHT_WAITS;
    if (ask.is_raised)
        landing_nudge(c->crew, ask.lead, SERVICE_CALL_UNWANTED);
    return j;
}

void service_flight_tell(struct service_flight *f, service_flight_ended *on_told, void *leader)
{
    f->on_ended = on_told;
    f->leader = leader;
}

struct slice service_flight_key(const struct service_flight *f)
{
    return f->key.text;
}

unsigned service_flight_n_attempts(const struct service_flight *f)
{
    return f->call ? service_call_n_attempts(f->call) : 0;
}

/* Nobody waits for it yet. */
static struct flight_wants background_wants(const struct service_flight_plan *p, uint64_t now_ms)
{
    uint64_t ms = service_call_most_ms(p->service, p->request);
    return (struct flight_wants){now_ms + ms, p->request->priority};
}

void service_flight_refresh(const struct service_flight_plan *p)
{
    struct service_cache *c = p->service->context->cache;
    const struct cache_key key = cache_key_of(p->lookup->key);
    if (c->is_draining || !key.text.n || !service_key_may_share(p->caching, p->request->fields))
        return;
    struct service_flight *f = take(c);
    struct flight_ask ask = ask_for(f, p);
    ask.wants = background_wants(p, ask.now_ms);
    if (prepare(f, p) && flights_open(c->cache->flights, &key, &ask)) {
        f->is_background = true;
        f->request.is_required = false;
        (void)go(f);
    } else {
        recycle_unused(f);
    }
}

void service_flight_drain(struct service_cache *c)
{
    for (struct list *at = c->flights.next, *next; at != &c->flights; at = next) {
        struct service_flight *f = LIST_OWNER(at, struct service_flight, node);
        next = at->next;
        if (abandon(f))
            give_up(f, SERVICE_CALL_UNWANTED);
    }
}

void service_flight_free_kept(struct service_cache *c)
{
    CHECK(list_is_empty(&c->flights));
    while (c->free_flights) {
        struct service_flight *f = c->free_flights;
        c->free_flights = f->next_free;
        arena_done(&f->arena);
        free(f);
    }
}
