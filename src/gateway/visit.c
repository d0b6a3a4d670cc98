/* visit.c - what a request's head says about who sends it */
#include "gateway/visit.h"

#include "base/check.h"
#include "base/put.h"
#include "base/units.h"
#include "gateway/gateway_internal.h"
#include "gateway/proxies.h"
#include "gateway/spans.h"
#include "wire/prefer.h"
#include "wire/token.h"

static void read_parent(struct visit *v, struct slice value)
{
    /* Given twice, it is none (W3C Trace Context 3.2). */
    bool is_second = v->n_parents++ > 0;
    v->has_parent = !is_second && trace_parse(value, &v->trace);
}

static void read_request_id(struct visit *v, struct slice value)
{
    if (v->request_id.n == 0 && trace_is_request_id(value))
        v->request_id = value;
}

static void be_patient_for(struct visit *v, uint64_t ms)
{
    if (ms < v->patience_ms)
        v->patience_ms = ms;
}

static void read_prefer(struct visit *v, struct slice value)
{
    uint32_t seconds;
    if (prefer_wait(value, &seconds))
        be_patient_for(v, (uint64_t)seconds * MS_A_SECOND);
}

static void read_timeout(struct visit *v, struct slice value)
{
    uint32_t ms;
    if (prefer_integer(value, &ms))
        be_patient_for(v, ms);
}

/* One walk over the head; a name's length tells most of them apart. */
static const struct {
    struct slice name;
    void (*read)(struct visit *v, struct slice value);
} readers[] = {
    {SLICE_INIT("traceparent"), read_parent},
    {SLICE_INIT("x-request-id"), read_request_id},
    {SLICE_INIT("prefer"), read_prefer},
    {SLICE_INIT("x-request-timeout-ms"), read_timeout},
};

static void read_fields(struct visit *v)
{
    const struct request *r = &v->exchange->request;
    for (unsigned i = 0; i < r->n_fields; i++)
        for (size_t k = 0; k < sizeof readers / sizeof *readers; k++)
            if (r->fields[i].name.n == readers[k].name.n &&
                token_equals(r->fields[i].name, readers[k].name))
                readers[k].read(v, r->fields[i].value);
}

static const struct slice comma = SLICE_INIT(", ");

/* All values of a field as one list (RFC 9110 5.3), empty where there are none; at is NULL where
 * the arena is full. */
static struct slice join_fields(struct visit *v, struct slice name)
{
    const struct request *r = &v->exchange->request;
    size_t n = 0;
    for (unsigned i = 0; i < r->n_fields; i++)
        if (slice_equal_nocase(r->fields[i].name, name))
            n += r->fields[i].value.n + comma.n;
    char *text = n ? arena_take(&v->exchange->arena, n) : "";
    char *at = text;
    for (unsigned i = 0; i < r->n_fields && text && n; i++)
        if (slice_equal_nocase(r->fields[i].name, name))
            at = put(put(at, r->fields[i].value), comma);
    return (struct slice){text, n ? n - comma.n : 0};
}

static bool find_client(struct visit *v)
{
    const struct config *config = v->gateway->config;
    v->client = v->exchange->request.peer;
    v->forwarded_for = SLICE("");
    v->is_proxied = proxies_trust(config, v->client);
    if (!v->is_proxied)
        return true;
    v->forwarded_for = join_fields(v, SLICE("x-forwarded-for"));
    if (!v->forwarded_for.at)
        return false;
    v->client = proxies_client(config, v->forwarded_for, v->client);
    return true;
}

static bool make_ids(struct visit *v)
{
    struct random *random = v->gateway->context.random;
    if (!v->has_parent)
        trace_begin(&v->trace, random);
    if (v->gateway->context.spans)
        spans_begin(v);
    if (v->request_id.n)
        return true;
    char *id = arena_take(&v->exchange->arena, TRACE_REQUEST_ID_SIZE);
    if (!id)
        return false;
    trace_make_request_id(id, random);
    v->request_id = (struct slice){id, TRACE_REQUEST_ID_SIZE};
    return true;
}

struct visit *visit_begin(struct gateway *g, struct exchange *e)
{
    struct visit *v = arena_take_zero(&e->arena, 1, sizeof *v);
    if (!v)
        return NULL;
    v->gateway = g;
    v->exchange = e;
    v->patience_ms = UINT64_MAX;
    read_fields(v);
    if (!make_ids(v) || !find_client(v))
        return NULL;
    return v;
}

/* What a line says is the parts one behind the other. */
struct line {
    struct slice name; /* with its colon */
    struct slice parts[3];
};

static const struct slice line_end = SLICE_INIT("\r\n");

static size_t size_of(const struct line *l)
{
    return l->name.n + l->parts[0].n + l->parts[1].n + l->parts[2].n + line_end.n;
}

/* A line that would say nothing is left out. */
static char *write_line(char *at, const struct line *l)
{
    if (l->parts[0].n + l->parts[1].n + l->parts[2].n == 0)
        return at;
    at = put(at, l->name);
    for (unsigned i = 0; i < 3; i++)
        at = put(at, l->parts[i]);
    return put(at, line_end);
}

/* A trusted proxy's word counts, where it says something. */
static struct slice told_or(const struct visit *v, struct slice name, struct slice otherwise)
{
    const struct field *f = v->is_proxied ? exchange_field(&v->exchange->request, name) : NULL;
    return f && f->value.n ? f->value : otherwise;
}

struct slice visit_scheme(const struct visit *v)
{
    struct slice scheme = v->exchange->request.is_tls ? SLICE("https") : SLICE("http");
    return told_or(v, SLICE("x-forwarded-proto"), scheme);
}

bool visit_is_secure(const struct visit *v)
{
    return slice_equal_nocase(visit_scheme(v), SLICE("https"));
}

/* A Unix socket's peer has no address. */
static struct slice peer_address(const struct request *r)
{
    return slice_equal(r->peer, SLICE("unix")) ? SLICE_NONE : r->peer;
}

struct slice visit_host(const struct visit *v)
{
    return told_or(v, SLICE("x-forwarded-host"), v->exchange->request.host);
}

/* With its colon. */
static bool is_port_of_ours(const struct config *c, struct slice port)
{
    for (unsigned i = 0; i < c->n_listens; i++) {
        struct slice address = c->listens[i].address;
        if (address.n >= port.n && slice_equal(slice_after(address, address.n - port.n), port))
            return true;
    }
    return false;
}

struct slice visit_site(const struct visit *v)
{
    struct slice host = visit_host(v);
    if (host.at != v->exchange->request.host.at)
        return host;
    const char *colon = host.n ? memrchr(host.at, ':', host.n) : NULL;
    size_t n = colon ? (size_t)(colon - host.at) : host.n;
    bool is_ours = colon && is_port_of_ours(v->gateway->config, slice_after(host, n));
    return is_ours ? (struct slice){host.at, n} : host;
}

uint64_t visit_given_ms(const struct visit *v)
{
    uint64_t timeout_ms = v->plan->config->timeout_ms;
    uint64_t whole_ms = v->patience_ms < timeout_ms ? v->patience_ms : timeout_ms;
    return whole_ms > v->waited_ms ? whole_ms - v->waited_ms : 0;
}

static struct slice find_state(struct visit *v)
{
    if (!v->has_parent)
        return SLICE("");
    struct slice state = join_fields(v, SLICE("tracestate"));
    return !state.at || trace_is_state(state) ? state : SLICE("");
}

bool visit_write_lines(struct visit *v)
{
    const struct request *r = &v->exchange->request;
    struct slice state = find_state(v);
    const struct line lines[] = {
        {SLICE("x-request-id: "), {v->request_id}},
        {SLICE("x-forwarded-for: "),
         {v->forwarded_for, v->forwarded_for.n ? comma : SLICE_NONE, peer_address(r)}},
        {SLICE("x-forwarded-proto: "), {visit_scheme(v)}},
        {SLICE("x-forwarded-host: "), {visit_host(v)}},
        {SLICE("tracestate: "), {state}},
    };
    size_t n = 0;
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
        n += size_of(&lines[i]);
    char *text = arena_take(&v->exchange->arena, n);
    if (!text || !state.at)
        return false;
    char *at = text;
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
        at = write_line(at, &lines[i]);
    v->lines = (struct slice){text, (size_t)(at - text)};
    return true;
}
