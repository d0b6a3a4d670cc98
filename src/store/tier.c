/* tier.c - which store an entry belongs to, reading it there, writing it through */
#include "store/tier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "cache/record.h"
#include "store/tier_internal.h"

enum {
    STORE_BITS = 4, /* of `purges`: which store told it */
    NAME_MORE = 32, /* characters for a port and a number */
};
/* Longer than that no store keeps a record. */
#define KEPT_MAX_MS (UINT64_C(30) * 24 * 3600 * 1000)

struct tier_ask {
    struct tier_question question;
    struct cache_key key;
    char digest[CACHE_KEY_DIGEST];
    tier_got *done; /* NULL: nobody waits any more */
    void *owner;
};

static char *copy_text(struct slice text)
{
    char *copy = malloc(text.n + 1);
    CHECK(copy);
    if (text.n)
        memcpy(copy, text.at, text.n);
    copy[text.n] = '\0';
    return copy;
}

static void open_store(struct tier *t, unsigned i, const struct tier_address *a)
{
    struct tier_store *s = &t->stores[i];
    CHECK(!a->is_tls || t->tls); /* it would be talked to in clear text */
    *s = (struct tier_store){.tier = t, .index = i, .address = *a};
    s->address.host = copy_text(slice_of(a->host));
    s->address.server_name = copy_text(slice_of(a->server_name ? a->server_name : a->host));
    s->address.user.at = copy_text(a->user);
    s->address.password.at = copy_text(a->password);
    snprintf(s->channel, sizeof s->channel, TIER_TEXT_CHANNEL "%u", a->database);
    tier_store_init(s);
    tier_purge_init(s);
    tier_listen_init(s);
}

/* What makes a store itself, for all instances. */
static struct slice name_store(const struct tier_address *a)
{
    struct buffer name;
    buffer_init(&name, strlen(a->host) + NAME_MORE);
    CHECK(buffer_print(&name, "%s:%u/%u", a->host, a->port, a->database));
    return buffer_slice(&name);
}

struct tier *tier_new(struct loop *l, const struct tier_settings *settings)
{
    struct tier *t = calloc(1, sizeof *t);
    CHECK(t && settings->n_stores > 0 && settings->n_stores <= TIER_STORES_MAX);
    t->loop = l;
    t->tls = tls_share(settings->tls);
    t->timeout_ms = settings->timeout_ms;
    t->record_limit = settings->record_limit;
    t->counters = settings->counters;
    t->on_state = settings->on_state;
    t->state_owner = settings->owner;
    t->n_stores = settings->n_stores;
    random_init(&t->random);
    list_init(&t->purgings);
    for (unsigned i = 0; i < t->n_stores; i++) {
        open_store(t, i, &settings->stores[i]);
        t->names[i] = name_store(&settings->stores[i]);
    }
    return t;
}

static void free_store(struct tier_store *s)
{
    explicit_bzero((char *)s->address.password.at, s->address.password.n);
    free((char *)s->address.host);
    free((char *)s->address.server_name);
    free((char *)s->address.user.at);
    free((char *)s->address.password.at);
    free((char *)s->tier->names[s->index].at);
}

void tier_close_link(struct tier *t)
{
    if (--t->n_links)
        return;
    void (*on_closed)(void *) = t->on_closed;
    void *owner = t->closed_owner;
    for (unsigned i = 0; i < t->n_stores; i++)
        free_store(&t->stores[i]);
    tls_release(t->tls);
    free(t);
    on_closed(owner);
}

void tier_close(struct tier *t, void (*on_closed)(void *owner), void *owner)
{
    CHECK(!t->is_closing);
    t->is_closing = true;
    t->on_closed = on_closed;
    t->closed_owner = owner;
    for (unsigned i = 0; i < t->n_stores; i++) {
        tier_link_close(&t->stores[i].link);
        tier_listen_end(&t->stores[i]);
    }
    tier_purge_end(t);
}

void tier_set_addresses(struct tier *t, unsigned store, const struct addresses *a)
{
    tier_link_set_addresses(&t->stores[store].link, a);
    if (t->on_purge)
        tier_link_set_addresses(&t->stores[store].ear.link, a);
}

void tier_set_tls(struct tier *t, SSL_CTX *tls)
{
    SSL_CTX *before = t->tls;
    t->tls = tls_share(tls);
    for (unsigned i = 0; i < t->n_stores; i++)
        t->stores[i].link.tls = t->stores[i].ear.link.tls = t->tls;
    tls_release(before);
}

struct tier_store *tier_choose(struct tier *t, const char digest[CACHE_KEY_DIGEST])
{
    return &t->stores[tier_text_choose(t->names, t->n_stores, digest)];
}

static struct tier_ask *ask_of(const struct tier_question *q)
{
    return LIST_OWNER(q, struct tier_ask, question);
}

static void tell(struct tier_ask *a, struct blob *record, uint64_t purges)
{
    tier_got *done = a->done;
    a->done = NULL;
    if (done)
        done(a->owner, record, purges);
    else if (record)
        blob_release(NULL, record);
}

static void on_late(struct tier_question *q)
{
    counters_add(q->store->tier->counters, COUNT_STORE_LATE, 1);
    tell(ask_of(q), NULL, 0);
}

/* What MGET answers: the record, or none, and the time of the last purge, or none. */
static bool read_answer(const struct resp_value *v, struct resp_value **record, uint64_t *purges)
{
    *purges = 0;
    if (!v || v->kind != RESP_LIST || v->n != 2)
        return false;
    *record = &v->list[0];
    bool has_record = v->list[0].kind == RESP_TEXT || v->list[0].kind == RESP_NIL;
    return has_record && (v->list[1].kind == RESP_NIL || resp_number(&v->list[1], purges));
}

static bool is_good(const struct tier_question *q, const struct resp_value *v)
{
    struct resp_value *record;
    uint64_t purges;
    (void)q;
    return read_answer(v, &record, &purges);
}

static bool is_asked_for(const struct tier_ask *a, const struct resp_value *v)
{
    struct record r;
    if (v->kind != RESP_TEXT || v->blob->n > a->question.store->tier->record_limit)
        return false;
    return record_read(&r, resp_text(v)) && slice_equal(r.key, a->key.text);
}

static void take_answer(struct tier_ask *a, struct resp_value *v)
{
    const struct tier_store *s = a->question.store;
    struct resp_value *found = NULL;
    uint64_t purges;
    bool is_whole = read_answer(v, &found, &purges);
    if (!a->done)
        return;
    purges = purges << STORE_BITS | s->index;
    bool is_hit = is_whole && is_asked_for(a, found);
    bool is_miss = is_whole && found->kind == RESP_NIL;
    counters_add(s->tier->counters,
                 is_hit    ? COUNT_STORE_HITS
                 : is_miss ? COUNT_STORE_MISSES
                           : COUNT_STORE_FAILED,
                 1);
    struct blob *record = is_hit ? resp_take_blob(found) : NULL;
    if (record)
        blob_count(record, s->tier->loop->blobs.n_held);
    tell(a, record, purges);
}

static void on_answer(struct tier_question *q, struct resp_value *v)
{
    struct tier_ask *a = ask_of(q);
    if (!q->is_late)
        take_answer(a, v);
    free(a);
}

static bool send_get(struct tier_question *q)
{
    struct tier_link *l = &q->store->link;
    struct resp_command c;
    if (!tier_link_begin(l, &c, 3))
        return false;
    resp_add(&c, SLICE("MGET"), SLICE_NONE);
    resp_add(&c, SLICE(TIER_TEXT_RECORD), (struct slice){ask_of(q)->digest, CACHE_KEY_DIGEST});
    resp_add(&c, SLICE(TIER_TEXT_PURGES), SLICE_NONE);
    return tier_link_end(l, &c, &q->wait);
}

static const struct tier_question_kind get_kind = {send_get, is_good, on_late, on_answer};

struct tier_ask *tier_get(struct tier *t, const struct cache_key *k, tier_got *done, void *owner)
{
    struct tier_ask *a = malloc(sizeof *a);
    CHECK(a);
    *a = (struct tier_ask){.key = *k, .done = done, .owner = owner};
    cache_key_digest(k, a->digest);
    if (tier_question_ask(&a->question, &get_kind, tier_choose(t, a->digest)))
        return a;
    free(a);
    counters_add(t->counters, COUNT_STORE_PASSED_OVER, 1);
    return NULL;
}

/* The answer is still counted as late or not. */
void tier_cancel(struct tier_ask *a)
{
    a->done = NULL;
}

struct put {
    struct tier_wait wait;
    struct tier_store *store;
};

static void on_put(struct tier_wait *w, struct resp_value *v)
{
    struct put *p = LIST_OWNER(w, struct put, wait);
    struct counters *counters = p->store->tier->counters;
    uint64_t written;
    if (!v || !resp_number(v, &written))
        counters_add(counters, COUNT_STORE_WRITES_FAILED, 1);
    else
        counters_add(counters, written ? COUNT_STORE_WRITES : COUNT_STORE_WRITES_PURGED, 1);
    if (v)
        (void)tier_store_has_forgotten(p->store, v);
    free(p);
}

static void add_labels(struct resp_command *c, const struct record *r, struct slice url)
{
    struct slice tag;
    struct record_shown shown;
    resp_add(c, tier_text_kind(CACHE_PURGE_KEY), r->name);
    if (url.n)
        resp_add(c, tier_text_kind(CACHE_PURGE_URL), url);
    for (size_t at = 0; record_next_tag(r, &at, &tag);)
        resp_add(c, tier_text_kind(CACHE_PURGE_TAG), tag);
    for (size_t at = 0; record_next_shown(r, &at, &shown);) {
        resp_add(c, tier_text_kind(CACHE_PURGE_KEY), shown.name);
        resp_add(c, tier_text_kind(CACHE_PURGE_URL), shown.url);
    }
}

/* Stores have clocks of their own: what another one has told of purges means nothing here. */
static uint64_t since(const struct tier_store *s, uint64_t purges)
{
    return (purges & (TIER_STORES_MAX - 1)) == s->index ? purges >> STORE_BITS : 0;
}

static bool send_put(struct put *p, const char digest[CACHE_KEY_DIGEST], const struct tier_entry *e)
{
    struct record r;
    struct resp_command c;
    if (!record_read(&r, blob_slice(e->record)))
        return false;
    unsigned n_names;
    uint64_t kept_ms = e->kept_ms < KEPT_MAX_MS ? e->kept_ms : KEPT_MAX_MS;
    if (!record_count_names(&r, &n_names) || kept_ms == 0)
        return false;
    unsigned n_words = 5 + n_names + (e->url.n ? 1 : 0);
    if (!tier_store_begin(p->store, &c, TIER_SCRIPT_PUT, 1, n_words))
        return false;
    resp_add(&c, SLICE(TIER_TEXT_RECORD), (struct slice){digest, CACHE_KEY_DIGEST});
    resp_add(&c, blob_slice(e->record), SLICE_NONE);
    resp_add_number(&c, kept_ms);
    resp_add_number(&c, since(p->store, e->purges));
    add_labels(&c, &r, e->url);
    return tier_link_end(&p->store->link, &c, &p->wait);
}

bool tier_put(struct tier *t, const struct cache_key *k, const struct tier_entry *e)
{
    char digest[CACHE_KEY_DIGEST];
    cache_key_digest(k, digest);
    struct tier_store *s = tier_choose(t, digest);
    if (!s->is_usable || s->n_overdue || e->record->n > t->record_limit)
        return false;
    struct put *p = malloc(sizeof *p);
    CHECK(p);
    *p = (struct put){{.on_answer = on_put}, s};
    if (send_put(p, digest, e))
        return true;
    free(p);
    return false;
}

static void on_removed(struct tier_wait *w, struct resp_value *v)
{
    (void)v;
    free(w);
}

static void send_removal(struct tier_store *s, const char digest[CACHE_KEY_DIGEST])
{
    struct resp_command c;
    if (!s->is_usable || !tier_link_begin(&s->link, &c, 2))
        return;
    struct tier_wait *w = malloc(sizeof *w);
    CHECK(w);
    *w = (struct tier_wait){.on_answer = on_removed};
    resp_add(&c, SLICE("UNLINK"), SLICE_NONE);
    resp_add(&c, SLICE(TIER_TEXT_RECORD), (struct slice){digest, CACHE_KEY_DIGEST});
    if (!tier_link_end(&s->link, &c, w))
        free(w);
}

void tier_remove(struct tier *t, const struct cache_key *k)
{
    char digest[CACHE_KEY_DIGEST];
    cache_key_digest(k, digest);
    send_removal(tier_choose(t, digest), digest);
}

struct withdrawal {
    struct tier_wait wait;
    struct tier_store *store;
    char digest[CACHE_KEY_DIGEST];
};

/* Where the store has forgotten how to look first, it is taken out whatever it is. */
static void on_withdrawn(struct tier_wait *wait, struct resp_value *v)
{
    struct withdrawal *w = LIST_OWNER(wait, struct withdrawal, wait);
    if (v && tier_store_has_forgotten(w->store, v))
        send_removal(w->store, w->digest);
    free(w);
}

void tier_withdraw(struct tier *t, const struct cache_key *k)
{
    char digest[CACHE_KEY_DIGEST];
    cache_key_digest(k, digest);
    struct tier_store *s = tier_choose(t, digest);
    struct resp_command c;
    if (!tier_store_begin(s, &c, TIER_SCRIPT_WITHDRAW, 1, 3))
        return;
    struct withdrawal *w = malloc(sizeof *w);
    CHECK(w);
    *w = (struct withdrawal){.wait = {.on_answer = on_withdrawn}, .store = s};
    memcpy(w->digest, digest, sizeof digest);
    resp_add(&c, SLICE(TIER_TEXT_RECORD), (struct slice){digest, CACHE_KEY_DIGEST});
    resp_add_number(&c, record_flags_at(k->text));
    resp_add_number(&c, RECORD_PUBLIC);
    if (!tier_link_end(&s->link, &c, &w->wait))
        free(w);
}
