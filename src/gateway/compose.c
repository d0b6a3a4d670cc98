/* compose.c - a request line, and header lines from five places */
#include "gateway/compose.h"

#include "base/check.h"
#include "gateway/gateway_internal.h"
#include "gateway/values.h"

static const struct slice line_end = SLICE_INIT("\r\n");
static const struct slice accept_line = SLICE_INIT("accept: application/json\r\n");

/* Fields of a request that tell who the client is. */
static const struct slice credential_names[] = {
    SLICE_INIT("authorization"),
    SLICE_INIT("cookie"),
    SLICE_INIT("x-api-key"),
};

static bool is_credential(struct slice name)
{
    for (size_t i = 0; i < sizeof credential_names / sizeof *credential_names; i++)
        if (slice_equal(credential_names[i], name))
            return true;
    return false;
}

/* One source's request being written. */
struct composing {
    struct run *run;
    struct run_source *source;
    struct buffer *out;
    enum compose_verdict verdict; /* the first that is not good; what is written is dropped then */
};

static void fail(struct composing *c, enum outcome_kind kind, struct slice detail, int cause)
{
    if (c->verdict != COMPOSE_GOOD)
        return;
    c->verdict = COMPOSE_FAILED;
    c->source->outcome.kind = kind;
    c->source->outcome.detail = detail;
    c->source->cause = cause;
}

static void fail_for_room(struct composing *c)
{
    fail(c, OUTCOME_OVERLOADED, SLICE("no memory is left for the request"), -1);
}

static void fail_for_length(struct composing *c)
{
    fail(c, OUTCOME_TOO_LARGE, SLICE("the request is too long"), -1);
}

/* A request is put together of many small pieces, and there is room for nearly all of them. */
static inline void put(struct composing *c, struct slice bytes)
{
    struct buffer *out = c->out;
    if (bytes.n < out->capacity - out->n) {
        memcpy(out->at + out->n, bytes.at, bytes.n);
        out->n += bytes.n;
    } else if (c->verdict == COMPOSE_GOOD && !buffer_append(out, bytes)) {
        fail_for_length(c);
    }
}

static void refuse(struct composing *c, struct slice parameter, struct slice message)
{
    struct visit *v = c->run->visit;
    if (!parameters_refuse(&v->parameters, parameter, message, &v->exchange->arena))
        fail_for_room(c);
    else
        c->verdict = COMPOSE_REFUSED;
}

/* A value cannot stand where its template puts it. */
static void blame(struct composing *c, const struct config_template *t, size_t variable,
                  struct slice why)
{
    const struct config_variable *from = &t->variables[variable];
    struct visit *v = c->run->visit;
    fail(c, OUTCOME_DEPENDENCY,
         arena_print(&v->exchange->arena, "%.*s %.*s",
                     SLICE_ARG(template_variable(t->compiled, variable)), SLICE_ARG(why)),
         -1);
    switch (from->origin) {
    case CONFIG_FROM_PARAMETER:
        refuse(c, v->plan->config->parameters[from->index].name, why);
        break;
    case CONFIG_FROM_HEADER:
        refuse(c, from->header, why);
        break;
    case CONFIG_FROM_SOURCE:
        break;
    }
}

static bool fill(struct composing *c, const struct config_template *t)
{
    struct values_missing missing;
    switch (values_fill(c->run, t, &missing)) {
    case VALUES_GOOD:
        return true;
    case VALUES_MISSING:
        fail(c, OUTCOME_DEPENDENCY, missing.detail,
             run_has_failed(c->run, (unsigned)missing.source) ? missing.source : -1);
        break;
    case VALUES_NO_ROOM:
        fail_for_room(c);
        break;
    }
    return false;
}

/* The values are filled in. */
static void expand(struct composing *c, const struct config_template *t, struct slice why)
{
    size_t culprit;
    enum fault fault = template_expand(t->compiled, c->run->gateway->values, c->out, &culprit);
    if (fault == FAULT_CLIENT)
        blame(c, t, culprit, why);
    else if (fault)
        fail_for_length(c);
}

static void expand_path(struct composing *c)
{
    expand(c, &c->source->plan->config->path,
           SLICE("leaves a segment of a path empty, or makes it \".\" or \"..\""));
}

/* A header with a variable that is undefined is left out. */
static bool has_undefined(const struct composing *c, const struct config_template *t)
{
    for (size_t i = 0; i < template_n_variables(t->compiled); i++)
        if (!c->run->gateway->values[i].is_defined)
            return true;
    return false;
}

/* Credentials may be forwarded under a name of our own as well. */
static bool is_of_client(const struct config_set_header *h)
{
    for (size_t i = 0; i < template_n_variables(h->value.compiled); i++)
        if (h->value.variables[i].origin != CONFIG_FROM_SOURCE)
            return true;
    return false;
}

static void put_header(struct composing *c, const struct config_set_header *h)
{
    if (has_undefined(c, &h->value))
        return;
    if (is_credential(h->name) && is_of_client(h))
        c->source->has_credentials = true;
    put(c, h->name);
    put(c, SLICE(": "));
    if (c->verdict == COMPOSE_GOOD)
        expand(c, &h->value, SLICE("has a byte that no header takes"));
    put(c, line_end);
}

/* All fields of the client with this name; false: it has none. */
static bool put_forwarded(struct composing *c, struct slice name)
{
    const struct request *q = &c->run->visit->exchange->request;
    bool has_any = false;
    for (unsigned i = 0; i < q->n_fields; i++) {
        if (!slice_equal_nocase(q->fields[i].name, name))
            continue;
        has_any = true;
        put(c, name);
        put(c, SLICE(": "));
        put(c, q->fields[i].value);
        put(c, line_end);
    }
    return has_any;
}

static void put_all_forwarded(struct composing *c)
{
    const struct plan_source *p = c->source->plan;
    bool accepts = !p->accepts_as_client;
    for (unsigned i = 0; i < p->n_forward; i++) {
        bool has_any = put_forwarded(c, p->forward[i]);
        if (has_any && is_credential(p->forward[i]))
            c->source->has_credentials = true;
        accepts |= has_any && slice_equal(p->forward[i], SLICE("accept"));
    }
    if (!accepts)
        put(c, accept_line);
}

static void put_trace(struct composing *c)
{
    char parent[TRACE_PARENT_SIZE];
    trace_write(parent, &c->run->visit->trace, c->run->gateway->context.random);
    put(c, SLICE("traceparent: "));
    put(c, (struct slice){parent, sizeof parent});
    put(c, line_end);
}

static void put_set_headers(struct composing *c)
{
    const struct plan_source *p = c->source->plan;
    for (unsigned i = 0; i < p->n_set_headers && c->verdict == COMPOSE_GOOD; i++)
        if (fill(c, &p->set_headers[i]->value))
            put_header(c, p->set_headers[i]);
}

static struct composing begin(struct run *r, unsigned source)
{
    return (struct composing){
        .run = r, .source = &r->sources[source], .out = &r->gateway->requests};
}

enum compose_verdict compose_request(struct run *r, unsigned source, struct composed *out)
{
    struct composing c = begin(r, source);
    size_t at = c.out->n;
    put(&c, c.source->plan->method);
    if (fill(&c, &c.source->plan->config->path))
        expand_path(&c);
    size_t fields_at = c.out->n;
    put(&c, c.source->plan->fields);
    put_all_forwarded(&c);
    put_set_headers(&c);
    put(&c, r->visit->lines);
    put_trace(&c);
    *out = (struct composed){at, fields_at - at, c.out->n - fields_at};
    if (c.verdict != COMPOSE_GOOD)
        c.out->n = at;
    return c.verdict;
}

enum compose_verdict compose_check(struct run *r, unsigned source)
{
    struct composing c = begin(r, source);
    const struct plan_source *p = c.source->plan;
    size_t at = c.out->n;
    values_fill_early(r, &p->config->path);
    expand_path(&c);
    for (unsigned i = 0; i < p->n_set_headers; i++) {
        values_fill_early(r, &p->set_headers[i]->value);
        put_header(&c, p->set_headers[i]);
    }
    c.out->n = at;
    return c.verdict;
}
