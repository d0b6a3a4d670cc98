/* store_setup.c - settings of a tier out of a snapshot */
#include "app/store_setup.h"

#include "net/resolver.h"

static bool is_same_store(const struct config_store *a, const struct config_store *b)
{
    return a->is_tls == b->is_tls && a->port == b->port && a->database == b->database &&
           strcmp(a->host, b->host) == 0 && slice_equal(a->user, b->user) &&
           slice_equal(a->password, b->password);
}

bool store_setup_is_alike(const struct config *a, const struct config *b)
{
    bool is_alike = a->n_stores == b->n_stores && a->store_timeout_ms == b->store_timeout_ms &&
                    a->bounds.response_body == b->bounds.response_body &&
                    slice_equal_texts(a->store_tls.server_name, b->store_tls.server_name);
    for (unsigned i = 0; i < a->n_stores && is_alike; i++)
        is_alike = is_same_store(&a->stores[i], &b->stores[i]);
    return is_alike;
}

static struct tier_address address_of(const struct config *c, unsigned i)
{
    const struct config_store *s = &c->stores[i];
    return (struct tier_address){
        .is_tls = s->is_tls,
        .host = s->host,
        .port = s->port,
        .database = s->database,
        .user = s->user,
        .password = s->password,
        .server_name = c->store_tls.server_name,
    };
}

struct tier *store_setup_new(const struct snapshot *s, const struct store_setup *with)
{
    const struct config *c = s->config;
    struct tier_address stores[CONFIG_MAX_STORES];
    struct addresses literal;
    if (c->n_stores == 0)
        return NULL;
    for (unsigned i = 0; i < c->n_stores; i++)
        stores[i] = address_of(c, i);
    const struct tier_settings settings = {
        .stores = stores,
        .n_stores = c->n_stores,
        .timeout_ms = c->store_timeout_ms,
        .tls = s->store_tls,
        .record_limit = c->bounds.response_body + RECORD_ROOM,
        .counters = with->counters,
        .on_state = with->on_state,
        .owner = with->owner,
    };
    struct tier *t = tier_new(with->loop, &settings);
    for (unsigned i = 0; i < c->n_stores; i++)
        if (resolver_literal(stores[i].host, stores[i].port, &literal))
            tier_set_addresses(t, i, &literal);
    return t;
}
