/* service_flight_land.c - what came is kept, and told to all that wait */
#include "base/check.h"
#include "service/service_flight_internal.h"

/* The word of a landing. Its news are the record, or a failure. */
struct word {
    uint8_t result, how, kind;
    uint8_t flags;
    uint32_t timeout_ms;
};
_Static_assert(sizeof(struct word) == sizeof(uint64_t), "a landing has room for it");

enum {
    IS_STORED = 1,
    IS_FOUND = 2,
    IS_REQUIRED = 4
};

struct failure {
    uint64_t retry_after_ms;
    uint32_t status;
    char detail[];
};

static uint64_t word_of(const struct service_flight_end *e, enum service_flight_result result)
{
    const struct word w = {
        .result = (uint8_t)result,
        .how = (uint8_t)e->how,
        .kind = (uint8_t)e->kind,
        .flags = (uint8_t)((e->is_stored ? IS_STORED : 0) | (e->is_found ? IS_FOUND : 0) |
                           (e->is_required ? IS_REQUIRED : 0)),
        .timeout_ms = e->timeout_ms,
    };
    uint64_t word;
    memcpy(&word, &w, sizeof word);
    return word;
}

static struct blob *failure_of(const struct service_flight_end *e)
{
    const struct failure f = {.retry_after_ms = e->retry_after_ms, .status = e->status};
    struct blob *b = blob_new(sizeof f + e->detail.n);
    memcpy(b->at, &f, sizeof f);
    if (e->detail.n)
        memcpy(b->at + sizeof f, e->detail.at, e->detail.n);
    return b;
}

static void read_failure(struct slice news, struct service_flight_end *e)
{
    struct failure f;
    memcpy(&f, news.at, sizeof f);
    e->retry_after_ms = f.retry_after_ms;
    e->status = f.status;
    e->detail = slice_after(news, sizeof f);
}

void service_flight_read(const struct landing *l, struct service_flight_end *end)
{
    struct word w;
    memcpy(&w, &l->word, sizeof w);
    *end = (struct service_flight_end){
        .result = (enum service_flight_result)w.result,
        .how = (enum outcome_cache)w.how,
        .kind = (enum outcome_kind)w.kind,
        .is_stored = w.flags & IS_STORED,
        .is_found = w.flags & IS_FOUND,
        .is_required = w.flags & IS_REQUIRED,
        .timeout_ms = w.timeout_ms,
    };
    switch (end->result) {
    case SERVICE_FLIGHT_ANSWER:
        CHECK(record_read(&end->record, blob_slice(l->news))); /* we have written it */
        end->answer = service_answer_of_record(&end->record, l->news);
        break;
    case SERVICE_FLIGHT_FAILURE:
        read_failure(blob_slice(l->news), end);
        break;
    case SERVICE_FLIGHT_ALONE:
        break;
    }
}

/* Who led hears first, as it may have more than the others; f is gone. record: a share is taken
 * over; NULL: there is none that others may have. */
static void tell(struct service_flight *f, const struct service_flight_end *e, struct blob *record)
{
    const struct service_cache *c = f->cache;
    struct flight_seat *seats;
    struct landing l = {.news = record};
    enum service_flight_result result = e->result;
    if (result == SERVICE_FLIGHT_ANSWER && !record)
        result = SERVICE_FLIGHT_ALONE;
    else if (result == SERVICE_FLIGHT_FAILURE)
        l.news = failure_of(e);
    l.word = word_of(e, result);
    size_t n = flights_land(c->cache->flights, &f->key, f->told, &seats);
    if (f->leader)
        f->on_ended(f->leader, e);
    landing_tell(c->crew, seats, n, &l);
    service_flight_recycle(f);
}

static struct service_flight_end begin_end(const struct service_flight *f)
{
    return (struct service_flight_end){
        .result = SERVICE_FLIGHT_ANSWER,
        .how = OUTCOME_MISS,
        .is_required = f->request.is_required,
        .timeout_ms = (uint32_t)f->request.timeout_ms,
    };
}

static struct service_keeping begin_keeping(struct service_flight *f)
{
    return (struct service_keeping){
        .cache = f->cache,
        .context = f->service->context,
        .caching = &f->caching,
        .fields = f->request.fields,
        .key = f->key.text,
        .asked = f->asked.text,
        .format = f->request.format,
        .arena = &f->arena,
        .asked_ms = f->asked_ms,
        .came_ms = service_lookup_now_ms(f->cache),
        .begun = f->begun,
        .purges = f->purges,
    };
}

/* Of a background call. One that went wrong rests: what is stale stays, and each request would ask
 * for it anew. */
static void rest_or_not(struct service_flight *f, bool is_good)
{
    struct flights *flights = f->cache->cache->flights;
    if (f->is_background && is_good)
        flights_rest_not(flights, &f->key);
    else if (f->is_background)
        flights_rest(flights, &f->key, f->cache->loop->now_ms);
}

static void land_failure(struct service_flight *f, const struct outcome *o)
{
    rest_or_not(f, false);
    struct service_flight_end e = begin_end(f);
    e.result = SERVICE_FLIGHT_FAILURE;
    e.kind = o->kind;
    e.status = o->status;
    e.detail = o->detail;
    e.retry_after_ms = o->retry_after_ms;
    e.n_attempts = o->n_attempts;
    tell(f, &e, NULL);
}

/* is_own: who led has the answer as it came, others from its record. */
static void land_kept(struct service_flight *f, struct service_flight_end *e,
                      const struct service_keeping *k, bool is_own)
{
    struct blob *shared = k->is_shared ? k->record : NULL;
    struct blob *unshared = k->is_shared ? NULL : k->record;
    e->is_stored = k->is_stored;
    if (k->record) {
        CHECK(record_read(&e->record, blob_slice(k->record))); /* we have written it */
        blob_count(k->record, f->cache->loop->blobs.n_held);
    }
    if (!is_own)
        e->answer = service_answer_of_record(&e->record, k->record);
    else
        e->answer.is_json = e->record.is_json;
    tell(f, e, shared);
    if (unshared)
        blob_release(NULL, unshared);
}

static void land_refreshed(struct service_flight *f, const struct outcome *o)
{
    static const struct outcome no_room = {
        .kind = OUTCOME_OVERLOADED, .detail = SLICE_INIT("no memory is left for the answer")};
    struct service_flight_end e = begin_end(f);
    struct service_keeping k = begin_keeping(f);
    const struct service_answer a = {
        .status = o->status, .fields = o->returned, .n_fields = o->n_returned};
    e.how = OUTCOME_REVALIDATED;
    e.n_attempts = o->n_attempts;
    service_keep_refreshed(&k, &f->validated, &a);
    counters_add(f->service->context->counters, COUNT_CACHE_SOURCE_REVALIDATED, 1);
    if (!k.record) {
        land_failure(f, &no_room);
        return;
    }
    rest_or_not(f, true);
    land_kept(f, &e, &k, false);
}

static void land_answer(struct service_flight *f, const struct outcome *o)
{
    struct service_flight_end e = begin_end(f);
    struct service_keeping k = begin_keeping(f);
    e.n_attempts = o->n_attempts;
    e.answer = (struct service_answer){
        .status = o->status,
        .body = o->value,
        .blob = o->blob,
        .fields = o->returned,
        .n_fields = o->n_returned,
    };
    service_keep_answer(&k, &e.answer);
    rest_or_not(f, service_keep_is_telling(o->status) && k.is_readable);
    land_kept(f, &e, &k, true);
}

void service_flight_land(struct service_flight *f, const struct outcome *o)
{
    struct blob_pool *blobs = &f->cache->loop->blobs;
    struct blob *body = o->blob;
    if (o->kind != OUTCOME_OK && o->kind != OUTCOME_STATUS)
        land_failure(f, o);
    else if (f->is_conditional && o->status == 304)
        land_refreshed(f, o);
    else
        land_answer(f, o);
    if (body)
        blob_release(blobs, body);
}

void service_flight_land_found(struct service_flight *f, struct blob *found, const struct record *r)
{
    struct service_flight_end e = begin_end(f);
    e.how = OUTCOME_HIT;
    e.is_stored = e.is_found = true;
    e.record = *r;
    e.answer = service_answer_of_record(&e.record, found);
    tell(f, &e, blob_share(found));
}
