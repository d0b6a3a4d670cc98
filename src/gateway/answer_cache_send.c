/* answer_cache_send.c - a record becomes an answer */
#include "base/check.h"
#include "gateway/answer_cache_internal.h"
#include "gateway/compressing.h"
#include "gateway/etag.h"
#include "gateway/telling.h"
#include "wire/status.h"
#include "wire/token.h"

enum {
    STATUS_NOT_MODIFIED = 304
};

static bool add(struct answer *a, struct slice name, struct slice value)
{
    if (value.at)
        answer_add(a, name, value);
    return value.at;
}

/* The endpoint's fixed fields, which are there already, win. What the run told of its sources'
 * caching is of no interest later. */
static bool add_field(struct answer *a, const struct record_field *f, unsigned n_fixed,
                      struct arena *arena)
{
    if (token_equals(f->name, SLICE("vary"))) /* ours stands beside a fixed one */
        return answer_add_vary(a, f->value, arena);
    if (!answer_has(a, n_fixed, f->name))
        answer_add(a, f->name, f->value);
    return true;
}

static bool add_fields(struct answer *a, const struct answer_cache_sending *s, struct arena *arena)
{
    struct record_field f;
    size_t at = 0;
    while (a->n_secured && record_next_field(s->record, &at, &f))
        security_give_way(a, f.name);
    at = 0;
    unsigned n_fixed = a->n;
    bool is_good = true;
    while (record_next_field(s->record, &at, &f)) {
        bool is_old = s->how != OUTCOME_MISS && token_equals(f.name, SLICE("cache-status"));
        if (!is_old)
            is_good &= add_field(a, &f, n_fixed, arena);
    }
    return is_good;
}

static bool add_age(struct answer *a, const struct answer_cache_sending *s, struct arena *arena)
{
    if (s->how == OUTCOME_MISS)
        return true;
    return add(a, SLICE("Cache-Status"), telling_hit(s->verdict.ttl_ms, arena)) &&
           add(a, SLICE("Age"), telling_age(s->verdict.age_ms, arena));
}

/* What was made for this very request has all of its time. */
static int64_t ttl_of(const struct answer_cache_sending *s)
{
    return s->how == OUTCOME_MISS ? s->verdict.ttl_ms + (int64_t)s->verdict.age_ms
                                  : s->verdict.ttl_ms;
}

static bool add_control(struct answer *a, const struct visit *v,
                        const struct answer_cache_sending *s)
{
    struct arena *arena = &v->exchange->arena;
    bool is_private = s->record->freshness.is_private || telling_is_private(a, v->plan);
    if (!s->is_kept) {
        answer_add_no_store(a);
        return true;
    }
    if (s->record->etag.n) {
        answer_remove(a, SLICE("etag")); /* what a service called its part */
        answer_add(a, SLICE("ETag"), s->record->etag);
    }
    return answer_has(a, a->n, SLICE("cache-control")) ||
           add(a, SLICE("Cache-Control"), telling_control(is_private, ttl_of(s), arena));
}

static bool gather(struct answer *a, struct visit *v, const struct answer_cache_sending *s)
{
    struct arena *arena = &v->exchange->arena;
    if (!answer_init_for(a, v, record_count_fields(s->record)))
        return false;
    return add_fields(a, s, arena) && add_age(a, s, arena) && add_control(a, v, s) &&
           answer_add_timing(a, v);
}

/* What is kept is whole. */
static void count(const struct visit *v, const struct answer_cache_sending *s)
{
    enum counter_id id = COUNT_ANSWERS_COMPLETE;
    if (!status_is_success(s->record->status))
        id = COUNT_ANSWERS_FAILED;
    else if (!s->is_kept && answer_cache_has_failed(s->record))
        id = COUNT_ANSWERS_PARTIAL;
    counters_add(v->gateway->context.counters, id, 1);
}

static void put_body(struct visit *v, const struct answer_cache_sending *s)
{
    struct exchange *e = v->exchange;
    struct slice *part = NULL;
    if (v->coding != CODING_IDENTITY)
        part = arena_take(&e->arena, sizeof *part);
    if (part) {
        *part = s->record->body;
        if (compressing_start(v, part, 1, s->blob))
            return;
    }
    bool is_taken = v->coding == CODING_IDENTITY && exchange_put(e, s->record->body, s->blob);
    if (!is_taken)
        blob_release(&v->gateway->loop->blobs, s->blob);
    if (is_taken)
        exchange_end(e);
    else
        exchange_cut(e);
}

void answer_cache_send(struct visit *v, const struct answer_cache_sending *s)
{
    struct exchange *e = v->exchange;
    const struct record *r = s->record;
    struct slice etag = r->etag;
    struct answer a;
    unsigned status = r->status;
    v->cached = s->how;
    if (!gather(&a, v, s) || !compressing_choose(&a, v, r->body.n, &etag)) {
        blob_release(&v->gateway->loop->blobs, s->blob);
        answer_give_up(e);
        return;
    }
    if (s->is_kept && status_is_success(r->status) && etag_is_had(&e->request, etag)) {
        status = STATUS_NOT_MODIFIED;
        answer_remove(&a, SLICE("content-type"));
        compressing_forget(&a, v);
    }
    count(v, s);
    exchange_begin(e, status, a.fields, a.n, compressing_length(v, r->body.n));
    put_body(v, s);
}
