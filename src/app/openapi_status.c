/* openapi_status.c - the statuses that an endpoint can answer with, by what it calls */
#include "app/openapi_internal.h"
#include "gateway/plan.h"

#define BIT(source) (UINT64_C(1) << (source))

/* Sets of an endpoint's sources, a bit each. */
struct sources {
    const struct config_endpoint *endpoint;
    struct place_tree places;
    bool is_forwarding; /* one of them is told what the client accepts */
    uint64_t cached;    /* their answers are remembered */
    uint64_t idle;  /* they may make no call: their condition does not hold, their list is empty */
    uint64_t fatal; /* their failure can end the answer */
};

/* Kinds of values that can stand where one is read. */
enum {
    TEXTS = 1 << JSON_FALSE | 1 << JSON_TRUE | 1 << JSON_NUMBER | 1 << JSON_STRING,
    LISTS = 1 << JSON_ARRAY,
    VALUES = TEXTS | LISTS | 1 << JSON_OBJECT,
};

/* The source whose failure is the reader's as well: its fallback, if any, lacks what is read. */
static uint64_t fatal_of_variable(const struct config_endpoint *e, const struct config_variable *v,
                                  unsigned kinds)
{
    struct json_value found;
    if (v->origin != CONFIG_FROM_SOURCE)
        return 0;
    const struct config_source *from = &e->sources[v->index];
    bool stands_in = from->has_fallback && find_path(from->fallback, v->path, &found) &&
                     (kinds >> found.kind & 1);
    return stands_in ? 0 : BIT(v->index);
}

static uint64_t fatal_of_template(const struct config_endpoint *e, const struct config_template *t,
                                  unsigned kinds)
{
    uint64_t all = 0;
    for (size_t i = 0; t->compiled && i < template_n_variables(t->compiled); i++)
        all |= fatal_of_variable(e, &t->variables[i], kinds);
    return all;
}

static uint64_t fatal_of_call(const struct config_endpoint *e, const struct config_source *s)
{
    uint64_t all = fatal_of_template(e, &s->path, TEXTS);
    for (unsigned i = 0; i < s->n_set_headers; i++)
        all |= fatal_of_template(e, &s->set_headers[i].value, TEXTS);
    for (unsigned i = 0; i < s->body.n_pieces; i++)
        if (s->body.pieces[i].kind != CONFIG_PIECE_TEXT)
            all |= fatal_of_template(e, &s->body.pieces[i].template,
                                     s->body.pieces[i].kind == CONFIG_PIECE_VALUE ? VALUES : TEXTS);
    return all;
}

/* The call for an element fails that element alone. What a condition reads may have failed: it is
 * null there. */
static uint64_t fatal_of_source(const struct config_endpoint *e, const struct config_source *s)
{
    uint64_t of_list = s->each.is_given ? fatal_of_variable(e, &s->each.list, LISTS) : 0;
    bool is_by_element = s->each.is_given && !s->each.batch.n;
    return is_by_element ? of_list : of_list | fatal_of_call(e, s);
}

/* Those without which there is no answer, and those without which one of these has no call. */
static uint64_t find_fatal(const struct config_endpoint *e, uint64_t required)
{
    uint64_t fatal = required, known;
    do {
        known = fatal;
        for (uint64_t left = known; left; left &= left - 1)
            fatal |= fatal_of_source(e, &e->sources[__builtin_ctzll(left)]);
    } while (fatal != known);
    return fatal;
}

static struct sources look_at(const struct config_endpoint *e, struct arena *arena)
{
    struct sources s = {.endpoint = e};
    uint64_t required = 0;
    place_compile(&s.places, e, arena);
    s.idle = s.places.conditional;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *c = &e->sources[i];
        s.cached |= c->cache.is_on ? BIT(i) : 0;
        s.idle |= c->each.is_given ? BIT(i) : 0;
        s.is_forwarding |= plan_forwards_accept(c);
        required |= c->is_required && !c->has_fallback ? BIT(i) : 0;
    }
    s.fatal = find_fatal(e, required);
    return s;
}

/* May the caches have all that is asked for where these are called? */
static bool may_be_had(const struct sources *s, uint64_t called)
{
    if (called & ~s->cached & ~s->idle)
        return false;
    for (uint64_t left = called & s->cached; left; left &= left - 1)
        if (!(s->places.called[__builtin_ctzll(left)] & ~s->cached))
            return true;
    return false;
}

/* Does some request get an answer with an ETag (docs/caching.md)? A client may select one source,
 * and what that needs. */
static bool has_etag(const struct sources *s)
{
    const struct config_endpoint *e = s->endpoint;
    if (e->cache.is_on || !slice_equal(e->method, SLICE("GET")))
        return e->cache.is_on;
    bool has = may_be_had(s, s->places.all);
    for (unsigned i = 0; e->select.n && i < e->n_sources; i++)
        has |= s->places.of[i] && may_be_had(s, s->places.called[i] | s->places.kept);
    return has;
}

static void mark(bool *statuses, unsigned first, unsigned second)
{
    statuses[first] = statuses[second] = true;
}

static void mark_of_source(struct openapi_statuses *s, const struct config_endpoint *e,
                           const struct config_source *source)
{
    mark(s->has_problem, 404, 410);
    mark(s->has_problem, 502, 504);
    if (plan_sends_credentials(e, source))
        mark(s->has_problem, 401, 403);
    for (unsigned i = 0; i < source->n_pass; i++)
        s->is_passed[source->pass[i]] = true;
}

struct openapi_statuses openapi_statuses(const struct config_endpoint *e, struct arena *arena)
{
    struct sources sources = look_at(e, arena);
    struct openapi_statuses s = {.has_etag = has_etag(&sources)};
    mark(s.has_problem, 400, 503); /* any request may be malformed, or come at a bad time */
    s.has_problem[406] = !sources.is_forwarding;
    s.has_problem[413] = e->reads_body;
    s.has_problem[429] = e->rate_limit.is_on;
    s.has_problem[401] = e->n_auth;
    s.has_problem[403] = e->n_auth && e->n_scopes;
    for (uint64_t left = sources.fatal; left; left &= left - 1)
        mark_of_source(&s, e, &e->sources[__builtin_ctzll(left)]);
    return s;
}
