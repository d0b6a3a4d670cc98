/* asker.c - tiers under test, entries for them, and what they tell */
#include "asker.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "cache/record.h"

static void on_state(void *owner, unsigned store, bool is_up, const char *why)
{
    struct asker *a = owner;
    assert_int_equal(store, 0);
    assert_false(a->is_inside);
    a->n_up += is_up;
    a->n_down += !is_up;
    snprintf(a->why, sizeof a->why, "%s", why ? why : "");
}

static void set_address(struct asker *a)
{
    struct addresses to = {.n = 1};
    assert_true(resolver_literal(a->at.host, a->at.port, &to));
    tier_set_addresses(a->tier, 0, &to);
}

void asker_open(struct asker *a, struct loop *l, uint16_t port)
{
    a->loop = l;
    a->at.host = "127.0.0.1";
    a->at.port = port;
    const struct tier_settings settings = {
        .stores = &a->at,
        .n_stores = 1,
        .timeout_ms = ASKER_TIMEOUT_MS,
        .record_limit = ASKER_RECORD_LIMIT,
        .counters = &a->counters,
        .on_state = on_state,
        .owner = a,
    };
    a->tier = tier_new(l, &settings);
    set_address(a);
}

static void on_closed(void *owner)
{
    struct asker *a = owner;
    assert_false(a->is_inside);
    a->is_closed = true;
}

void asker_close(struct asker *a)
{
    a->is_inside = false;
    tier_close(a->tier, on_closed, a);
    a->tier = NULL;
    SIDE_RUN_UNTIL(a->loop, a->is_closed);
}

int64_t asker_count(const struct asker *a, enum counter_id id)
{
    return atomic_load(&a->counters.values[id]);
}

static void on_got(void *owner, struct blob *record, uint64_t purges)
{
    struct asker *a = owner;
    assert_false(a->is_inside);
    a->n_got++;
    a->purges = purges;
    a->got[0] = '\0';
    if (!record)
        return;
    struct record r;
    a->n_hits++;
    assert_true(record_read(&r, blob_slice(record)));
    snprintf(a->got, sizeof a->got, "%.*s", SLICE_ARG(r.body));
    blob_release(NULL, record);
}

struct tier_ask *asker_ask(struct asker *a, const struct cache_key *k)
{
    a->is_inside = true;
    struct tier_ask *ask = tier_get(a->tier, k, on_got, a);
    a->is_inside = false;
    return ask;
}

void asker_get(struct asker *a, const struct cache_key *k)
{
    unsigned before = a->n_got;
    assert_non_null(asker_ask(a, k));
    SIDE_RUN_UNTIL(a->loop, a->n_got > before);
}

void asker_expect(struct asker *a, const char *key, const char *body)
{
    const struct cache_key k = cache_key_of(slice_of(key));
    unsigned before = a->n_hits;
    asker_get(a, &k);
    assert_int_equal(a->n_hits - before, body != NULL);
    if (body)
        assert_string_equal(a->got, body);
}

static void on_purged(void *owner, bool is_done)
{
    struct asker *a = owner;
    assert_false(a->is_inside);
    a->n_purged++;
    a->is_purged = is_done;
}

void asker_purge(struct asker *a, enum cache_purge_kind kind, const char *what)
{
    const struct cache_purge p = {.kind = kind, .what = slice_of(what)};
    a->is_inside = true;
    tier_purge(a->tier, &p, on_purged, a);
    a->is_inside = false;
}

static void on_heard(void *owner, const struct cache_purge *p)
{
    static const char *const kinds[] = {
        [CACHE_PURGE_KEY] = "k:",    [CACHE_PURGE_TAG] = "t:", [CACHE_PURGE_URL] = "u:",
        [CACHE_PURGE_PREFIX] = "p:", [CACHE_PURGE_ALL] = "a:",
    };
    struct asker *a = owner;
    size_t n = strlen(a->heard);
    snprintf(a->heard + n, sizeof a->heard - n, "%s%.*s ", kinds[p->kind], SLICE_ARG(p->what));
}

void asker_listen(struct asker *a)
{
    tier_listen(a->tier, on_heard, a);
}

struct blob *asker_record(const char *key, const char *name, const char *tag, const char *body)
{
    const struct slice tags[] = {slice_of(tag ? tag : "")};
    const struct record r = {
        .status = 200,
        .key = slice_of(key),
        .name = slice_of(name),
        .body = slice_of(body),
        .tags = tags,
        .n_tags = tag != NULL,
    };
    struct blob *b = record_write(&r, ASKER_RECORD_LIMIT);
    assert_non_null(b);
    return b;
}

static int64_t count_puts(const struct asker *a)
{
    return asker_count(a, COUNT_STORE_WRITES) + asker_count(a, COUNT_STORE_WRITES_PURGED) +
           asker_count(a, COUNT_STORE_WRITES_FAILED);
}

void asker_begin_put(struct asker *a, const struct asker_entry *e)
{
    const struct cache_key k = cache_key_of(slice_of(e->key));
    struct blob *b = asker_record(e->key, e->name, e->tag, e->body);
    const struct tier_entry entry = {
        .record = b,
        .url = slice_of(e->url ? e->url : ""),
        .kept_ms = e->kept_ms ? e->kept_ms : 60000,
        .purges = e->purges,
    };
    a->is_inside = true;
    tier_put(a->tier, &k, &entry);
    a->is_inside = false;
    blob_release(NULL, b);
}

void asker_put(struct asker *a, const struct asker_entry *e)
{
    int64_t before = count_puts(a);
    asker_begin_put(a, e);
    SIDE_RUN_UNTIL(a->loop, count_puts(a) > before);
}
