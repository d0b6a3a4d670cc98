/* service_lookup.c - one place after the other: of these credentials, then what is public */
#include "service/service_lookup.h"

#include "service/service_key.h"
#include "service/service_tags.h"
#include "wire/status.h"

bool service_lookup_takes(const struct config_cache *s, unsigned status)
{
    if (status_is_missing(status))
        return s->negative_ms;
    return status_is_success(status) && status != 206;
}

struct freshness_settings service_lookup_settings(const struct config_cache *s, unsigned status)
{
    bool is_negative = status >= 400;
    return (struct freshness_settings){
        .ttl_ms = is_negative ? s->negative_ms : s->ttl_ms,
        .stale_while_revalidate_ms = is_negative ? 0 : s->stale_while_revalidate_ms,
        .stale_if_error_ms = is_negative ? 0 : s->stale_if_error_ms,
        .respects_origin = s->respects_origin,
    };
}

struct freshness_verdict service_lookup_judge(const struct record *r,
                                              const struct service_question *q)
{
    const struct config_cache *s = q->caching->settings;
    struct freshness_verdict v = {.state = FRESHNESS_OVER};
    if (!service_lookup_takes(s, r->status))
        return v;
    const struct freshness_settings settings = service_lookup_settings(s, r->status);
    struct freshness f = r->freshness;
    if (r->status >= 400 && f.lifetime_ms != FRESHNESS_UNTOLD && f.lifetime_ms > settings.ttl_ms)
        f.lifetime_ms = settings.ttl_ms; /* what is not there may come at any time */
    v = freshness_judge(&f, &settings, q->now_ms);
    return q->caching->wish ? freshness_wish_judge(q->caching->wish, v) : v;
}

bool service_lookup_knows_tags(const struct record *r, const struct service_caching *c)
{
    return record_is_sign(r) || service_tags_are_of(r, c->tags, c->n_tags);
}

/* By who asks, whoever made it: its tags may be others than those that the entry was put with, and
 * so, under a `key:`, its URL. */
static bool is_purged(const struct service_cache *c, const struct service_question *q,
                      const struct record *r, const struct memory_store_origin *from)
{
    const struct cache_labels own = {
        .url = q->caching->url, .tags = q->caching->tags, .n_tags = q->caching->n_tags};
    return (from->is_found && !service_lookup_knows_tags(r, q->caching)) ||
           cache_is_purged(c->cache, &own, from->begun);
}

/* At the key that is written; a share. NULL: nothing. */
static struct blob *find(struct service_cache *c, const struct service_question *q,
                         struct record *r)
{
    const struct cache_key key = cache_key_of(buffer_slice(&c->key));
    struct memory_store_origin from;
    struct blob *b = memory_store_find_from(c->cache->memory, &key, q->now_ms, &from);
    if (!b || (record_read(r, blob_slice(b)) && !is_purged(c, q, r, &from)))
        return b;
    blob_release(NULL, b); /* records are of no pool */
    return NULL;
}

/* At the base that is written, or, where a sign there tells what its answers vary by, behind it.
 * *sign: a share of that. false: the key is too long. */
static bool look(struct service_cache *c, const struct service_question *q,
                 struct service_lookup *l, struct blob **sign)
{
    l->blob = find(c, q, &l->record);
    if (!l->blob || !record_is_sign(&l->record) || !l->record.vary.n)
        return true;
    if (*sign)
        blob_release(NULL, *sign);
    *sign = l->blob;
    l->blob = NULL;
    if (!service_key_put_vary(&c->key, l->record.vary, q->fields))
        return false;
    l->blob = find(c, q, &l->record);
    return true;
}

static bool write_base(struct service_cache *c, const struct service_question *q,
                       bool has_credentials)
{
    c->key.n = 0;
    return service_key_put_base(&c->key, q->caching, has_credentials);
}

static bool write_flight_key(struct service_cache *c, const struct service_question *q,
                             const struct blob *sign)
{
    struct record r;
    if (!write_base(c, q, true))
        return false;
    return !sign || !record_read(&r, blob_slice(sign)) ||
           service_key_put_vary(&c->key, r.vary, q->fields);
}

static void drop(struct service_lookup *l)
{
    if (l->blob)
        blob_release(NULL, l->blob);
    l->blob = NULL;
}

static enum service_lookup_state state_of(enum freshness_state state)
{
    switch (state) {
    case FRESHNESS_FRESH:
        return SERVICE_LOOKUP_FRESH;
    case FRESHNESS_REVALIDATE:
        return SERVICE_LOOKUP_REVALIDATE;
    case FRESHNESS_ON_ERROR:
    case FRESHNESS_OVER:
        break;
    }
    return SERVICE_LOOKUP_MISS;
}

/* What was found, if anything was. */
static void judge(const struct service_question *q, struct service_lookup *l)
{
    if (l->blob && record_is_sign(&l->record)) {
        if (!freshness_is_ahead(&l->record.freshness, q->now_ms))
            l->state = SERVICE_LOOKUP_ALONE;
        drop(l);
    } else if (l->blob) {
        l->verdict = service_lookup_judge(&l->record, q);
        l->state = state_of(l->verdict.state);
    }
}

/* What is public is had where there is nothing of these credentials, or where it came later (RFC
 * 9111 4). *sign: as of look(). */
static bool look_at_public(struct service_cache *c, const struct service_question *q,
                           struct service_lookup *l, struct blob **sign)
{
    struct service_lookup all = {.blob = NULL};
    if (!write_base(c, q, false) || !look(c, q, &all, sign))
        return false;
    if (all.blob && (!service_lookup_is_public(&all.record) || /* of who has no credentials */
                     (l->blob && all.record.freshness.came_ms < l->record.freshness.came_ms)))
        drop(&all);
    if (all.blob) {
        drop(l);
        *l = all;
        judge(q, l);
    }
    return true;
}

/* What is public stands under the base alone, and is looked for where what these credentials have
 * is not fresh; the flight is of these all the same, and for what they have, if they have
 * something. */
static bool look_everywhere(struct service_cache *c, const struct service_question *q,
                            struct service_lookup *l, struct blob **sign)
{
    struct blob *other = NULL;
    if (!write_base(c, q, true) || !look(c, q, l, sign))
        return false;
    judge(q, l);
    if (!service_key_has_public(q->caching) || l->state == SERVICE_LOOKUP_ALONE ||
        l->state == SERVICE_LOOKUP_FRESH)
        return true;
    bool has_own = l->blob;
    bool is_good = look_at_public(c, q, l, has_own ? &other : sign);
    if (other)
        blob_release(NULL, other);
    return is_good && write_flight_key(c, q, *sign);
}

void service_lookup_find(struct service_cache *c, const struct service_question *q,
                         struct service_lookup *l)
{
    struct blob *sign = NULL;
    *l = (struct service_lookup){.state = SERVICE_LOOKUP_MISS};
    bool has_key = look_everywhere(c, q, l, &sign);
    if (sign)
        blob_release(NULL, sign);
    if (has_key)
        l->key = buffer_slice(&c->key);
    else if (l->state == SERVICE_LOOKUP_MISS)
        l->state = SERVICE_LOOKUP_ALONE;
}

bool service_lookup_has(struct service_cache *c, const struct service_question *q)
{
    struct service_lookup l;
    service_lookup_find(c, q, &l);
    drop(&l);
    return l.state == SERVICE_LOOKUP_FRESH || l.state == SERVICE_LOOKUP_REVALIDATE;
}
