/* openapi_security.c - policies of who may ask, as security schemes */
#include "app/openapi_internal.h"

static struct draft *scheme_of(const struct config_auth *a, struct arena *arena)
{
    struct draft *scheme = draft_object(arena);
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        draft_set_text(scheme, "type", SLICE("apiKey"));
        draft_set_text(scheme, "in", SLICE("header"));
        draft_set_text(scheme, "name", a->header);
        break;
    case CONFIG_AUTH_JWT:
        draft_set_text(scheme, "type", SLICE("http"));
        draft_set_text(scheme, "scheme", SLICE("bearer"));
        draft_set_text(scheme, "bearerFormat", SLICE("JWT"));
        break;
    case CONFIG_AUTH_CERT:
        draft_set_text(scheme, "type", SLICE("mutualTLS"));
        break;
    }
    return scheme;
}

/* One of several ways to be let in. */
static void add_way(struct draft *ways, const struct config_auth *a, struct slice scope)
{
    struct draft *way = draft_object(ways->arena);
    struct draft *scopes = draft_list(ways->arena);
    if (scope.n)
        draft_add_text(scopes, scope);
    draft_append(way, a->name, scopes);
    draft_add(ways, way);
}

/* Any scope will do; certificates have none. */
static void add_ways(struct draft *ways, const struct config_endpoint *e,
                     const struct config_auth *a)
{
    if (!e->n_scopes)
        add_way(ways, a, SLICE_NONE);
    for (unsigned i = 0; i < e->n_scopes && a->kind != CONFIG_AUTH_CERT; i++)
        add_way(ways, a, e->scopes[i]);
}

struct draft *openapi_security(struct openapi *o, const struct config_endpoint *e)
{
    struct draft *ways = draft_list(&o->d->arena);
    for (unsigned i = 0; i < e->n_auth; i++) {
        unsigned before = ways->n;
        add_ways(ways, e, e->auth[i]);
        o->has_policy[e->auth[i]->index] |= ways->n > before;
    }
    return ways->n ? ways : NULL;
}

struct draft *openapi_schemes(struct openapi *o)
{
    const struct config *c = o->d->config;
    struct draft *all = draft_object(&o->d->arena);
    for (unsigned i = 0; i < c->n_auth; i++)
        if (o->has_policy[i])
            draft_append(all, c->auth[i].name, scheme_of(&c->auth[i], &o->d->arena));
    return all;
}
