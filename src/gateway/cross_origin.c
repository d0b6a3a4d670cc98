/* cross_origin.c - the fields of an answer that speak of origins; preflights */
#include "gateway/cross_origin.h"

#include "gateway/gateway_internal.h"
#include "wire/token.h"

enum {
    STATUS_NO_CONTENT = 204,
    N_FIELDS = 6 /* of a preflight */
};

static const struct cors *cors_of(const struct visit *v)
{
    const struct plan *p = v->plan ? v->plan : v->of_path;
    return p ? &p->cors : &v->gateway->cors;
}

unsigned cross_origin_n(const struct visit *v)
{
    return cors_of(v)->config ? N_FIELDS : 0;
}

static void add(struct answer *a, struct slice name, struct slice value)
{
    if (value.n && !answer_has(a, a->n, name))
        answer_add(a, name, value);
}

static void add_of_preflight(struct answer *a, const struct cors *c, const struct request *r)
{
    add(a, SLICE("Access-Control-Allow-Methods"), c->methods);
    add(a, SLICE("Access-Control-Allow-Headers"), cors_headers(c, r));
    add(a, SLICE("Access-Control-Max-Age"), c->max_age);
}

bool cross_origin_add(struct answer *a, const struct visit *v)
{
    const struct cors *c = cors_of(v);
    const struct request *r = &v->exchange->request;
    if (!c->config || v->is_shared)
        return true;
    struct slice origin = cors_origin(c, r);
    if (origin.n) {
        add(a, SLICE("Access-Control-Allow-Origin"), origin);
        add(a, SLICE("Access-Control-Allow-Credentials"),
            c->config->credentials ? SLICE("true") : SLICE_NONE);
        if (v->is_preflight)
            add_of_preflight(a, c, r);
        else
            add(a, SLICE("Access-Control-Expose-Headers"), c->expose);
    }
    return answer_add_vary(
        a,
        v->is_preflight
            ? SLICE("Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
            : SLICE("Origin"),
        &v->exchange->arena);
}

/* The first endpoint of the path, by these methods, that says something to others, or any. NULL:
 * none. */
static const struct plan *find_of_path(struct visit *v, struct slice path, struct slice methods)
{
    struct gateway *g = v->gateway;
    struct router_match match;
    const struct plan *p = NULL;
    struct slice name;
    while (!(p && p->cors.config) && token_next(&methods, &name))
        if (router_find(g->router, name, path, &v->exchange->arena, &match) == ROUTER_FOUND)
            p = &g->plans[match.endpoint - g->config->endpoints];
    return p;
}

void cross_origin_look_at(struct visit *v, struct slice path, struct slice allow)
{
    v->of_path = find_of_path(v, path, allow);
}

/* The endpoint that the request itself would reach, or, where the path does not take its method,
 * one that it does take: the browser then sees that the method is not there. NULL: none. */
static const struct plan *find_plan(struct visit *v, struct slice method, struct slice path)
{
    struct gateway *g = v->gateway;
    struct router_match match;
    switch (router_find(g->router, method, path, &v->exchange->arena, &match)) {
    case ROUTER_FOUND:
        return &g->plans[match.endpoint - g->config->endpoints];
    case ROUTER_NO_METHOD:
        return find_of_path(v, path, match.allow);
    case ROUTER_NO_PATH:
    case ROUTER_NO_ROOM:
        break;
    }
    return NULL;
}

bool cross_origin_preflight(struct visit *v, struct slice path)
{
    struct exchange *e = v->exchange;
    struct slice method;
    struct answer a;
    if (!cors_is_preflight(&e->request, &method))
        return false;
    const struct plan *p = find_plan(v, method, path);
    if (!p || !p->cors.config)
        return false;
    v->plan = p;
    v->is_preflight = true;
    if (!answer_init(&a, v, 0)) {
        answer_give_up(e);
        return true;
    }
    exchange_begin(e, STATUS_NO_CONTENT, a.fields, a.n, 0);
    exchange_end(e);
    return true;
}
