/* connection_request.c - a head and the bytes behind it become an exchange's request */
#include "base/check.h"
#include "http/connection.h"
#include "wire/target.h"
#include "wire/token.h"

enum {
    FIRST_BODY = 16 * 1024, /* bytes taken on the word of a Content-Length */
    MAX_OPTIONS = 64        /* of Connection; with more of them the head is too large */
};

static struct exchange *acquire(struct connection *c)
{
    struct server *s = c->server;
    struct exchange *e =
        exchange_pool_acquire(&s->exchanges, &s->loop->blobs, s->bounds.arena, s->bounds.output);
    e->loop = s->loop;
    e->handlers = &s->handlers;
    e->link = &connection_link;
    e->connection = c;
    e->context = s->context;
    e->started_ns = c->started_ns;
    e->request.is_tls = c->is_tls;
    e->request.tls = c->stream.ssl;
    e->request.peer = (struct slice){c->peer, c->peer_n};
    e->request.minor = 1;
    c->exchange = e;
    c->body_from_ms = 0;
    c->is_fresh = false;
    return e;
}

void connection_end_exchange(struct connection *c)
{
    struct server *s = c->server;
    struct exchange *e = c->exchange;
    c->exchange = NULL;
    e->handlers->on_finished(e);
    exchange_pool_release(&s->exchanges, e);
}

/* What the owner is told where it refuses for us. */
static const char *reason_of(unsigned status)
{
    switch (status) {
    case 408:
        return "The request did not come in time.";
    case 413:
        return "The request's body is too large.";
    case 414:
        return "The request's target is too long.";
    case 417:
        return "The request expects what is not done here.";
    case 431:
        return "The request's head is too large.";
    case 501:
        return "The request's method or transfer coding is not known.";
    case 503:
        return "There is no memory left for the request's body.";
    case 505:
        return "The request's version of HTTP is not spoken here.";
    default:
        return "The request is not well-formed HTTP/1.1.";
    }
}

void connection_refuse(struct connection *c, unsigned status)
{
    struct server *s = c->server;
    struct exchange *e = c->exchange ? c->exchange : acquire(c);
    connection_stop_reading(c);
    counters_add(s->counters, COUNT_REQUESTS_MALFORMED, 1);
    s->handlers.on_refused(e, status, reason_of(status));
}

/* What is for us, or only the proxy before us can say: no option takes it away. */
static bool is_of_the_hop(struct slice name)
{
    static const struct slice names[] = {
        SLICE_INIT("connection"),        SLICE_INIT("host"),
        SLICE_INIT("upgrade"),           SLICE_INIT("expect"),
        SLICE_INIT("x-forwarded-for"),   SLICE_INIT("x-forwarded-host"),
        SLICE_INIT("x-forwarded-proto"), SLICE_INIT("x-request-id"),
        SLICE_INIT("traceparent"),       SLICE_INIT("tracestate"),
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (token_equals(name, names[i]))
            return true;
    return false;
}

/* A field that is out has no name. false: these are too many options. */
static bool drop_named(struct request *r, struct slice options, unsigned *n_options)
{
    struct slice option;
    while (token_next(&options, &option)) {
        if (++*n_options > MAX_OPTIONS)
            return false;
        if (is_of_the_hop(option))
            continue;
        for (unsigned i = 0; i < r->n_fields; i++)
            if (slice_equal_nocase(r->fields[i].name, option))
                r->fields[i].name = SLICE_NONE;
    }
    return true;
}

/* RFC 9110 7.6.1: what Connection names goes no further. As it is as though it had not come, keys
 * of caches and calls are of one mind about it. */
static bool drop_options(struct request *r)
{
    unsigned n = 0, n_options = 0;
    for (unsigned i = 0; i < r->n_fields; i++)
        if (token_equals(r->fields[i].name, SLICE("connection")) &&
            !drop_named(r, r->fields[i].value, &n_options))
            return false;
    for (unsigned i = 0; i < r->n_fields; i++)
        if (r->fields[i].name.n)
            r->fields[n++] = r->fields[i];
    r->n_fields = n;
    return true;
}

/* Of the target where that has one, whatever Host says: then everybody reads that (RFC 9112 3.2.2).
 */
static void find_host(struct request *r)
{
    struct slice authority = target_authority(r->target);
    for (unsigned i = 0; i < r->n_fields; i++) {
        struct field *f = &r->fields[i];
        if (!token_equals(f->name, SLICE("host")))
            continue;
        f->value = authority.n ? authority : f->value;
        r->host = f->value;
        return;
    }
    r->host = authority;
}

/* The head is copied once, whole; the request is slices of that. */
static bool fill(struct request *r, struct arena *arena, const struct h1_head *head, const char *at)
{
    struct slice copy = arena_copy(arena, (struct slice){at, head->size});
    struct field *fields = arena_take(arena, head->n_fields * sizeof *fields);
    if (!copy.at || !fields)
        return false;
    for (unsigned i = 0; i < head->n_fields; i++) {
        fields[i].name = h1_name(copy.at, &head->fields[i]);
        fields[i].value = h1_value(copy.at, &head->fields[i]);
    }
    r->method = (struct slice){copy.at + head->method_at, head->method_n};
    r->target = (struct slice){copy.at + head->target_at, head->target_n};
    r->fields = fields;
    r->n_fields = head->n_fields;
    if (head->has_options && !drop_options(r))
        return false;
    r->minor = head->minor;
    r->has_body = head->chunked || head->length > 0;
    find_host(r);
    return true;
}

/* What forbids the request before anybody has seen it; 0: nothing. */
static unsigned refusal_of(const struct server *s, const struct request *r)
{
    const struct h1_head *head = &s->head;
    if (head->length > s->bounds.request_body)
        return 413;
    bool is_strange = head->minor && !head->expects_continue;
    return is_strange && exchange_field(r, SLICE("expect")) ? 417 : 0;
}

/* RFC 9110 10.1.1: a client that is sending the body already need not be asked. */
static void await_body(struct connection *c, bool has_more)
{
    const struct h1_head *head = &c->server->head;
    c->body_size = head->length;
    if (head->expects_continue && !has_more)
        connection_write_interim(c);
}

void connection_begin_request(struct connection *c, const char *base, size_t n_more)
{
    struct server *s = c->server;
    struct exchange *e = acquire(c);
    struct request *r = &e->request;
    c->is_last = e->must_close = !s->head.keep_alive;
    c->has_body = !s->head.chunked && s->head.length <= n_more;
    bool is_filled = fill(r, &e->arena, &s->head, base);
    e->is_head_only = slice_equal(r->method, SLICE("HEAD"));
    unsigned refusal = is_filled ? refusal_of(s, r) : 431;
    if (refusal) {
        connection_refuse(c, refusal);
        return;
    }
    enum exchange_interest interest = s->handlers.on_head(e);
    CHECK(interest == EXCHANGE_WANT_BODY || e->status);
    if (r->has_body && e->status == 0)
        await_body(c, n_more > 0);
}

/* Doubles, towards an announced size of which a little is taken on the client's word. */
static size_t next_size(const struct connection *c, size_t now, size_t needed)
{
    size_t size = now * 2;
    if (c->body_size && size < FIRST_BODY)
        size = FIRST_BODY;
    if (c->body_size && size > c->body_size)
        size = (size_t)c->body_size;
    return needed > size ? needed : size;
}

/* Room for n bytes in the body's blob; false: the process holds too much already. */
static bool make_room(struct connection *c, size_t n)
{
    struct exchange *e = c->exchange;
    struct blob_pool *blobs = &c->server->loop->blobs;
    if (e->body && n <= e->body->capacity)
        return true;
    size_t size = next_size(c, e->body ? e->body->n : 0, n);
    if (size > server_memory_left(c->server))
        return false;
    e->body = e->body ? blob_take_grown(blobs, e->body, size) : blob_take(blobs, size);
    return true;
}

void connection_take_body(struct connection *c, struct slice chunk)
{
    struct exchange *e = c->exchange;
    size_t now = e->body ? e->body->n : 0;
    size_t n = now + chunk.n;
    if (e->status)
        return; /* it is answered, without its body */
    if (n > c->server->bounds.request_body) {
        connection_refuse(c, 413);
        return;
    }
    if (!make_room(c, n)) {
        connection_refuse(c, 503);
        return;
    }
    memcpy(e->body->at + now, chunk.at, chunk.n);
    e->body->n = n;
}

void connection_end_request(struct connection *c)
{
    struct exchange *e = c->exchange;
    if (e->body)
        e->request.body = blob_slice(e->body);
    connection_move(c, CONNECTION_ANSWER);
    if (e->status == 0)
        c->server->handlers.on_request(e);
}
