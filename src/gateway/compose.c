/* compose.c - a request line, and header lines from five places */
#include "base/hash.h"
#include "gateway/caching.h"
#include "gateway/compose_internal.h"
#include "gateway/gateway_internal.h"
#include "gateway/spans.h"
#include "gateway/values.h"

enum {
    SPAN_BEHIND = TRACE_SPAN_SIZE + sizeof "-01\r\n" - 1 /* of the last line, to its end */
};

static const struct slice line_end = SLICE_INIT("\r\n");

/* Fields of a request that tell who the client is. */
static const struct slice credential_names[] = {
    SLICE_INIT("authorization"),
    SLICE_INIT("cookie"),
    SLICE_INIT("x-api-key"),
};

bool compose_is_credential(const struct config_endpoint *e, struct slice name)
{
    if (!name.n)
        return false;
    for (unsigned i = 0; i < e->n_auth; i++)
        if (slice_equal(e->auth[i]->header, name))
            return true;
    for (size_t i = 0; i < sizeof credential_names / sizeof *credential_names; i++)
        if (slice_equal(credential_names[i], name))
            return true;
    return false;
}

void compose_fail(struct composing *c, enum outcome_kind kind, struct slice detail, int cause)
{
    if (c->verdict != COMPOSE_GOOD)
        return;
    c->verdict = COMPOSE_FAILED;
    c->failure->kind = kind;
    c->failure->detail = detail;
    c->source->cause = cause;
}

void compose_fail_for_room(struct composing *c)
{
    compose_fail(c, OUTCOME_OVERLOADED, SLICE("no memory is left for the request"), -1);
}

void compose_fail_for_length(struct composing *c)
{
    compose_fail(c, OUTCOME_TOO_LARGE, SLICE("the request is too long"), -1);
}

static void refuse(struct composing *c, struct slice parameter, struct slice message)
{
    struct visit *v = c->run->visit;
    if (!message.at || !parameters_refuse(&v->parameters, parameter, message, &v->exchange->arena))
        compose_fail_for_room(c);
    else
        c->verdict = COMPOSE_REFUSED;
}

/* A value cannot stand where its template puts it. */
static void blame(struct composing *c, const struct config_template *t, size_t variable,
                  struct slice why)
{
    const struct config_variable *from = &t->variables[variable];
    struct visit *v = c->run->visit;
    compose_fail(c, OUTCOME_DEPENDENCY,
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
    case CONFIG_FROM_BODY:
    case CONFIG_FROM_CLAIMS:
        refuse(c, template_variable(t->compiled, variable), why);
        break;
    case CONFIG_FROM_ITEM:
    case CONFIG_FROM_ITEMS:
        if (values_are_of_request(&c->source->plan->config->each.list))
            refuse(c, c->source->plan->list_name, why);
        break;
    case CONFIG_FROM_SOURCE:
        break;
    }
}

/* The failed source that is to blame for a value that is not there; -1: none failed. */
static int blamed(const struct run *r, int source)
{
    return source >= 0 && !run_has_value(r, (unsigned)source) ? source : -1;
}

void compose_fail_missing(struct composing *c, const struct values_missing *missing)
{
    compose_fail(c, OUTCOME_DEPENDENCY, missing->detail, blamed(c->run, missing->source));
}

static bool judge(struct composing *c, enum values_verdict verdict,
                  const struct values_missing *missing)
{
    switch (verdict) {
    case VALUES_GOOD:
        return true;
    case VALUES_MISSING:
        compose_fail_missing(c, missing);
        break;
    case VALUES_UNFIT:
        compose_fail(c, OUTCOME_DEPENDENCY, missing->detail, -1);
        refuse(c, missing->name,
               arena_print(&c->run->visit->exchange->arena, "must not be %.*s",
                           SLICE_ARG(missing->why)));
        break;
    case VALUES_NO_ROOM:
        compose_fail_for_room(c);
        break;
    }
    return false;
}

bool compose_fill(struct composing *c, const struct config_template *t)
{
    struct values_missing missing;
    return judge(c, values_fill(c->run, c->item, t, &missing), &missing);
}

static bool fill_early(struct composing *c, const struct config_template *t)
{
    struct values_missing missing;
    return judge(c, values_fill_early(c->run, c->item, t, &missing), &missing);
}

/* Of a variable that is undefined. An empty parameter counts as absent. */
static struct slice absence(const struct config_variable *from)
{
    bool is_json = from->origin == CONFIG_FROM_BODY || from->origin == CONFIG_FROM_CLAIMS;
    return is_json ? SLICE("is absent or null, and the path of a call needs it")
                   : SLICE("is absent or empty, and the path of a call needs it");
}

/* The values are filled in. One that is to blame is told and stood in for, until all are told. */
static void expand(struct composing *c, const struct config_template *t, struct slice why)
{
    struct template_value *values = c->run->gateway->values;
    size_t start = c->out->n, culprit;
    enum fault fault = template_expand(t->compiled, values, c->out, &culprit);
    for (size_t n = template_n_variables(t->compiled); fault == FAULT_CLIENT && n > 0; n--) {
        blame(c, t, culprit, values[culprit].is_defined ? why : absence(&t->variables[culprit]));
        values[culprit] = (struct template_value){.is_defined = true, .text = SLICE("x")};
        c->out->n = start;
        fault = template_expand(t->compiled, values, c->out, &culprit);
    }
    if (fault == FAULT_LIMIT)
        compose_fail_for_length(c);
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

bool compose_is_made_credential(const struct config_endpoint *e, const struct config_set_header *h)
{
    return template_n_variables(h->value.compiled) > 0 && compose_is_credential(e, h->name);
}

bool compose_is_client_credential(const struct config_endpoint *e,
                                  const struct config_set_header *h)
{
    if (!compose_is_credential(e, h->name))
        return false;
    for (size_t i = 0; i < template_n_variables(h->value.compiled); i++)
        if (values_are_of_request(&h->value.variables[i]))
            return true;
    return false;
}

static void put_header(struct composing *c, const struct config_set_header *h)
{
    if (has_undefined(c, &h->value))
        return;
    if (compose_is_client_credential(c->run->plan->config, h))
        c->source->has_credentials = true;
    compose_put(c, h->name);
    compose_put(c, SLICE(": "));
    if (c->verdict == COMPOSE_GOOD)
        expand(c, &h->value, SLICE("has a byte that no header takes"));
    compose_put(c, line_end);
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
        compose_put(c, name);
        compose_put(c, SLICE(": "));
        compose_put(c, q->fields[i].value);
        compose_put(c, line_end);
    }
    return has_any;
}

static void put_all_forwarded(struct composing *c)
{
    const struct plan_source *p = c->source->plan;
    bool accepts = !p->accepts_as_client;
    for (unsigned i = 0; i < p->n_forward; i++) {
        bool has_any = put_forwarded(c, p->forward[i]);
        if (has_any && compose_is_credential(c->run->plan->config, p->forward[i]))
            c->source->has_credentials = true;
        accepts |= has_any && slice_equal(p->forward[i], SLICE("accept"));
    }
    if (!accepts)
        compose_put(c, p->accept);
}

/* The span is the call's own; of a recorded trace each attempt writes its own over it. */
static void put_trace(struct composing *c)
{
    char parent[TRACE_PARENT_SIZE];
    char span[TRACE_SPAN_SIZE];
    trace_make_span(span, c->run->gateway->context.random);
    if (c->run->spans)
        spans_begin_source(c->run, (unsigned)(c->source - c->run->sources));
    trace_write(parent, &c->run->visit->trace, span);
    compose_put(c, SLICE("traceparent: "));
    compose_put(c, (struct slice){parent, sizeof parent});
    compose_put(c, line_end);
}

static void put_set_headers(struct composing *c)
{
    const struct plan_source *p = c->source->plan;
    for (unsigned i = 0; i < p->n_set_headers && c->verdict == COMPOSE_GOOD; i++)
        if (compose_fill(c, &p->set_headers[i]->value))
            put_header(c, p->set_headers[i]);
}

/* Credentials that go along in a path, a body or a header of another name. */
static void note_secrets(struct composing *c)
{
    const struct plan_source *p = c->source->plan;
    for (unsigned i = 0; i < p->n_secrets; i++)
        if (exchange_field(&c->run->visit->exchange->request, p->secrets[i]))
            c->source->has_credentials = true;
}

static struct composing begin(struct run *r, unsigned source)
{
    return (struct composing){
        .run = r, .source = &r->sources[source], .out = &r->gateway->requests};
}

/* Of what the service balances by; 0 where it does not, or where that is not known. */
static uint64_t balance_hash_of(struct composing *c)
{
    const struct config_template *t = &c->source->plan->config->hash;
    struct values_missing missing;
    size_t start = c->out->n;
    uint64_t hash = 0;
    if (!t->compiled || values_fill(c->run, c->item, t, &missing) != VALUES_GOOD)
        return 0;
    if (template_expand_plain(t->compiled, c->run->gateway->values, c->out) == FAULT_NONE)
        hash = hash_of((struct slice){c->out->at + start, c->out->n - start});
    c->out->n = start;
    return hash;
}

enum compose_verdict compose_request(struct run *r, unsigned source, const struct values_item *item,
                                     struct composed *out, struct outcome *failure)
{
    struct composing c = begin(r, source);
    c.item = item;
    c.failure = failure;
    size_t at = c.out->n;
    compose_put(&c, c.source->plan->method);
    if (compose_fill(&c, &c.source->plan->config->path))
        expand_path(&c);
    size_t fields_at = c.out->n;
    compose_put(&c, c.source->plan->fields);
    put_all_forwarded(&c);
    put_set_headers(&c);
    note_secrets(&c);
    size_t own_n = c.out->n - fields_at;
    compose_put(&c, r->visit->lines);
    put_trace(&c);
    size_t body_at = c.out->n;
    compose_body(&c);
    *out = (struct composed){
        .at = at,
        .line_n = fields_at - at,
        .fields_n = body_at - fields_at,
        .body_n = c.out->n - body_at,
        .own_n = own_n,
        .span_at = body_at - fields_at - SPAN_BEHIND,
    };
    out->hash = balance_hash_of(&c);
    if (c.verdict == COMPOSE_GOOD)
        caching_compose(&c, out);
    else
        c.out->n = at;
    return c.verdict;
}

enum compose_verdict compose_check(struct run *r, unsigned source, const struct values_item *item)
{
    struct outcome failure;
    struct composing c = begin(r, source);
    const struct plan_source *p = c.source->plan;
    size_t at = c.out->n;
    c.item = item;
    c.failure = &failure;
    if (fill_early(&c, &p->config->path))
        expand_path(&c);
    for (unsigned i = 0; i < p->n_set_headers; i++)
        if (fill_early(&c, &p->set_headers[i]->value))
            put_header(&c, p->set_headers[i]);
    c.out->n = at;
    return c.verdict;
}
