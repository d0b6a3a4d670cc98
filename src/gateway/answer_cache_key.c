/* answer_cache_key.c - what a whole answer depends on, and what people call it */
#include "gateway/answer_cache_internal.h"
#include "gateway/items.h"
#include "gateway/values.h"

enum {
    ENCODED = 3 /* bytes that one becomes at the most */
};

static bool add(struct gateway *g, struct slice part)
{
    return cache_key_add(&g->key, part);
}

/* Absent, one text, or a list: no two of them are alike. */
static bool add_parameter(struct gateway *g, const struct parameters_value *p)
{
    if (!p->is_present)
        return add(g, SLICE("absent"));
    if (!p->is_list)
        return add(g, SLICE("text")) && add(g, p->text);
    bool is_good = add(g, SLICE("list"));
    for (unsigned i = 0; i < p->n_items && is_good; i++)
        is_good = add(g, SLICE("item")) && add(g, p->items[i]);
    return is_good && add(g, SLICE("end"));
}

/* All fields of that name. *has_any is left alone where there is none. */
static bool add_header(struct visit *v, struct slice name, bool *has_any)
{
    const struct request *r = &v->exchange->request;
    bool is_good = true;
    for (unsigned i = 0; i < r->n_fields && is_good; i++) {
        if (!slice_equal_nocase(r->fields[i].name, name))
            continue;
        *has_any = true;
        is_good = add(v->gateway, SLICE("field")) && add(v->gateway, r->fields[i].value);
    }
    return is_good && add(v->gateway, SLICE("end"));
}

/* Those that tell who the client is, or all. */
static bool add_headers(struct visit *v, bool are_all, bool *has_credentials)
{
    const struct plan *p = v->plan;
    bool is_good = true;
    for (unsigned i = 0; i < p->n_headers && is_good; i++) {
        const struct plan_header *h = &p->headers[i];
        bool has_any = false;
        if (are_all || h->is_credential)
            is_good = add_header(v, h->name, &has_any);
        *has_credentials |= has_any && h->is_credential;
    }
    return is_good;
}

static bool add_credentials(struct visit *v, bool *has_credentials)
{
    bool is_good = true;
    for (unsigned i = 0; i < v->plan->n_credentials && is_good; i++) {
        const struct parameters_value *p = &v->parameters.values[v->plan->credentials[i]];
        *has_credentials |= p->is_present;
        is_good = add_parameter(v->gateway, p);
    }
    return is_good;
}

/* Who asks is part of an answer that is made of it. */
static bool add_claims(struct visit *v, bool *has_credentials)
{
    struct run asking = {.gateway = v->gateway, .visit = v, .plan = v->plan};
    bool is_good = true;
    for (unsigned i = 0; i < v->plan->n_claims && is_good; i++) {
        struct slice json;
        is_good = values_json(&asking, NULL, v->plan->claims[i], &json) && add(v->gateway, json);
        *has_credentials |= json.n > 0;
    }
    return is_good;
}

static bool add_varied(struct visit *v)
{
    const struct config_cache *c = &v->plan->config->cache;
    bool is_good = true, has_any = false;
    for (unsigned i = 0; i < c->n_vary && is_good; i++)
        is_good = add_header(v, c->vary[i], &has_any);
    return is_good;
}

/* In canonical form: what is selected the same way is the same. */
static bool add_selection(struct visit *v)
{
    struct gateway *g = v->gateway;
    const struct selection *s = &v->selection;
    size_t start = g->key.n;
    if (!s->fields)
        return add(g, s->view ? s->view->name : SLICE_NONE) && add(g, SLICE("all"));
    if (!fields_write(s->fields, &g->key))
        return false;
    struct slice text = arena_copy(&v->exchange->arena, slice_after(buffer_slice(&g->key), start));
    g->key.n = start;
    return text.at && add(g, s->view ? s->view->name : SLICE_NONE) && add(g, SLICE("some")) &&
           add(g, text);
}

/* The values of a template, which may speak of the request alone. */
static bool fill(struct visit *v, const struct config_template *t)
{
    struct run asking = {.gateway = v->gateway, .visit = v, .plan = v->plan};
    struct values_missing missing;
    return values_fill(&asking, NULL, t, &missing) == VALUES_GOOD;
}

static bool add_value(struct gateway *g, const struct template_value *t)
{
    const struct parameters_value as_parameter = {
        .is_present = t->is_defined,
        .is_list = t->is_list,
        .text = t->text,
        .items = t->items,
        .n_items = (unsigned)t->n_items,
    };
    return add_parameter(g, &as_parameter);
}

/* The values apart, as two of them may make one text: "a:b" and "c" is not "a" and "b:c". */
static bool add_given_key(struct visit *v)
{
    const struct config_cache *c = &v->plan->config->cache;
    bool is_good = fill(v, &c->key) && add(v->gateway, c->key_text);
    for (size_t i = 0; is_good && i < template_n_variables(c->key.compiled); i++)
        is_good = add_value(v->gateway, &v->gateway->values[i]);
    return is_good;
}

static bool add_default_key(struct visit *v)
{
    const struct config_endpoint *e = v->plan->config;
    bool is_good = add(v->gateway, visit_scheme(v)) && add(v->gateway, visit_site(v)) &&
                   add(v->gateway, e->path) && add(v->gateway, v->body);
    for (unsigned i = 0; i < e->n_parameters && is_good; i++)
        is_good = add_parameter(v->gateway, &v->parameters.values[i]);
    return is_good;
}

bool answer_cache_key(struct visit *v, struct slice *key, bool *has_credentials)
{
    struct gateway *g = v->gateway;
    bool is_given = v->plan->config->cache.key.compiled;
    g->key.n = 0;
    *has_credentials = false;
    const struct config_endpoint *e = v->plan->config;
    const struct slice hash = {(const char *)&e->hash, sizeof e->hash};
    bool is_good = add(g, SLICE("endpoint")) && add(g, e->method) && add(g, hash) &&
                   (is_given ? add_given_key(v) : add_default_key(v)) && add_selection(v) &&
                   add_headers(v, !is_given, has_credentials) &&
                   add_credentials(v, has_credentials) && add_claims(v, has_credentials) &&
                   add_varied(v);
    *key = buffer_slice(&g->key);
    return is_good;
}

/* A text that is written once its size is known. */
struct naming {
    char *at;
    bool has_query;
};

static void put(struct naming *n, struct slice bytes)
{
    n->at = bytes.n ? mempcpy(n->at, bytes.at, bytes.n) : n->at;
}

static void put_value(struct naming *n, const struct parameters_value *p)
{
    if (!p->is_list)
        n->at = template_encode(n->at, p->text);
    for (unsigned i = 0; p->is_list && i < p->n_items; i++) {
        put(n, i ? SLICE(",") : SLICE_NONE);
        n->at = template_encode(n->at, p->items[i]);
    }
}

static bool is_default(const struct config_parameter *c, const struct parameters_value *p)
{
    if (!c->has_default || !p->is_list)
        return c->has_default && slice_equal(c->default_text, p->text);
    bool is_same = c->n_default_items == p->n_items;
    for (unsigned i = 0; i < p->n_items && is_same; i++)
        is_same = slice_equal(c->default_items[i], p->items[i]);
    return is_same;
}

static void put_path(struct naming *n, const struct visit *v)
{
    const struct config_endpoint *e = v->plan->config;
    for (unsigned i = 0; i < e->n_segments; i++) {
        const struct config_segment *s = &e->segments[i];
        put(n, SLICE("/"));
        if (s->kind == CONFIG_PARAMETER)
            put_value(n, &v->parameters.values[s->parameter]);
        else
            n->at = template_encode(n->at, s->text);
    }
}

static void put_query(struct naming *n, const struct visit *v)
{
    const struct config_endpoint *e = v->plan->config;
    for (unsigned i = 0; i < e->n_parameters; i++) {
        const struct config_parameter *c = &e->parameters[i];
        const struct parameters_value *p = &v->parameters.values[i];
        if (c->place != CONFIG_IN_QUERY || !p->is_present || is_default(c, p))
            continue;
        put(n, n->has_query ? SLICE("&") : SLICE("?"));
        n->has_query = true;
        n->at = template_encode(n->at, c->name);
        put(n, SLICE("="));
        put_value(n, p);
    }
}

static size_t size_of_value(const struct parameters_value *p)
{
    size_t n = ENCODED * p->text.n;
    for (unsigned i = 0; i < p->n_items; i++)
        n += ENCODED * p->items[i].n + 1;
    return n;
}

static size_t size_of_name(const struct visit *v)
{
    const struct config_endpoint *e = v->plan->config;
    size_t n = 1;
    for (unsigned i = 0; i < e->n_segments; i++)
        n += ENCODED * e->segments[i].text.n + 1;
    for (unsigned i = 0; i < e->n_parameters; i++)
        n += ENCODED * e->parameters[i].name.n + size_of_value(&v->parameters.values[i]) + 2;
    return n;
}

struct slice answer_cache_path(struct visit *v, bool with_query)
{
    char *text = arena_take(&v->exchange->arena, size_of_name(v));
    struct naming n = {.at = text};
    if (!text)
        return SLICE_NONE;
    put_path(&n, v);
    if (with_query)
        put_query(&n, v);
    return (struct slice){text, (size_t)(n.at - text)};
}

/* The template's values are filled in. */
static struct slice expand(struct visit *v, const struct config_template *t)
{
    struct gateway *g = v->gateway;
    g->key.n = 0;
    if (template_expand_plain(t->compiled, g->values, &g->key) != FAULT_NONE)
        return SLICE_NONE;
    return arena_copy(&v->exchange->arena, buffer_slice(&g->key));
}

struct slice answer_cache_name(struct visit *v)
{
    const struct config_template *key = &v->plan->config->cache.key;
    if (!key->compiled)
        return answer_cache_path(v, true);
    return fill(v, key) ? expand(v, key) : SLICE_NONE;
}

uint64_t answer_cache_purged(struct visit *v)
{
    const struct config_cache *c = &v->plan->config->cache;
    struct slice tags[CONFIG_MAX_TAGS];
    const struct cache_labels labels = {
        .name = answer_cache_name(v),
        .url = answer_cache_path(v, false),
        .tags = tags,
        .n_tags = c->n_tags,
    };
    for (unsigned i = 0; i < c->n_tags; i++)
        tags[i] = fill(v, &c->tags[i]) ? expand(v, &c->tags[i]) : SLICE_NONE;
    return cache_purged(answer_cache_of(v)->cache, &labels);
}

static void add_tags(struct answer_labels *labels, const struct outcome *o)
{
    for (unsigned i = 0; i < o->caching.n_tags; i++)
        answer_labels_add_tag(labels, o->caching.tags[i]);
}

bool answer_cache_tags(struct run *r, struct answer_labels *labels)
{
    const struct config_cache *c = &r->plan->config->cache;
    for (unsigned i = 0; i < c->n_tags; i++) {
        struct slice tag = fill(r->visit, &c->tags[i]) ? expand(r->visit, &c->tags[i]) : SLICE_NONE;
        if (!tag.at)
            return false;
        answer_labels_add_tag(labels, tag);
    }
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        const struct run_items *items = r->sources[i].items;
        add_tags(labels, &r->sources[i].outcome);
        for (unsigned k = 0; items && k < items->n; k++)
            add_tags(labels, &items_at(items, k)->outcome);
    }
    return true;
}
