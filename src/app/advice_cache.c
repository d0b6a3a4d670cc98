/* advice_cache.c - keys that say less than the call, and answers that are kept for long */
#include "app/advice_internal.h"
#include "config/quantity.h"
#include "gateway/compose.h"

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

static bool is_same(const struct config_variable *a, const struct config_variable *b)
{
    return a->origin == b->origin && a->index == b->index && slice_equal(a->header, b->header) &&
           is_same_path(&a->path, &b->path);
}

static bool has_variable(const struct config_template *t, const struct config_variable *v)
{
    for (size_t i = 0; i < template_n_variables(t->compiled); i++)
        if (is_same(&t->variables[i], v))
            return true;
    return false;
}

static void advise_on_key(struct adviser *a, const struct config_source *s)
{
    for (size_t i = 0; i < template_n_variables(s->path.compiled); i++) {
        struct slice name = template_variable(s->path.compiled, i);
        if (has_variable(&s->cache.key, &s->path.variables[i]))
            continue;
        advice_point(a, &s->cache.position);
        fprintf(a->to,
                "the key of %.*s leaves out {%.*s}, so requests that differ in it get the same "
                "answer; write it into the key\n",
                SLICE_ARG(s->name), SLICE_ARG(name));
        return;
    }
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
