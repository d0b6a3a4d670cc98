/* tier_listen.c - hearing of purges, and noticing that some may have gone by unheard
 *
 * A connection of its own is subscribed to the store's channel. Once the store has confirmed that,
 * the time of its last purge is asked for on the other connection: what comes later is heard. Where
 * that time is not the last one heard, something was missed, and all is purged here.
 */
#include "base/check.h"
#include "store/tier_internal.h"

enum {
    PING_MS = 2000,          /* a connection that died silently is noticed in this and as much */
    EAR_LIMIT = 1024 * 1024, /* bytes of a message */
};

static struct tier_store *store_of(struct tier_link *l)
{
    return LIST_OWNER(l, struct tier_store, ear.link);
}

static void on_ready(struct tier_link *l)
{
    struct tier_store *s = store_of(l);
    struct resp_command c;
    bool is_begun = tier_link_begin(l, &c, 2);
    CHECK(is_begun); /* it is ready, and nothing else is under way */
    resp_add(&c, SLICE("SUBSCRIBE"), SLICE_NONE);
    resp_add(&c, slice_of(s->channel), SLICE_NONE);
    CHECK(tier_link_end(l, &c, &s->ear.subscribed));
}

static void on_subscribed(struct tier_wait *w, struct resp_value *v)
{
    struct tier_store *s = LIST_OWNER(w, struct tier_store, ear.subscribed);
    if (!v)
        return;
    if (v->kind != RESP_LIST) {
        tier_link_break(&s->ear.link, "it does not let us subscribe");
        return;
    }
    s->ear.hears = true;
    s->ear.n_times++;
    tier_listen_compare(s);
}

void tier_listen_compare(struct tier_store *s)
{
    struct tier_ear *ear = &s->ear;
    struct resp_command c;
    if (!ear->hears || ear->is_complete || ear->is_asking || !s->is_usable)
        return;
    if (!tier_link_begin(&s->link, &c, 2))
        return;
    resp_add(&c, SLICE("GET"), SLICE_NONE);
    resp_add(&c, SLICE(TIER_TEXT_PURGES), SLICE_NONE);
    ear->asked_in = ear->n_times;
    ear->is_asking = tier_link_end(&s->link, &c, &ear->compared);
}

static void hear(struct tier_store *s, const struct cache_purge *p)
{
    const struct tier *t = s->tier;
    if (t->on_purge && !t->is_closing)
        t->on_purge(t->purge_owner, p);
}

/* An answer to what was asked before we listened, this time, tells nothing. */
static void on_compared(struct tier_wait *w, struct resp_value *v)
{
    static const struct cache_purge all = {.kind = CACHE_PURGE_ALL};
    struct tier_store *s = LIST_OWNER(w, struct tier_store, ear.compared);
    struct tier_ear *ear = &s->ear;
    uint64_t last = 0;
    ear->is_asking = false;
    if (!v)
        return;
    if (v->kind != RESP_NIL && !resp_number(v, &last)) {
        tier_link_break(&s->link, "it does not tell when something was purged");
        return;
    }
    if (ear->asked_in != ear->n_times || !ear->hears) {
        tier_listen_compare(s);
        return;
    }
    bool was_missed = !ear->has_heard || ear->heard != last;
    ear->is_complete = true;
    ear->has_heard = true;
    ear->heard = last;
    if (was_missed)
        hear(s, &all);
}

/* The time of a purge is noted only where those before it were heard of. */
static bool on_push(struct tier_link *l, struct resp_value *v)
{
    struct tier_store *s = store_of(l);
    struct cache_purge p;
    uint64_t time;
    if (v->kind != RESP_LIST || v->n != 3 || !slice_equal(resp_text(&v->list[0]), SLICE("message")))
        return false;
    if (tier_text_read(resp_text(&v->list[2]), &p, &time)) {
        if (s->ear.is_complete)
            s->ear.heard = time;
        hear(s, &p);
    }
    return true;
}

static void on_down(struct tier_link *l, const char *why)
{
    struct tier_store *s = store_of(l);
    (void)why;
    s->ear.hears = s->ear.is_complete = false;
}

static void on_closed(struct tier_link *l)
{
    tier_close_link(store_of(l)->tier); /* last: it may free l */
}

static const struct tier_link_handlers handlers = {
    .on_ready = on_ready,
    .on_down = on_down,
    .on_push = on_push,
    .on_closed = on_closed,
};

void tier_listen_init(struct tier_store *s)
{
    struct tier *t = s->tier;
    s->ear.subscribed.on_answer = on_subscribed;
    s->ear.compared.on_answer = on_compared;
    s->ear.link = (struct tier_link){
        .loop = t->loop,
        .handlers = &handlers,
        .address = &s->address,
        .tls = t->tls,
        .random = &t->random,
        .limit = EAR_LIMIT,
        .ping_ms = PING_MS,
    };
    tier_link_init(&s->ear.link);
}

void tier_listen_end(struct tier_store *s)
{
    if (s->tier->on_purge)
        tier_link_close(&s->ear.link);
}

void tier_listen(struct tier *t, void (*on_purge)(void *owner, const struct cache_purge *p),
                 void *owner)
{
    CHECK(!t->on_purge);
    t->on_purge = on_purge;
    t->purge_owner = owner;
    for (unsigned i = 0; i < t->n_stores; i++) {
        t->n_links++;
        tier_link_set_addresses(&t->stores[i].ear.link, &t->stores[i].link.addresses);
    }
}
