/* telling.c - from what came of each source to the fields of the answer */
#include "gateway/telling.h"

#include "base/put.h"
#include "base/units.h"
#include "gateway/etag.h"
#include "gateway/gateway_internal.h"
#include "gateway/items.h"
#include "wire/token.h"

enum {
    NUMBER_SIZE = PUT_NUMBER_MAX + 1, /* with a sign */
    MOMENT_MS = 50, /* what came so long ago has all of its seconds: others count whole ones */
    WORD_MAX = 16,  /* of telling_word(), and what joins it to a name */
};

static const struct slice comma = SLICE_INIT(", ");

const char *telling_word(enum outcome_cache how)
{
    switch (how) {
    case OUTCOME_UNCACHED:
        break;
    case OUTCOME_MISS:
        return "miss";
    case OUTCOME_REVALIDATED:
        return "revalidated";
    case OUTCOME_HIT:
        return "hit";
    case OUTCOME_STALE:
        return "stale";
    }
    return NULL;
}

static bool is_had(const struct telling_source *s)
{
    return (s->how == OUTCOME_HIT || s->how == OUTCOME_STALE) && !s->caching->has_missed;
}

struct telling telling_judge(const struct telling_source *sources, unsigned n, bool is_asked)
{
    struct telling t = {.has_status = is_asked, .ttl_ms = INT64_MAX};
    unsigned n_called = 0, n_had = 0, n_cached = 0;
    for (unsigned i = 0; i < n; i++) {
        const struct outcome_caching *c = sources[i].caching;
        if (sources[i].has_no_call)
            continue;
        n_called++;
        n_had += is_had(&sources[i]);
        n_cached += sources[i].is_good && c->is_stored;
        t.has_status |= sources[i].how != OUTCOME_UNCACHED;
        t.is_private |= c->is_private;
        if (c->is_stored && c->ttl_ms < t.ttl_ms)
            t.ttl_ms = c->ttl_ms;
    }
    t.is_had = n_called && n_had == n_called;
    t.is_cached = n_called && n_cached == n_called;
    return t;
}

static char *put_signed(char *at, int64_t n)
{
    if (n < 0)
        *at++ = '-';
    return put_number(at, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

/* Names are [A-Za-z0-9_]: nothing in the quoted string is escaped. */
static char *put_detail(char *at, const struct telling_source *sources, unsigned n)
{
    char *start = at;
    for (unsigned i = 0; i < n; i++) {
        const char *word = telling_word(sources[i].how);
        if (!word)
            continue;
        at = put(at, at == start ? SLICE("; detail=\"") : SLICE(","));
        at = put(at, sources[i].name);
        *at++ = '=';
        at = put(at, slice_of(word));
    }
    if (at != start)
        *at++ = '"';
    return at;
}

struct slice telling_status(const struct telling *t, const struct telling_source *sources,
                            unsigned n, struct arena *arena)
{
    size_t size = sizeof "sheaf; fwd=miss; detail=\"\"";
    for (unsigned i = 0; i < n; i++)
        size += sources[i].name.n + WORD_MAX;
    char *text = arena_take(arena, size);
    if (!text)
        return SLICE_NONE;
    char *at = put(text, t->is_had ? SLICE("sheaf; hit") : SLICE("sheaf; fwd=miss"));
    at = put_detail(at, sources, n);
    return (struct slice){text, (size_t)(at - text)};
}

static struct slice with_number(struct slice words, int64_t n, struct arena *arena)
{
    char *text = arena_take(arena, words.n + NUMBER_SIZE);
    if (!text)
        return SLICE_NONE;
    char *at = put_signed(put(text, words), n);
    return (struct slice){text, (size_t)(at - text)};
}

/* Whole seconds that are left, the one too of which no more than a moment is gone, or that it has
 * been stale for, the one begun too. */
static int64_t seconds_left(int64_t ttl_ms)
{
    if (ttl_ms <= 0)
        return (ttl_ms - (MS_A_SECOND - 1)) / MS_A_SECOND;
    return ttl_ms / MS_A_SECOND + (ttl_ms % MS_A_SECOND + MOMENT_MS) / MS_A_SECOND;
}

struct slice telling_hit(int64_t ttl_ms, struct arena *arena)
{
    return with_number(SLICE("sheaf; hit; ttl="), seconds_left(ttl_ms), arena);
}

struct slice telling_control(bool is_private, int64_t ttl_ms, struct arena *arena)
{
    return with_number(is_private ? SLICE("private, max-age=") : SLICE("max-age="),
                       ttl_ms > 0 ? seconds_left(ttl_ms) : 0, arena);
}

bool telling_is_private(const struct answer *a, const struct plan *p)
{
    return p->config->n_auth || answer_has(a, a->n, SLICE("set-cookie"));
}

struct slice telling_age(uint64_t age_ms, struct arena *arena)
{
    return with_number(SLICE_NONE, (int64_t)(age_ms / MS_A_SECOND), arena);
}

/* Others we make for services of the connection and of the URL, by which every cache tells answers
 * apart. */
static bool is_sent(struct slice name, bool is_proxied)
{
    return !token_equals(name, SLICE("host")) &&
           (is_proxied || !slice_starts(name, SLICE("x-forwarded-")));
}

struct slice telling_vary(struct slice names, const struct telling_source *sources, unsigned n,
                          bool is_proxied, struct arena *arena)
{
    size_t size = names.n;
    for (unsigned i = 0; i < n; i++)
        size += sources[i].caching->vary.n * (1 + comma.n);
    if (size == names.n)
        return names;
    char *text = arena_take(arena, size + comma.n);
    if (!text)
        return SLICE_NONE;
    char *at = put(text, names);
    for (unsigned i = 0; i < n; i++) {
        struct slice rest = sources[i].caching->vary, name;
        while (token_next(&rest, &name))
            if (is_sent(name, is_proxied) &&
                !token_list_has((struct slice){text, (size_t)(at - text)}, name))
                at = put(put(at, at == text ? SLICE_NONE : comma), name);
    }
    return (struct slice){text, (size_t)(at - text)};
}

static unsigned list_sources(const struct run *r, struct telling_source *list)
{
    unsigned n = 0;
    for (uint64_t left = run_called(r) & ~r->skipped; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        const struct run_source *s = &r->sources[i];
        list[n++] = (struct telling_source){
            .name = s->plan->config->name,
            .how = outcome_cache_told(&s->outcome),
            .caching = &s->outcome.caching,
            .is_good = !run_has_failed(r, i),
            .has_no_call = s->items && s->items->n == 0,
        };
    }
    return n;
}

static bool name_document(struct slice *etag, const struct assembly *d, struct arena *arena)
{
    char *text = arena_take(arena, ETAG_SIZE);
    struct slice *parts = arena_take(arena, d->n * sizeof *parts);
    if (!text || !parts)
        return false;
    for (unsigned i = 0; i < d->n; i++)
        parts[i] = d->parts[i].bytes;
    etag_write(text, parts, d->n);
    *etag = (struct slice){text, ETAG_SIZE};
    return true;
}

static bool add(struct answer *a, struct slice name, struct slice value)
{
    if (value.n)
        answer_add(a, name, value);
    return value.at;
}

static bool add_vary(struct answer *a, struct slice names, struct arena *arena)
{
    return names.n ? answer_add_vary(a, names, arena) : names.at != NULL;
}

/* The document's, in place of what a service called its part. */
static bool add_etag(struct answer *a, struct slice etag)
{
    answer_remove(a, SLICE("etag"));
    return add(a, SLICE("ETag"), etag);
}

static bool add_reuse(struct answer *a, const struct telling *t, struct slice vary,
                      struct slice etag, struct arena *arena)
{
    return (answer_has(a, a->n, SLICE("cache-control")) ||
            add(a, SLICE("Cache-Control"), telling_control(t->is_private, t->ttl_ms, arena))) &&
           add_vary(a, vary, arena) && add_etag(a, etag);
}

static struct slice vary_of(const struct run *r, const struct telling_source *list, unsigned n)
{
    struct visit *v = r->visit;
    return telling_vary(r->plan->vary, list, n, v->is_proxied, &v->exchange->arena);
}

static bool may_reuse(const struct telling *t, const struct run *r, const struct assembly *d)
{
    return t->is_cached && d && d->is_complete && r->plan->is_safe;
}

/* The cache's own answer to only-if-cached: nothing went forward that there would be to tell of
 * (RFC 9211 2). */
static bool is_own(const struct run *r)
{
    return r->failed >= 0 && r->sources[r->failed].outcome.caching.is_withheld;
}

bool telling_add(struct answer *a, struct run *r, const struct assembly *document,
                 struct slice *etag)
{
    struct telling_source list[CONFIG_MAX_SOURCES];
    struct arena *arena = &r->visit->exchange->arena;
    *etag = SLICE_NONE;
    unsigned n = r->plan->caches ? list_sources(r, list) : 0;
    struct telling t = telling_judge(list, n, r->plan->config->cache.is_on);
    t.is_private |= telling_is_private(a, r->plan);
    t.has_status &= !is_own(r);
    if (t.has_status && !add(a, SLICE("Cache-Status"), telling_status(&t, list, n, arena)))
        return false;
    if (r->visit->is_shared)
        return add_vary(a, vary_of(r, list, n), arena);
    if (!may_reuse(&t, r, document)) {
        answer_add_no_store(a);
        return answer_add_vary(a, SLICE("Accept"), arena);
    }
    return name_document(etag, document, arena) &&
           add_reuse(a, &t, vary_of(r, list, n), *etag, arena);
}
