/* plan_headers.c - which of a client's headers can change an answer, and which tell who it is */
#include "base/buffer.h"
#include "base/check.h"
#include "config/condition.h"
#include "gateway/compose.h"
#include "gateway/plan.h"
#include "wire/token.h"

struct gathering {
    const struct config_endpoint *endpoint;
    const struct config_source *source; /* that is looked at */
    struct buffer vary;                 /* a list */
    struct buffer headers;              /* struct plan_header */
    struct buffer credentials;          /* unsigned */
    struct buffer claims;               /* const struct config_variable * */
    struct buffer secrets;              /* struct slice, of the source that is looked at, */
    struct buffer own_claims;           /* and its claims */
};

static void begin(struct gathering *g, const struct config_endpoint *e)
{
    *g = (struct gathering){.endpoint = e};
    buffer_init(&g->vary, SIZE_MAX / 2);
    buffer_init(&g->headers, SIZE_MAX / 2);
    buffer_init(&g->credentials, SIZE_MAX / 2);
    buffer_init(&g->claims, SIZE_MAX / 2);
    buffer_init(&g->secrets, SIZE_MAX / 2);
    buffer_init(&g->own_claims, SIZE_MAX / 2);
}

static void end(struct gathering *g)
{
    buffer_done(&g->vary);
    buffer_done(&g->headers);
    buffer_done(&g->credentials);
    buffer_done(&g->claims);
    buffer_done(&g->secrets);
    buffer_done(&g->own_claims);
}

static void append(struct buffer *b, const void *at, size_t n)
{
    CHECK(buffer_append(b, (struct slice){at, n}));
}

static void vary_by(struct gathering *g, struct slice name)
{
    if (token_list_has(buffer_slice(&g->vary), name))
        return;
    if (g->vary.n)
        append(&g->vary, ", ", 2);
    append(&g->vary, name.at, name.n);
}

/* Calls are made of it. */
static void use_header(struct gathering *g, struct slice name, bool is_credential)
{
    struct plan_header *headers = (struct plan_header *)(void *)g->headers.at;
    vary_by(g, name);
    for (size_t i = 0; i < g->headers.n / sizeof *headers; i++)
        if (slice_equal_nocase(headers[i].name, name)) {
            headers[i].is_credential |= is_credential;
            return;
        }
    const struct plan_header header = {name,
                                       is_credential || compose_is_credential(g->endpoint, name)};
    append(&g->headers, &header, sizeof header);
}

static bool is_secret(const struct gathering *g, const struct config_variable *v)
{
    return compose_is_credential(g->endpoint, config_variable_header(g->endpoint, v));
}

static void use_variable(struct gathering *g, const struct config_variable *v, bool is_credential)
{
    if (v->origin == CONFIG_FROM_HEADER)
        use_header(g, v->header, is_credential);
    else if (v->origin == CONFIG_FROM_CLAIMS)
        append(&g->claims, &v, sizeof v);
    else if (v->origin == CONFIG_FROM_PARAMETER && (is_credential || is_secret(g, v)))
        append(&g->credentials, &v->index, sizeof v->index);
}

/* It is sent, wherever it stands in the request. */
static void send_variable(struct gathering *g, const struct config_variable *v, bool is_credential)
{
    struct slice header = config_variable_header(g->endpoint, v);
    use_variable(g, v, is_credential);
    if (v->origin == CONFIG_FROM_CLAIMS)
        append(&g->own_claims, &v, sizeof v);
    if (is_secret(g, v))
        append(&g->secrets, &header, sizeof header);
}

static void use_template(struct gathering *g, const struct config_template *t, bool is_credential)
{
    for (size_t i = 0; t->compiled && i < template_n_variables(t->compiled); i++)
        send_variable(g, config_variable_sent(g->source, &t->variables[i]), is_credential);
}

static void use_operand(struct gathering *g, const struct condition_operand *o)
{
    if (!o->is_literal)
        use_variable(g, &o->variable, false);
}

static void use_condition(struct gathering *g, const struct condition *c)
{
    for (unsigned i = 0; c && i < c->n_instructions; i++) {
        const struct condition_instruction *at = &c->instructions[i];
        unsigned n_operands = condition_n_operands(at->code);
        if (n_operands > 0)
            use_operand(g, &at->left);
        if (n_operands > 1)
            use_operand(g, &at->right);
    }
}

static void use_source(struct gathering *g, const struct config_source *s)
{
    g->source = s;
    for (unsigned i = 0; i < s->n_forward; i++)
        use_header(g, s->forward[i], false);
    use_template(g, &s->path, false);
    for (unsigned i = 0; i < s->n_set_headers; i++)
        use_template(g, &s->set_headers[i].value,
                     compose_is_credential(g->endpoint, s->set_headers[i].name));
    for (unsigned i = 0; i < s->body.n_pieces; i++)
        if (s->body.pieces[i].kind != CONFIG_PIECE_TEXT)
            use_template(g, &s->body.pieces[i].template, false);
    if (s->each.is_given)
        send_variable(g, &s->each.list, false);
    use_condition(g, s->when);
    for (unsigned i = 0; i < s->cache.n_vary; i++)
        vary_by(g, s->cache.vary[i]);
}

/* What the endpoint itself looks at. */
static void look_at_endpoint(struct gathering *g, const struct config_endpoint *e)
{
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (e->parameters[i].place == CONFIG_IN_HEADER)
            vary_by(g, e->parameters[i].name);
    for (unsigned i = 0; i < e->n_auth; i++)
        if (e->auth[i]->header.n)
            vary_by(g, e->auth[i]->header);
    for (unsigned i = 0; i < e->n_views; i++)
        for (unsigned k = 0; k < e->views[i].n_headers; k++)
            vary_by(g, e->views[i].headers[k].name);
    for (unsigned i = 0; i < e->cache.n_vary; i++)
        vary_by(g, e->cache.vary[i]);
}

static const void *keep(struct arena *arena, struct buffer *b)
{
    struct slice copy = arena_copy(arena, buffer_slice(b));
    CHECK(copy.at);
    buffer_done(b);
    return copy.at;
}

/* A `key:` is what it says; without one the call is, of which lines with credentials alone are left
 * out. */
static bool is_impersonal(const struct gathering *g, const struct plan_source *s)
{
    const struct config_cache *c = &s->config->cache;
    bool is_so = c->key.compiled || (!s->n_secrets && !s->n_claims);
    for (size_t i = 0; c->key.compiled && i < template_n_variables(c->key.compiled); i++)
        is_so &= !is_secret(g, config_variable_sent(g->source, &c->key.variables[i]));
    for (unsigned i = 0; i < c->n_vary; i++)
        is_so &= !compose_is_credential(g->endpoint, c->vary[i]);
    return is_so;
}

static bool makes_credentials(const struct config_endpoint *e, const struct config_source *s)
{
    for (unsigned i = 0; i < s->n_set_headers; i++)
        if (compose_is_made_credential(e, &s->set_headers[i]))
            return true;
    return false;
}

/* What the client sends is known of the others. */
static bool is_of_another(const struct config_source *s, const struct config_variable *v)
{
    bool is_element = v->origin == CONFIG_FROM_ITEM || v->origin == CONFIG_FROM_ITEMS;
    return v->origin == CONFIG_FROM_SOURCE ||
           (is_element && s->each.list.origin == CONFIG_FROM_SOURCE);
}

static bool is_tokened(const struct config_endpoint *e, const struct config_source *s)
{
    for (unsigned i = 0; i < s->n_set_headers; i++) {
        const struct config_template *t = &s->set_headers[i].value;
        for (size_t k = 0; k < template_n_variables(t->compiled); k++)
            if (is_of_another(s, &t->variables[k]) &&
                compose_is_credential(e, s->set_headers[i].name))
                return true;
    }
    return false;
}

static void look_at_source(struct gathering *g, struct plan_source *s, struct arena *arena)
{
    use_source(g, s->config);
    s->n_secrets = (unsigned)(g->secrets.n / sizeof *s->secrets);
    s->secrets = keep(arena, &g->secrets);
    s->n_claims = (unsigned)(g->own_claims.n / sizeof *s->claims);
    s->claims = keep(arena, &g->own_claims);
    s->makes_credentials = makes_credentials(g->endpoint, s->config);
    s->is_impersonal = is_impersonal(g, s);
}

void plan_look_at_headers(struct plan *p, struct arena *arena)
{
    const struct config_endpoint *e = p->config;
    struct gathering g;
    begin(&g, e);
    vary_by(&g, SLICE("Accept")); /* by it clients ask for progressive answers */
    p->caches = e->cache.is_on;
    p->is_safe = slice_equal(e->method, SLICE("GET")) || slice_equal(e->method, SLICE("HEAD"));
    for (unsigned i = 0; i < e->n_sources; i++) {
        p->caches |= e->sources[i].cache.is_on;
        look_at_source(&g, &p->sources[i], arena);
        p->tokened |= (uint64_t)is_tokened(e, &e->sources[i]) << i;
    }
    look_at_endpoint(&g, e);
    p->vary.n = g.vary.n;
    p->n_headers = (unsigned)(g.headers.n / sizeof *p->headers);
    p->n_credentials = (unsigned)(g.credentials.n / sizeof *p->credentials);
    p->n_claims = (unsigned)(g.claims.n / sizeof *p->claims);
    p->claims = keep(arena, &g.claims);
    p->vary.at = keep(arena, &g.vary);
    p->headers = keep(arena, &g.headers);
    p->credentials = keep(arena, &g.credentials);
}

bool plan_sends_credentials(const struct config_endpoint *e, const struct config_source *s)
{
    struct gathering g;
    begin(&g, e);
    use_source(&g, s);
    bool sends = g.secrets.n;
    for (unsigned i = 0; i < s->n_forward; i++)
        sends |= compose_is_credential(e, s->forward[i]);
    for (unsigned i = 0; i < s->n_set_headers; i++)
        sends |= compose_is_client_credential(e, &s->set_headers[i]);
    end(&g);
    return sends;
}
