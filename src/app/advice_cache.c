/* advice_cache.c - keys that say less than the call, and answers that are kept for long */
#include "app/advice_internal.h"
#include "config/quantity.h"
#include "gateway/compose.h"
#include "service/service_key.h"

#define DAY_MS UINT64_C(86400000)

static bool is_same_path(const struct json_path *a, const struct json_path *b)
{
    if (a->n_steps != b->n_steps)
        return false;
    for (unsigned i = 0; i < a->n_steps; i++)
        if (a->steps[i].is_index != b->steps[i].is_index ||
            a->steps[i].index != b->steps[i].index ||
            !slice_equal(a->steps[i].name, b->steps[i].name))
            return false;
    return true;
}

static bool is_same(const struct config_endpoint *e, const struct config_variable *a,
                    const struct config_variable *b)
{
    struct slice header = config_variable_header(e, a);
    if (header.n)
        return slice_equal_nocase(header, config_variable_header(e, b));
    return a->origin == b->origin && a->index == b->index && is_same_path(&a->path, &b->path);
}

static bool is_varied_by(const struct config_source *s, struct slice header)
{
    for (unsigned i = 0; i < s->cache.n_vary; i++)
        if (slice_equal_nocase(s->cache.vary[i], header))
            return true;
    return false;
}

/* Who the client is belongs to each key, whatever it says (docs/caching.md). */
static bool is_in_any_key(const struct config_endpoint *e, const struct config_source *s,
                          const struct config_variable *v)
{
    struct slice header = config_variable_header(e, v);
    return v->origin == CONFIG_FROM_CLAIMS || compose_is_credential(e, header) ||
           (header.n && is_varied_by(s, header));
}

static bool is_in_key(const struct config_endpoint *e, const struct config_source *s,
                      const struct config_variable *v)
{
    const struct config_template *key = &s->cache.key;
    for (size_t i = 0; i < template_n_variables(key->compiled); i++)
        if (is_same(e, v, &key->variables[i]))
            return true;
    return is_in_any_key(e, s, config_variable_sent(s, v));
}

/* The first of the template that the key lacks; empty: none. */
static struct slice left_out(const struct config_endpoint *e, const struct config_source *s,
                             const struct config_template *t)
{
    for (size_t i = 0; i < template_n_variables(t->compiled); i++)
        if (!is_in_key(e, s, &t->variables[i]))
            return template_variable(t->compiled, i);
    return SLICE_NONE;
}

/* Of the path, then of the headers that are set. */
static struct slice first_left_out(const struct config_endpoint *e, const struct config_source *s)
{
    struct slice name = left_out(e, s, &s->path);
    for (unsigned i = 0; i < s->n_set_headers && !name.n; i++)
        if (!compose_is_made_credential(e, &s->set_headers[i]))
            name = left_out(e, s, &s->set_headers[i].value);
    return name;
}

/* A condition, or a range, makes its request a call of its own. */
static struct slice first_forwarded(const struct config_endpoint *e, const struct config_source *s)
{
    for (unsigned i = 0; i < s->n_forward; i++) {
        const struct config_variable v = {.origin = CONFIG_FROM_HEADER, .header = s->forward[i]};
        if (!is_in_key(e, s, &v) && !config_header_is_set(s, s->forward[i]) &&
            !service_key_is_condition(s->forward[i]))
            return s->forward[i];
    }
    return SLICE_NONE;
}

static void advise_on_key(struct adviser *a, const struct config_source *s)
{
    struct slice variable = first_left_out(a->endpoint, s);
    struct slice forwarded = variable.n ? SLICE_NONE : first_forwarded(a->endpoint, s);
    if (variable.n || forwarded.n)
        advice_point(a, &s->cache.position);
    if (variable.n)
        fprintf(a->to,
                "the key of %.*s leaves out {%.*s}, so requests that differ in it get the same "
                "answer; write it into the key\n",
                SLICE_ARG(s->name), SLICE_ARG(variable));
    if (forwarded.n)
        fprintf(a->to,
                "the key of %.*s leaves out `%.*s`, which is forwarded, so requests that differ in "
                "it get the same answer unless the service says `Vary`; write {headers.%.*s} into "
                "the key, or the name into `vary`\n",
                SLICE_ARG(s->name), SLICE_ARG(forwarded), SLICE_ARG(forwarded));
}

/* The first of what the client proves itself by; empty: none goes to the service. */
static struct slice credential_of(const struct config_endpoint *e, const struct config_source *s)
{
    for (unsigned i = 0; i < s->n_forward; i++)
        if (compose_is_credential(e, s->forward[i]))
            return s->forward[i];
    return SLICE_NONE;
}

static void advise_on_credentials(struct adviser *a, const struct config_source *s)
{
    struct slice name = credential_of(a->endpoint, s);
    if (!name.n)
        return;
    advice_point(a, &s->cache.position);
    fprintf(a->to,
            "%.*s forwards `%.*s`, so each client has answers of its own whatever the key says, "
            "but for those that the service calls public; forward it no more, or leave `key` "
            "out\n",
            SLICE_ARG(s->name), SLICE_ARG(name));
}

static void advise_on_ttl(struct adviser *a, const struct config_source *s)
{
    char ttl[32];
    if (s->cache.respects_origin || s->cache.ttl_ms <= DAY_MS)
        return;
    quantity_write(ttl, sizeof ttl, QUANTITY_DURATION, s->cache.ttl_ms);
    advice_point(a, &s->cache.position);
    fprintf(a->to,
            "%.*s is remembered for %s, and the service has no say in it; up to a day is wise, "
            "with tags to purge it by, or respect_origin\n",
            SLICE_ARG(s->name), ttl);
}

void advice_on_caches(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        if (!s->cache.is_on)
            continue;
        if (s->cache.key.compiled) {
            advise_on_key(a, s);
            advise_on_credentials(a, s);
        }
        advise_on_ttl(a, s);
    }
}
