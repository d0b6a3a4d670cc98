/* tier_store.c - one store: connected, and with its scripts */
#include <stdlib.h>

#include "base/check.h"
#include "store/tier_internal.h"

enum {
    ANSWER_MORE = 1024 * 1024, /* bytes of an answer beside a record: names of keys */
    PING_MS = 30000,
};

static void tell_state(struct tier_store *s, bool is_up, const char *why)
{
    const struct tier *t = s->tier;
    if (s->was_told && s->is_usable == is_up)
        return;
    s->is_usable = is_up;
    s->was_told = true;
    if (t->on_state && !t->is_closing)
        t->on_state(t->state_owner, s->index, is_up, why);
}

static void ask_to_load(struct tier_store *s, unsigned which)
{
    struct tier_load *load = &s->loads[which];
    struct resp_command c;
    load->is_loaded = false;
    if (load->is_under_way || !tier_link_begin(&s->link, &c, 3))
        return;
    resp_add(&c, SLICE("SCRIPT"), SLICE_NONE);
    resp_add(&c, SLICE("LOAD"), SLICE_NONE);
    resp_add(&c, tier_scripts[which], SLICE_NONE);
    load->is_under_way = tier_link_end(&s->link, &c, &load->wait);
}

static void load_scripts(struct tier_store *s)
{
    for (unsigned i = 0; i < TIER_N_SCRIPTS; i++)
        ask_to_load(s, i);
}

static bool has_scripts(const struct tier_store *s)
{
    for (unsigned i = 0; i < TIER_N_SCRIPTS; i++)
        if (!s->loads[i].is_loaded)
            return false;
    return true;
}

static void on_loaded(struct tier_wait *w, struct resp_value *v)
{
    struct tier_load *load = LIST_OWNER(w, struct tier_load, wait);
    struct tier_store *s = load->store;
    load->is_under_way = false;
    if (!v)
        return;
    struct slice sha = resp_text(v);
    if (v->kind != RESP_TEXT || sha.n != TIER_SHA) {
        bool wants_password = v->kind == RESP_ERROR && slice_starts(sha, SLICE("NOAUTH"));
        tier_link_break(&s->link, wants_password ? "it wants a password" : "it takes no scripts");
        return;
    }
    memcpy(load->sha, sha.at, TIER_SHA);
    load->is_loaded = true;
    if (!has_scripts(s))
        return;
    tell_state(s, true, NULL);
    tier_purge_go_on(s);
    tier_listen_compare(s);
}

bool tier_store_begin(struct tier_store *s, struct resp_command *c, enum tier_script which,
                      unsigned n_keys, unsigned n_words)
{
    if (!s->is_usable || !tier_link_begin(&s->link, c, n_words + 3))
        return false;
    resp_add(c, SLICE("EVALSHA"), SLICE_NONE);
    resp_add(c, (struct slice){s->loads[which].sha, TIER_SHA}, SLICE_NONE);
    resp_add_number(c, n_keys);
    return true;
}

bool tier_store_has_forgotten(struct tier_store *s, const struct resp_value *v)
{
    if (v->kind != RESP_ERROR || !slice_starts(resp_text(v), SLICE("NOSCRIPT")))
        return false;
    load_scripts(s);
    return true;
}

static struct tier_store *store_of(struct tier_link *l)
{
    return LIST_OWNER(l, struct tier_store, link);
}

static void on_ready(struct tier_link *l)
{
    load_scripts(store_of(l));
}

static void on_down(struct tier_link *l, const char *why)
{
    tell_state(store_of(l), false, why);
}

static void on_closed(struct tier_link *l)
{
    struct tier_store *s = store_of(l);
    tier_close_link(s->tier); /* last: it may free s */
}

static const struct tier_link_handlers handlers = {
    .on_ready = on_ready,
    .on_down = on_down,
    .on_closed = on_closed,
};

void tier_store_init(struct tier_store *s)
{
    struct tier *t = s->tier;
    for (unsigned i = 0; i < TIER_N_SCRIPTS; i++) {
        s->loads[i].store = s;
        s->loads[i].wait.on_answer = on_loaded;
    }
    s->link = (struct tier_link){
        .loop = t->loop,
        .handlers = &handlers,
        .address = &s->address,
        .tls = t->tls,
        .random = &t->random,
        .limit = t->record_limit + ANSWER_MORE,
        .ping_ms = PING_MS,
    };
    tier_link_init(&s->link);
    t->n_links++;
}
