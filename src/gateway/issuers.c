/* issuers.c - keys that came, tokens that were verified, requests that wait for keys */
#include "gateway/issuers.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/units.h"
#include "gateway/gateway_internal.h"

enum {
    WAIT_MS = 2000, /* of a request, for newer keys */
};

struct issuers_wait {
    struct list node;
    struct wheel_entry timer;
    struct visit *visit;
    bool is_whole; /* the request: nothing but the keys is waited for */
    bool is_over;  /* there was news */
};

struct issuers_one *issuers_new(const struct gateway *g)
{
    const struct config *c = g->config;
    struct issuers_one *all = memory_take_zero(c->n_auth + 1, sizeof *all);
    for (unsigned i = 0; i < c->n_auth; i++) {
        const struct config_jwt *j = &c->auth[i].jwt;
        list_init(&all[i].waiting);
        all[i].expected = (struct jwt_expectation){
            .issuer = j->issuer,
            .audiences = j->audiences,
            .n_audiences = j->n_audiences,
            .algorithms = j->algorithms,
        };
    }
    return all;
}

void issuers_free(const struct gateway *g, struct issuers_one *all)
{
    for (unsigned i = 0; i < g->config->n_auth; i++) {
        key_set_release(all[i].keys);
        if (all[i].cache)
            token_cache_free(all[i].cache);
    }
    free(all);
}

enum jwt_verdict issuers_check(struct visit *v, const struct config_auth *policy,
                               struct slice token, struct slice *claims, const char **why)
{
    struct issuers_one *one = &v->gateway->issuers[policy->index];
    struct arena *arena = &v->exchange->arena;
    uint64_t now_s = v->gateway->loop->wall_us / US_A_SECOND;
    uint64_t generation = key_set_generation(one->keys);
    struct jwt jwt;
    if (!one->cache)
        one->cache = token_cache_new();
    struct slice known = token_cache_find(one->cache, generation, token, now_s);
    if (known.at) {
        *claims = arena_copy(arena, known);
        return claims->at ? JWT_GOOD : JWT_NO_ROOM;
    }
    const struct jwt_question q = {one->keys, &one->expected, token, now_s};
    enum jwt_verdict verdict = jwt_check(&q, arena, &jwt);
    if (verdict == JWT_GOOD) {
        token_cache_put(one->cache, generation, token, &jwt);
        *claims = jwt.claims;
    }
    if (verdict == JWT_BAD)
        *why = jwt.why;
    return verdict;
}

static void on_timer(struct wheel_entry *e)
{
    struct visit *v = LIST_OWNER(e, struct issuers_wait, timer)->visit;
    issuers_leave(v);
    gateway_resume(v);
}

static struct issuers_wait *make_wait(struct visit *v)
{
    struct issuers_wait *w = arena_take_zero(&v->exchange->arena, 1, sizeof *w);
    if (!w)
        return NULL;
    w->visit = v;
    list_init(&w->node);
    wheel_entry_init(&w->timer, on_timer);
    return w;
}

bool issuers_ask(struct visit *v, const struct config_auth *policy)
{
    struct gateway *g = v->gateway;
    struct issuers_one *one = &g->issuers[policy->index];
    bool may_ask = one->is_asking || g->loop->now_ms >= one->quiet_ms;
    struct issuers_wait *w = may_ask && !v->has_waited ? make_wait(v) : NULL;
    if (!w)
        return false;
    if (!one->is_asking)
        g->context.on_unknown_key(g->context.owner, policy->index);
    one->is_asking = true;
    list_push_back(&one->waiting, &w->node);
    v->key_wait = w;
    v->has_waited = true;
    return true;
}

void issuers_wait(struct visit *v)
{
    struct issuers_wait *w = v->key_wait;
    struct loop *l = v->gateway->loop;
    w->is_whole = true;
    loop_arm(l, &w->timer, l->now_ms + (w->is_over ? 0 : WAIT_MS));
}

void issuers_leave(struct visit *v)
{
    struct issuers_wait *w = v->key_wait;
    if (!w)
        return;
    list_remove(&w->node);
    loop_disarm(v->gateway->loop, &w->timer);
    v->key_wait = NULL;
}

void issuers_retire(struct gateway *g)
{
    for (unsigned i = 0; i < g->config->n_auth; i++)
        while (!list_is_empty(&g->issuers[i].waiting)) {
            struct issuers_wait *w =
                LIST_OWNER(list_pop_front(&g->issuers[i].waiting), struct issuers_wait, node);
            w->is_over = true;
            if (w->is_whole)
                loop_arm(g->loop, &w->timer, g->loop->now_ms);
        }
}

void issuers_hear(struct gateway *g, const struct gateway_issuer *news)
{
    struct issuers_one *one = &g->issuers[news->policy];
    if (news->keys) {
        key_set_release(one->keys);
        one->keys = key_set_share(news->keys);
    }
    one->is_asking = false;
    one->quiet_ms = g->loop->now_ms + news->quiet_ms;
    while (!list_is_empty(&one->waiting)) {
        struct issuers_wait *w =
            LIST_OWNER(list_pop_front(&one->waiting), struct issuers_wait, node);
        w->is_over = true;
        if (w->is_whole)
            on_timer(&w->timer);
    }
}
