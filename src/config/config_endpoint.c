/* config_endpoint.c - endpoints, and the defaults of what is many */
#include "config/config_internal.h"

static void read_endpoint(struct reading *r, const struct option *row, struct node *value,
                          struct config_endpoint *e)
{
    e->position = document_position(value->place);
    e->errors_as_text = r->config->errors_as_text;
    e->cors = r->config->cors;
    e->rate_limit = r->config->rate_limit;
    e->compress = r->config->compress;
    e->security = r->config->security;
    e->server_timing = r->config->server_timing;
    r->endpoint = e;
    unsigned unread_before = r->unread;
    struct node *whole = option_merge_defaults(r, row->section, r->defaults_endpoint, value);
    e->hash = node_hash(whole, r->defaults_source ? node_hash(r->defaults_source, 0) : 0);
    option_read_section(r, row->section, whole, e);
    config_check_views(r, e, value);
    config_check_endpoint_cache(r, e, value);
    config_check_scopes(r, e, value);
    config_check_rate_limit(r, e, whole);
    r->unread = unread_before;
}

/* Where a conflict of routes is told. */
static struct node *path_of(const struct node *endpoint)
{
    return endpoint->kind == NODE_MAP ? node_find(endpoint, SLICE("path")) : NULL;
}

bool config_is_endpoints(struct reading *r, const struct node *value)
{
    static const char due[] = "endpoints are a list, as - path: /products";
    bool is_good = option_is_given(r, value, due) && option_list(r, value, due);
    r->unread |= is_good ? 0 : READING_ENDPOINTS;
    return is_good;
}

static void read_endpoints(struct reading *r, const struct option *row, struct node *value,
                           void *object)
{
    struct config *c = object;
    if (!config_is_endpoints(r, value))
        return;
    if (value->n > CONFIG_MAX_ENDPOINTS) {
        reading_complain(r, RULE_MANY, value->place,
                         "these are %zu endpoints; a configuration has at most %d", value->n,
                         CONFIG_MAX_ENDPOINTS);
        return;
    }
    struct node **paths = reading_scratch(r, value->n, sizeof *paths);
    c->endpoints = reading_keep(r, value->n, sizeof *c->endpoints);
    for (size_t i = 0; i < value->n && !r->is_over; i++) {
        paths[i] = path_of(value->items[i]);
        read_endpoint(r, row, value->items[i], &c->endpoints[c->n_endpoints++]);
    }
    config_check_routes(r, paths);
}

/* Only the keys are checked here; the values are, in whatever has them. */
static void read_defaults_of(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    (void)object;
    option_check_defaults(r, row->section, value);
    if (value->kind != NODE_MAP)
        return;
    if (row->section == &config_endpoint_of)
        r->defaults_endpoint = value;
    else if (row->section == &config_service_of)
        r->defaults_service = value;
    else
        r->defaults_source = value;
}

const struct option_kind config_kind_endpoints = {
    "list of endpoints", "{\"type\":\"array\",\"items\":@}", read_endpoints};
const struct option_kind config_kind_defaults_of = {"map", "@", read_defaults_of};
