/* service_keep.c - from an answer to a record, and with it to its places */
#include "service/service_keep.h"

#include <ctype.h>

#include "base/check.h"
#include "service/service_key.h"
#include "service/service_lookup.h"
#include "service/service_tags.h"
#include "store/tier.h"
#include "wire/token.h"

enum {
    VARY_MAX = 1024, /* bytes of names; an answer that varies by more is as good as unique */
};

/* An answer on its way into a record. */
struct keeping {
    struct service_keeping *k;
    struct record record;
    struct service_tags tags;
    unsigned n_own; /* of the tags: of the configuration, the first ones */
    bool is_public; /* it stands where all find it */
};

static const struct config_cache *settings_of(const struct service_keeping *k)
{
    return k->caching->settings;
}

static size_t limit_of(const struct service_keeping *k)
{
    return k->context->bounds->response_body + RECORD_ROOM;
}

/* false: the arena is full. */
static bool gather_fields(struct keeping *w, const struct service_answer *a)
{
    struct record_field f;
    unsigned n = 0;
    for (size_t at = 0; service_answer_next_field(a, &at, &f);)
        n++;
    struct record_field *fields = arena_take(w->k->arena, (n + 1) * sizeof *fields);
    if (!fields)
        return false;
    n = 0;
    for (size_t at = 0; service_answer_next_field(a, &at, &f);)
        fields[n++] = f;
    w->record.fields = fields;
    w->record.n_fields = n;
    return true;
}

static struct slice first_value(const struct record *r, struct slice name)
{
    for (unsigned i = 0; i < r->n_fields; i++)
        if (token_equals(r->fields[i].name, name))
            return r->fields[i].value;
    return SLICE_NONE;
}

/* In lower case; one that is there already is not added again. */
static bool add_name(struct buffer *names, struct slice name)
{
    struct slice before = buffer_slice(names);
    if ((names->n && !buffer_append(names, SLICE(", "))) || !buffer_append(names, name))
        return false;
    struct slice added = slice_after(buffer_slice(names), names->n - name.n);
    for (size_t i = names->n - name.n; i < names->n; i++)
        names->at[i] = (char)tolower((unsigned char)names->at[i]);
    if (token_list_has((struct slice){names->at, before.n}, added))
        names->n = before.n;
    return true;
}

/* false: they are too long. */
static bool gather_names(const struct record *r, struct buffer *names)
{
    struct slice name;
    for (unsigned i = 0; i < r->n_fields; i++) {
        struct slice rest = r->fields[i].value;
        if (!token_equals(r->fields[i].name, SLICE("vary")))
            continue;
        while (token_next(&rest, &name))
            if (!add_name(names, name))
                return false;
    }
    return true;
}

/* false: by too much, or the arena is full. */
static bool read_vary(struct keeping *w)
{
    struct buffer names;
    buffer_init(&names, VARY_MAX);
    bool is_good = gather_names(&w->record, &names);
    if (is_good && names.n) {
        w->record.vary = arena_copy(w->k->arena, buffer_slice(&names));
        is_good = w->record.vary.at;
    }
    buffer_done(&names);
    return is_good;
}

/* Those of the configuration first. */
static void gather_tags(struct keeping *w)
{
    for (unsigned i = 0; i < w->k->caching->n_tags; i++)
        service_tags_add(&w->tags, w->k->caching->tags[i]);
    w->n_own = w->tags.n;
    for (unsigned i = 0; settings_of(w->k)->takes_tags && i < w->record.n_fields; i++)
        service_tags_read(&w->tags, w->record.fields[i].name, w->record.fields[i].value,
                          w->k->arena);
    w->record.tags = w->tags.at;
    w->record.n_tags = w->tags.n;
}

/* What it has had stays, where a 304 names no tags. */
static void keep_tags(struct keeping *w, const struct record *old)
{
    if (w->tags.n == w->n_own)
        service_tags_add_record(&w->tags, old);
    w->record.n_tags = w->tags.n;
}

/* The base, and behind it the fields that the origin says its answer varies by. false: no room. */
static bool write_key(struct keeping *w, struct slice vary, struct slice *key)
{
    struct buffer *out = &w->k->cache->key;
    out->n = 0;
    if (!service_key_put_base(out, w->k->caching, !w->is_public) ||
        !service_key_put_vary(out, vary, w->k->fields))
        return false;
    *key = arena_copy(w->k->arena, buffer_slice(out));
    return key->at;
}

bool service_keep_is_telling(unsigned status)
{
    bool is_refusal = status >= 400 && status < 500 && status != 408 && status != 429;
    return status < 300 || is_refusal;
}

/* What lies at the place that is written; NULL where it is no sign. */
static struct blob *find_sign(const struct service_keeping *k, struct record *sign)
{
    const struct cache_key place = cache_key_of(buffer_slice(&k->cache->key));
    struct blob *b =
        memory_store_find(k->cache->cache->memory, &place, service_lookup_now_ms(k->cache));
    if (b && record_read(sign, blob_slice(b)) && record_is_sign(sign))
        return b;
    if (b)
        blob_release(NULL, b);
    return NULL;
}

/* Where who has other credentials finds what is public: at the base and, by the sign there, with
 * the fields of this request that it varies by. Who has no credentials has its own there, which
 * stays. */
static void forget_public(struct service_keeping *k)
{
    struct buffer *out = &k->cache->key;
    struct record sign;
    out->n = 0;
    if (!service_key_has_public(k->caching) || !service_key_put_base(out, k->caching, false))
        return;
    struct blob *b = find_sign(k, &sign);
    service_cache_withdraw(k->cache, buffer_slice(out));
    if (b && service_key_put_vary(out, sign.vary, k->fields))
        service_cache_withdraw(k->cache, buffer_slice(out));
    if (b)
        blob_release(NULL, b);
}

/* Is that about who asks, and not about what is there? */
static bool is_refusal(const struct service_keeping *k, unsigned status)
{
    return k->caching->credentials.n && (status == 401 || status == 403);
}

/* Is it a place of these credentials, or of nobody's where there are none? */
static bool is_own(const struct service_keeping *k, struct slice key)
{
    struct buffer *out = &k->cache->key;
    out->n = 0;
    return service_key_put_base(out, k->caching, true) && slice_starts(key, buffer_slice(out));
}

static void forget_at(const struct service_keeping *k, struct slice key, bool is_for_all)
{
    if (!key.n || slice_equal(key, k->key))
        return;
    if (is_own(k, key))
        service_cache_remove(k->cache, key);
    else if (is_for_all)
        service_cache_withdraw(k->cache, key);
}

/* Not kept: what was there before is not to be found any more. key, vary: of the answer. */
static void forget(struct service_keeping *k, struct slice key, struct slice vary, unsigned status)
{
    if (!service_keep_is_telling(status))
        return;
    bool is_for_all =
        !is_refusal(k, status) && !service_key_is_varied_by_credentials(k->caching, vary);
    service_cache_remove(k->cache, k->key);
    forget_at(k, key, is_for_all);
    forget_at(k, k->asked, is_for_all);
    if (is_for_all)
        forget_public(k);
}

static void put_in_tier(const struct keeping *w, struct blob *record, struct slice key,
                        uint64_t kept_ms)
{
    const struct service_keeping *k = w->k;
    const struct cache_key place = cache_key_of(key);
    const struct tier_entry e = {record, k->caching->url, kept_ms, k->purges};
    /* What belongs to somebody's credentials does not leave the process, nor do these. */
    if (k->cache->tier && (w->is_public || !k->caching->credentials.n))
        tier_put(k->cache->tier, &place, &e);
}

/* Was any of it purged since it was asked for? */
static bool is_purged(const struct service_keeping *k, const struct blob *record)
{
    struct record r;
    CHECK(record_read(&r, blob_slice(record))); /* we have written it */
    return cache_is_purged_record(k->cache->cache, &r, k->caching->url, k->begun);
}

/* false: memory does not take it. The shared tier decides for itself. */
static bool put(const struct keeping *w, struct blob *record, struct slice key, uint64_t kept_ms)
{
    const struct service_keeping *k = w->k;
    const struct cache_entry e = {
        .record = blob_share(record),
        .url = k->caching->url,
        .until_ms = k->came_ms + kept_ms,
        .begun = k->begun,
    };
    if (!is_purged(k, record))
        put_in_tier(w, record, key, kept_ms);
    return cache_put(k->cache->cache, &e);
}

/* Says what answers to the base vary by, or, without names, that they are nobody else's. */
static void put_sign(const struct keeping *w, struct slice key, struct slice vary, uint64_t kept_ms)
{
    const struct record sign = {
        .freshness = w->record.freshness, .key = key, .name = w->k->caching->name, .vary = vary};
    struct blob *blob = record_write(&sign, limit_of(w->k));
    if (!blob)
        return;
    if (vary.n) {
        put(w, blob, key, kept_ms);
        blob_release(NULL, blob);
        return;
    }
    const struct cache_entry e = {
        .record = blob, .until_ms = w->k->came_ms + kept_ms, .begun = w->k->begun};
    cache_put(w->k->cache->cache, &e);
}

static bool respects(const struct service_keeping *k)
{
    return settings_of(k)->respects_origin;
}

/* May others have it that asked alike meanwhile? What is private may be had by who has the same
 * credentials, as these are in the key. */
static bool is_shared(const struct keeping *w)
{
    const struct freshness *f = &w->record.freshness;
    bool is_own = f->is_private && !w->k->caching->credentials.n;
    return !respects(w->k) || (!f->is_no_store && !is_own);
}

static bool is_to_be_kept(const struct keeping *w, uint64_t *kept_ms)
{
    const struct record *r = &w->record;
    if (!service_lookup_takes(settings_of(w->k), r->status))
        return false;
    const struct freshness_settings s = service_lookup_settings(settings_of(w->k), r->status);
    *kept_ms = freshness_kept_ms(&r->freshness, &s, r->etag.n || r->last_modified.n);
    return *kept_ms && freshness_may_store(&r->freshness, &s);
}

/* Does it go where all find it, and to the shared tier? Not with fields of credentials in its key.
 */
static bool is_everybodys(const struct keeping *w, const struct record *r)
{
    const struct service_caching *c = w->k->caching;
    return service_key_has_public(c) && r->freshness.is_public &&
           !is_refusal(w->k, r->status) && /* whatever it says of itself */
           !service_key_is_varied_by_credentials(c, r->vary);
}

/* The record is written: it goes where it is found. What these credentials had before is not found
 * in place of it. */
static void settle(struct keeping *w, uint64_t kept_ms)
{
    struct service_keeping *k = w->k;
    const struct cache_key own = cache_key_of(k->key);
    struct slice base;
    if (w->is_public)
        memory_store_remove(k->cache->cache->memory, &own); /* it is in no tier */
    k->is_stored = put(w, k->record, w->record.key, kept_ms);
    if (k->is_stored && w->record.vary.n && write_key(w, SLICE_NONE, &base))
        put_sign(w, base, w->record.vary, kept_ms);
}

static void look_at_head(struct keeping *w)
{
    struct record *r = &w->record;
    record_freshness(&r->freshness, r->fields, r->n_fields, w->k->asked_ms, w->k->came_ms);
    r->etag = first_value(r, SLICE("etag"));
    r->last_modified = first_value(r, SLICE("last-modified"));
    r->name = w->k->caching->name;
    gather_tags(w);
}

/* An answer that its reader cannot read is handed out, and not kept: what was there before stays,
 * as behind any other failure. */
static bool look_at_body(struct keeping *w, const struct service_answer *a)
{
    struct service_answer seen = *a;
    struct service_keeping *k = w->k;
    seen.is_json = service_answer_is_json(a, k->context);
    w->record.body = a->body;
    w->record.is_json = seen.is_json;
    return a->status > 299 || service_answer_is_readable(&seen, k->format, k->context, k->arena);
}

/* A failure whose answer is nobody else's is a failure for all the same: they have its status. */
static void share_status(struct keeping *w)
{
    const struct record bare = {
        .freshness = w->record.freshness,
        .status = w->record.status,
        .key = w->k->key,
        .name = w->record.name,
    };
    w->k->record = record_write(&bare, limit_of(w->k));
    w->k->is_shared = w->k->record;
}

static void refuse(struct keeping *w)
{
    unsigned status = w->record.status;
    if (status >= 400 && !service_keep_is_telling(status)) {
        share_status(w);
        return;
    }
    if (!w->k->is_readable)
        return;
    forget(w->k, w->k->key, w->record.vary, status);
    put_sign(w, w->k->key, SLICE_NONE, RECORD_SIGN_MS);
}

void service_keep_answer(struct service_keeping *k, const struct service_answer *a)
{
    struct keeping w = {.k = k, .record = {.status = a->status}};
    uint64_t kept_ms = 0;
    if (!gather_fields(&w, a))
        return;
    look_at_head(&w);
    k->is_readable = look_at_body(&w, a);
    bool has_names = !respects(k) || read_vary(&w);
    if (!has_names || !is_shared(&w)) {
        refuse(&w);
        return;
    }
    w.is_public = is_everybodys(&w, &w.record);
    if (!write_key(&w, w.record.vary, &w.record.key))
        return;
    k->record = record_write(&w.record, limit_of(k));
    k->is_shared = k->record;
    if (k->record && k->is_readable && is_to_be_kept(&w, &kept_ms))
        settle(&w, kept_ms);
    else if (k->is_readable)
        forget(k, w.record.key, w.record.vary, a->status);
}

/* The record as the 304 makes it, at the place that it is for then. */
static bool refresh(struct keeping *w, const struct record *old, const struct record *by)
{
    struct record at_place = *old;
    if (w->k->record)
        blob_release(NULL, w->k->record);
    w->k->record = NULL;
    if (!write_key(w, by->vary.n ? by->vary : old->vary, &at_place.key))
        return false;
    w->k->record = record_refreshed(&at_place, by, limit_of(w->k));
    return w->k->record && record_read(&w->record, blob_slice(w->k->record));
}

void service_keep_refreshed(struct service_keeping *k, const struct record *old,
                            const struct service_answer *a)
{
    struct keeping w = {.k = k};
    uint64_t kept_ms = 0;
    if (!gather_fields(&w, a))
        return;
    look_at_head(&w);
    if (respects(k) && !read_vary(&w))
        return;
    keep_tags(&w, old);
    struct record by = w.record;
    if (!refresh(&w, old, &by))
        return;
    if (is_everybodys(&w, &w.record)) { /* as the two together say */
        w.is_public = true;
        if (!refresh(&w, old, &by))
            return;
    }
    k->is_shared = is_shared(&w);
    if (k->is_shared && is_to_be_kept(&w, &kept_ms)) {
        settle(&w, kept_ms);
        return;
    }
    forget(k, old->key, w.record.vary, old->status);
    if (!k->is_shared)
        put_sign(&w, k->key, SLICE_NONE, RECORD_SIGN_MS);
}

void service_keep_found(struct service_keeping *k, struct blob *blob, const struct record *r)
{
    const struct freshness_settings s = service_lookup_settings(settings_of(k), r->status);
    const struct cache_entry e = {
        .record = blob_share(blob),
        .url = k->caching->url,
        .until_ms = r->freshness.came_ms +
                    freshness_kept_ms(&r->freshness, &s, r->etag.n || r->last_modified.n),
        .begun = k->begun,
        .is_found = true,
    };
    cache_put(k->cache->cache, &e);
}
