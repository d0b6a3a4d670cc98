/* answer_flight.c - a run that nobody owns: its answer becomes a record that all who wait share
 *
 *   start -> (the shared tier is asked) -> run -> collected -> kept -> landed -> freed
 *
 * Everything but its seat and its key lies in the arena of an exchange of its own.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "base/units.h"
#include "gateway/access_log.h"
#include "gateway/answer_cache_internal.h"
#include "gateway/etag.h"
#include "gateway/items.h"
#include "gateway/spans.h"
#include "http/collector.h"
#include "json/scan.h"
#include "store/tier.h"
#include "wire/status.h"
#include "wire/token.h"

enum {
    DEPTH_MAX = 1024 /* as scan_json() has it: values that stand in one another are within
                        bounds.json_depth, the whole is not */
};

struct answer_flight {
    struct gateway *gateway;
    struct seat seat; /* of the lead: hears that everybody has left */
    struct flight_seat told;
    struct cache_key key; /* malloc()ed */
    struct answer_flight_kind kind;
    struct flight_seat alone; /* who waits for it; of kind.is_alone */
    uint64_t begun;           /* of generations */
    uint64_t purges;          /* as the tier told */
    struct tier_ask *ask;
    uint64_t asked_ns; /* of the tier */
    struct collector *collector;
    struct visit *visit;       /* of the collector's exchange */
    struct answer_wait *first; /* whose access line tells of the sources; NULL: nobody's */
};

/* Credentials are in the key, or made of what services said to what is: who has the key has the
 * answer, and tells it as private. No address is there, nor, in a key that is given, what another
 * source's token was asked for with. */
struct whose {
    bool is_private;
    bool is_one_clients; /* own */
};

static struct service_cache *cache_of(const struct answer_flight *f)
{
    return f->gateway->context.cache;
}

static void abandon(struct answer_flight *f);

/* Who comes back meanwhile keeps it going; it is asked to end again. */
static void on_nudge(struct seat *s, const struct landing *l)
{
    struct answer_flight *f = LIST_OWNER(s, struct answer_flight, seat);
    struct service_cache *c = cache_of(f);
    const struct flight_seat lead = f->told;
    if (l->word != ANSWER_UNWANTED)
        return;
    if (f->kind.is_alone) {
        abandon(f);
        return;
    }
    f->told = landing_seat_take(c->seats, &f->seat);
    if (flights_abandon(c->cache->flights, &f->key, lead, f->told))
        abandon(f);
}

struct answer_flight *answer_flight_new(struct gateway *g)
{
    struct answer_flight *f = memory_take_zero(1, sizeof *f);
    f->gateway = g;
    landing_seat_init(&f->seat, on_nudge);
    f->told = landing_seat_take(g->context.cache->seats, &f->seat);
    return f;
}

struct flight_seat answer_flight_lead(const struct answer_flight *f)
{
    return f->told;
}

void answer_flight_free(struct answer_flight *f)
{
    landing_seat_leave(&f->seat);
    free((char *)f->key.text.at);
    free(f);
}

void answer_flight_log(struct answer_flight *f, struct answer_wait *first)
{
    f->first = first;
}

void answer_flight_tell_alone(struct answer_flight *f, struct flight_seat seat)
{
    f->alone = seat;
}

static struct flight_seat *seat_alone(const struct answer_flight *f)
{
    struct flight_seat *seat = malloc(sizeof *seat);
    CHECK(seat);
    *seat = f->alone;
    return seat;
}

/* A share of the record is taken over. */
static void land(struct answer_flight *f, const struct cache_key *k, struct blob *record,
                 uint64_t word)
{
    struct service_cache *c = cache_of(f);
    struct flight_seat *seats = f->kind.is_alone ? seat_alone(f) : NULL;
    size_t n = seats ? 1 : flights_land(c->cache->flights, k, f->told, &seats);
    if (f->first)
        f->first->flight = NULL;
    f->first = NULL;
    landing_seat_leave(&f->seat);
    landing_tell(c->crew, seats, n, &(struct landing){record, word});
}

void answer_flight_end(struct answer_flight *f, const struct cache_key *k, struct blob *found)
{
    land(f, k, found, ANSWER_FOUND);
    answer_flight_free(f);
}

/* Its answer will not be collected. */
static void abandon(struct answer_flight *f)
{
    if (f->ask)
        tier_cancel(f->ask);
    f->ask = NULL;
    collector_cancel(f->collector);
}

static void fail(struct answer_flight *f)
{
    land(f, &f->key, NULL, ANSWER_LANDED);
    abandon(f);
}

static struct whose add(struct whose w, const struct outcome *o)
{
    return (struct whose){w.is_private || o->caching.is_private,
                          w.is_one_clients || o->caching.is_by_address};
}

/* What a part's answer was made for the whole is for, too. */
static struct whose whose(const struct answer_flight *f)
{
    const struct run *r = f->visit->run;
    bool is_tokened = f->visit->plan->tokened & f->visit->selection.called;
    struct whose w = {.is_private = f->kind.has_credentials || is_tokened,
                      .is_one_clients = is_tokened && f->visit->plan->config->cache.key.compiled};
    for (unsigned i = 0; r && i < r->plan->n_sources; i++) {
        const struct run_items *items = r->sources[i].items;
        w = add(w, &r->sources[i].outcome);
        for (unsigned k = 0; items && k < items->n; k++)
            w = add(w, &items_at(items, k)->outcome);
    }
    return w;
}

static struct slice field_of(const struct collected *c, struct slice name)
{
    for (unsigned i = 0; i < c->n_fields; i++)
        if (slice_equal_nocase(c->fields[i].name, name))
            return c->fields[i].value;
    return SLICE_NONE;
}

static bool is_success(const struct answer_flight *f, const struct collected *c)
{
    return c->status == f->visit->plan->config->status &&
           slice_equal(field_of(c, SLICE("sheaf-complete")), SLICE("?1"));
}

static bool is_fixed(const struct field *fixed, const struct record_field *f)
{
    bool is_vary = slice_equal_nocase(f->name, SLICE("vary")); /* ours stands beside a fixed one */
    return slice_equal_nocase(f->name, fixed->name) &&
           (!is_vary || slice_equal(f->value, fixed->value));
}

/* The request's id is each one's own, and so are the fields that the configuration fixes. */
static bool is_of_record(const struct plan *p, const struct record_field *f)
{
    bool is_so = !slice_equal_nocase(f->name, SLICE("x-request-id"));
    for (unsigned i = 0; i < p->n_fields && is_so; i++)
        is_so = !is_fixed(&p->fields[i], f);
    return is_so;
}

static bool list_fields(const struct answer_flight *f, const struct collected *c, struct record *r)
{
    struct record_field *fields =
        arena_take(&c->exchange->arena, (c->n_fields + 1) * sizeof *fields);
    if (!fields)
        return false;
    for (unsigned i = 0; i < c->n_fields; i++) {
        const struct record_field field = {c->fields[i].name, c->fields[i].value};
        if (is_of_record(f->visit->plan, &field))
            fields[r->n_fields++] = field;
    }
    r->fields = fields;
    return true;
}

/* What makes an entry of it. */
static bool name_entry(const struct answer_flight *f, struct record *r, char etag[ETAG_SIZE])
{
    struct answer_labels *labels = f->visit->labels;
    etag_write(etag, &r->body, 1);
    r->etag = (struct slice){etag, ETAG_SIZE};
    r->name = answer_cache_name(f->visit);
    if (!r->name.at || !f->visit->run || !answer_cache_tags(f->visit->run, labels))
        return false;
    answer_labels_tell(labels, f->purges, r);
    return true;
}

static struct blob *make_record(struct answer_flight *f, const struct collected *c, bool is_private,
                                bool *is_kept)
{
    char etag[ETAG_SIZE];
    struct record r = {
        .freshness = {.came_ms = answer_cache_now(f->visit),
                      .lifetime_ms = FRESHNESS_UNTOLD,
                      .stale_while_revalidate_ms = FRESHNESS_UNTOLD,
                      .stale_if_error_ms = FRESHNESS_UNTOLD,
                      .is_private = is_private},
        .status = c->status,
        .key = f->key.text,
        .body = c->body,
    };
    if (!c->is_whole || !list_fields(f, c, &r))
        return NULL;
    /* Named in any case: who joined it behind a purge of its tags must see that. */
    *is_kept = name_entry(f, &r, etag) && (is_success(f, c) || status_is_missing(c->status));
    struct blob *record = record_write(&r, f->gateway->config->bounds.memory);
    if (record)
        blob_count(record, f->gateway->loop->blobs.n_held);
    return record;
}

/* In memory, where that takes it, and in the shared tier: what is somebody's stays in this process.
 * false: in neither. */
static bool keep(struct answer_flight *f, struct blob *blob)
{
    struct service_cache *c = cache_of(f);
    struct record r;
    CHECK(record_read(&r, blob_slice(blob)));
    const struct freshness_settings settings = answer_cache_settings(f->visit, r.status);
    uint64_t kept_ms = freshness_kept_ms(&r.freshness, &settings, false);
    struct slice url = answer_cache_path(f->visit, false);
    if (!kept_ms || !url.at || cache_is_purged_record(cache_of(f)->cache, &r, url, f->begun))
        return false;
    const struct tier_entry shared = {blob, url, kept_ms, f->purges};
    const struct cache_entry entry = {
        .record = blob_share(blob),
        .url = url,
        .until_ms = r.freshness.came_ms + kept_ms,
        .begun = f->begun,
    };
    bool is_shared = c->tier && !r.freshness.is_private && tier_put(c->tier, &f->key, &shared);
    return cache_put(c->cache, &entry) || is_shared;
}

/* What was everybody's is no longer, and for a while nobody waits for another's. */
static void put_sign(struct answer_flight *f)
{
    struct service_cache *c = cache_of(f);
    uint64_t now_ms = answer_cache_now(f->visit);
    const struct record sign = {.freshness = {.came_ms = now_ms}, .key = f->key.text};
    const struct cache_entry e = {
        .record = record_write(&sign, f->gateway->config->bounds.memory),
        .until_ms = now_ms + RECORD_SIGN_MS,
        .begun = f->begun,
    };
    service_cache_remove(c, f->key.text);
    if (e.record)
        cache_put(c->cache, &e);
}

/* Else what is stale stays, and each request would ask for it anew. */
static void rest_or_not(struct answer_flight *f, const struct collected *c)
{
    struct service_cache *cache = cache_of(f);
    if (is_success(f, c) || status_is_missing(c->status))
        flights_rest_not(cache->cache->flights, &f->key);
    else
        flights_rest(cache->cache->flights, &f->key, cache->loop->now_ms);
}

static void on_collected(void *owner, const struct collected *c)
{
    struct answer_flight *f = owner;
    const struct whose w = whose(f);
    bool is_kept = false, is_one_clients = w.is_one_clients;
    struct blob *record = make_record(f, c, w.is_private, &is_kept);
    if (f->first && f->visit->run)
        access_log_keep(f->first->visit, f->visit->run);
    if (is_one_clients)
        put_sign(f);
    is_kept = is_kept && record && !is_one_clients && keep(f, record);
    if (f->kind.is_background)
        rest_or_not(f, c);
    if (!is_kept && status_is_missing(c->status))
        service_cache_remove(cache_of(f), f->key.text);
    land(f, &f->key, record, is_kept ? ANSWER_KEPT : is_one_clients ? ANSWER_OWN : ANSWER_LANDED);
}

static void on_gone(struct exchange *e)
{
    struct visit *v = e->run;
    if (v && v->run)
        run_stop(v->run);
}

static void on_room(struct exchange *e)
{
    struct visit *v = e->run;
    v->run->delivery->on_room(v->run);
}

static void on_finished(struct exchange *e)
{
    struct answer_flight *f = e->context;
    struct gateway *g = f->gateway;
    struct visit *v = f->visit;
    if (v && v->run) {
        run_stop(v->run);
        spans_tell_run(v->run);
        run_done(v->run);
    }
    answer_flight_free(f);
    gateway_release(g);
}

static const struct exchange_handlers handlers = {
    .on_gone = on_gone,
    .on_room = on_room,
    .on_finished = on_finished,
};

/* Would the endpoint answer so, and keep it? */
static bool is_an_answer(const struct answer_flight *f, const struct record *r)
{
    const struct config_endpoint *e = f->visit->plan->config;
    struct record_field field;
    size_t at = 0;
    while (record_next_field(r, &at, &field))
        if (!record_keeps_field(field.name, SLICE_NONE))
            return false;
    return !r->freshness.is_private &&
           (r->status == e->status || (e->cache.negative_ms && status_is_missing(r->status))) &&
           scan_json(r->body, DEPTH_MAX).verdict == SCAN_OK;
}

/* What another instance has made is as good, for as long as that is fresh and the client that began
 * this wants it; anybody may have written it who can write there. */
static bool is_good(const struct answer_flight *f, struct blob *record)
{
    struct record r;
    return record_read(&r, blob_slice(record)) && is_an_answer(f, &r) &&
           (!r.is_brittle || r.purges == f->purges) &&
           service_cache_believes(cache_of(f), &r, answer_cache_path(f->visit, false)) &&
           answer_cache_is_wanted(f->visit, &r);
}

static void take(struct answer_flight *f, struct blob *record)
{
    struct record r;
    CHECK(record_read(&r, blob_slice(record)));
    const struct freshness_settings settings = answer_cache_settings(f->visit, r.status);
    const struct cache_entry entry = {
        .record = blob_share(record),
        .url = answer_cache_path(f->visit, false),
        .until_ms = r.freshness.came_ms + freshness_kept_ms(&r.freshness, &settings, false),
        .begun = f->begun,
    };
    (void)cache_put(cache_of(f)->cache, &entry);
    land(f, &f->key, record, ANSWER_FOUND);
    abandon(f);
}

static void go_on(struct answer_flight *f)
{
    if (f->kind.has_no_run)
        fail(f);
    else
        gateway_go_on(f->visit);
}

static void on_got(void *owner, struct blob *record, uint64_t purges)
{
    struct answer_flight *f = owner;
    f->ask = NULL;
    f->purges = purges;
    if (record && is_good(f, record)) {
        take(f, record);
        return;
    }
    if (record)
        blob_release(&f->gateway->loop->blobs, record);
    f->visit->waited_ms += (f->gateway->loop->now_ns - f->asked_ns) / NS_A_MS;
    go_on(f);
}

/* The visit of the request that began it. Where it is alone its patience is that client's; what
 * that one has waited is not there for the run in any case, as its answer is due then. */
static bool visit_alike(struct answer_flight *f, const struct visit *asker)
{
    struct exchange *e = collector_exchange(f->collector);
    bool is_copied = collector_ask_alike(f->collector, &asker->exchange->request);
    e->request.method = asker->plan->config->method; /* a HEAD shares what GET is answered */
    struct visit *v = is_copied ? visit_begin(f->gateway, e) : NULL;
    if (!v)
        return false;
    f->visit = e->run = v;
    v->plan = asker->plan;
    v->is_shared = true;
    v->labels = arena_take_zero(&e->arena, 1, sizeof *v->labels);
    v->patience_ms = f->kind.is_alone ? asker->patience_ms : UINT64_MAX;
    v->waited_ms = f->kind.is_background ? 0 : asker->waited_ms;
    v->trace = asker->trace;
    v->has_parent = asker->has_parent;
    v->is_recorded = asker->is_recorded;
    memcpy(v->span, asker->span, sizeof v->span);
    v->request_id = arena_copy(&e->arena, asker->request_id);
    v->identity = (struct identity){
        .policy = asker->identity.policy, /* the configuration's */
        .name = arena_copy(&e->arena, asker->identity.name),
        .is_key = asker->identity.is_key,
        .claims = arena_copy(&e->arena, asker->identity.claims),
    };
    return v->labels && v->request_id.at && v->identity.name.at && v->identity.claims.at;
}

/* Calls in the background cost nothing. */
static bool is_waited_for(const struct answer_flight *f)
{
    return f->first;
}

static void open_collector(struct answer_flight *f, const struct visit *asker)
{
    const struct collector_settings settings = {
        .loop = f->gateway->loop,
        .pool = &f->gateway->exchanges,
        .handlers = &handlers,
        .arena_limit = asker->exchange->arena.limit,
        .done = on_collected,
        .owner = f,
    };
    f->collector = collector_open(&settings);
    collector_exchange(f->collector)->context = f;
}

static void copy_key(struct answer_flight *f, const struct cache_key *k)
{
    char *text = malloc(k->text.n);
    CHECK(text);
    memcpy(text, k->text.at, k->text.n);
    f->key = (struct cache_key){{text, k->text.n}, k->hash};
}

/* What credentials went into is not there, and who wants nothing kept need not look. */
static bool may_ask_tier(const struct answer_flight *f)
{
    struct freshness_wish w;
    bool is_unwanted = answer_cache_wish(f->visit, &w) && w.is_no_cache;
    return cache_of(f)->tier && !f->kind.has_credentials && !is_unwanted;
}

void answer_flight_start(struct answer_flight *f, struct visit *v, const struct cache_key *k,
                         const struct answer_flight_kind *kind)
{
    struct service_cache *c = cache_of(f);
    gateway_hold(f->gateway);
    copy_key(f, k);
    f->kind = *kind;
    f->begun = generations_now(c->cache->generations);
    open_collector(f, v);
    if (!visit_alike(f, v)) {
        fail(f);
        return;
    }
    if (is_waited_for(f))
        rate_limit_lend(v, f->visit);
    if (!gateway_look_at(f->visit))
        return; /* what was answered is collected */
    f->asked_ns = f->gateway->loop->now_ns;
    if (may_ask_tier(f))
        f->ask = tier_get(c->tier, &f->key, on_got, f);
    if (!f->ask)
        go_on(f);
}
