/* cors.c - origins compared, and what is told of them */
#include "edge/cors.h"

#include "base/check.h"
#include "base/units.h"
#include "wire/token.h"

/* "a, b, c" */
static struct slice join(const struct slice *words, unsigned n, struct arena *arena)
{
    size_t size = 0;
    for (unsigned i = 0; i < n; i++)
        size += words[i].n + 2;
    if (!size)
        return SLICE_NONE;
    char *text = arena_take(arena, size);
    CHECK(text);
    char *at = text;
    for (unsigned i = 0; i < n; i++) {
        at = mempcpy(at, words[i].at, words[i].n);
        at = mempcpy(at, ", ", 2);
    }
    return (struct slice){text, size - 2};
}

static struct slice write_methods(const struct config_cors *config, struct slice method,
                                  struct arena *arena)
{
    if (config->n_methods)
        return join(config->methods, config->n_methods, arena);
    return slice_equal(method, SLICE("GET")) ? SLICE("GET, HEAD") : method;
}

void cors_compile(struct cors *c, const struct config_cors *config, struct slice method,
                  struct arena *arena)
{
    *c = (struct cors){0};
    if (!config->is_on)
        return;
    c->config = config;
    c->methods = write_methods(config, method, arena);
    c->headers = join(config->headers, config->n_headers, arena);
    c->expose = join(config->expose, config->n_expose, arena);
    if (!config->has_max_age)
        return;
    c->max_age = arena_print(arena, "%llu", (unsigned long long)(config->max_age_ms / MS_A_SECOND));
    CHECK(c->max_age.at);
}

static bool is_named(const struct config_cors *c, struct slice origin)
{
    for (unsigned i = 0; i < c->n_origins; i++)
        if (slice_equal(c->origins[i], origin))
            return true;
    return false;
}

/* Of several nobody knows which is meant: at is NULL, as where there is none. */
static struct slice only_value(const struct request *r, struct slice name)
{
    struct slice value = SLICE_NONE;
    unsigned n = 0;
    for (unsigned i = 0; i < r->n_fields; i++) {
        if (!token_equals(r->fields[i].name, name))
            continue;
        value = r->fields[i].value;
        n++;
    }
    return n == 1 ? value : SLICE_NONE;
}

struct slice cors_origin(const struct cors *c, const struct request *r)
{
    struct slice origin = only_value(r, SLICE("origin"));
    if (!c->config || !origin.n)
        return SLICE_NONE;
    if (is_named(c->config, origin))
        return origin;
    bool is_any = c->config->any_origin && !slice_equal(origin, SLICE("null"));
    return is_any ? SLICE("*") : SLICE_NONE;
}

/* What is asked for is said again only where it is a list of names. */
static bool is_list(struct slice list)
{
    struct slice rest = list, name;
    bool is_so = true;
    while (token_next(&rest, &name))
        is_so &= token_is(name);
    return is_so;
}

struct slice cors_headers(const struct cors *c, const struct request *r)
{
    if (!c->config->any_header)
        return c->headers;
    struct slice asked = only_value(r, SLICE("access-control-request-headers"));
    return is_list(asked) ? asked : SLICE_NONE;
}

bool cors_is_preflight(const struct request *r, struct slice *method)
{
    if (!slice_equal(r->method, SLICE("OPTIONS")))
        return false;
    *method = only_value(r, SLICE("access-control-request-method"));
    return method->n && exchange_field(r, SLICE("origin"));
}
