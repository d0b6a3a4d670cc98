/* conversation.c - a handshake is accepted, and what is asked over it afterwards */
#include "gateway/conversation.h"

#include "base/check.h"
#include "gateway/answer.h"
#include "gateway/ask.h"
#include "gateway/delivery_plain.h"
#include "gateway/gateway_internal.h"
#include "gateway/problem.h"
#include "http/handshake.h"
#include "http/websocket.h"
#include "wire/target.h"
#include "wire/token.h"

enum {
    ARENA_FIRST = 4096,
    ARENA_ROOM = 256 * 1024, /* bytes beyond what a message and the target take */
    N_FIELDS = 3,            /* of an answer to a handshake */
    /* Asks with those that were cancelled in the same turn: who asks and cancels gains nothing. */
    UNFINISHED_MAX = 2 * CONVERSATION_ASKS_MAX,
};

struct conversation {
    struct websocket *socket;
    struct exchange *exchange; /* of the handshake */
    struct field *fields;      /* that each ask has */
    unsigned n_fields;
    struct slice path; /* of the endpoint, as configured */
};

static struct gateway *gateway_of(const struct conversation *c)
{
    const struct gateway_front *front = c->exchange->context;
    return front->current;
}

/* Those of the connection, and what asks for another form of an answer. */
static bool is_of_handshake(struct slice name)
{
    static const struct slice names[] = {
        SLICE_INIT("connection"),
        SLICE_INIT("upgrade"),
        SLICE_INIT("accept-encoding"),
        SLICE_INIT("if-none-match"),
        SLICE_INIT("last-event-id"),
        SLICE_INIT("sec-websocket-key"),
        SLICE_INIT("sec-websocket-version"),
        SLICE_INIT("sec-websocket-extensions"),
        SLICE_INIT("sec-websocket-protocol"),
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (token_equals(name, names[i]))
            return true;
    return false;
}

static bool take_fields(struct conversation *c)
{
    const struct request *r = &c->exchange->request;
    c->fields = arena_take(&c->exchange->arena, r->n_fields * sizeof *c->fields);
    if (!c->fields)
        return false;
    for (unsigned i = 0; i < r->n_fields; i++)
        if (!is_of_handshake(r->fields[i].name))
            c->fields[c->n_fields++] = r->fields[i];
    return true;
}

/* `"id":1,` */
static struct slice id_member(struct slice id, struct arena *arena)
{
    return id.n ? arena_print(arena, "\"id\":%.*s,", SLICE_ARG(id)) : SLICE("");
}

static struct slice problem_head(struct slice member, struct arena *arena)
{
    return arena_print(arena, "{\"event\":\"error\",%.*s\"problem\":", SLICE_ARG(member));
}

/* To a message that nobody is asked for. */
static void say_problem(struct conversation *c, struct slice id, unsigned status, const char *why)
{
    const struct problem p = {.status = status, .detail = slice_of(why)};
    struct arena arena;
    arena_init(&arena, ARENA_FIRST, ARENA_ROOM);
    struct slice text = problem_write(&p, &arena);
    struct slice head = problem_head(id_member(id, &arena), &arena);
    struct slice message = arena_print(&arena, "%.*s%.*s}", SLICE_ARG(head), SLICE_ARG(text));
    CHECK(message.at);
    websocket_say(c->socket, message);
    arena_done(&arena);
}

static void fill(const struct conversation *c, struct request *r, struct slice target)
{
    const struct request *of = &c->exchange->request;
    *r = (struct request){
        .method = of->method,
        .target = target,
        .fields = c->fields,
        .n_fields = c->n_fields,
        .is_tls = of->is_tls,
        .tls = of->tls,
        .minor = 1,
        .host = of->host,
        .peer = of->peer,
    };
}

/* The URL's own has no id and is not counted; a message without one counts under a name that no
 * other has. */
static struct slice name_of(struct slice id, bool is_of_message)
{
    return is_of_message && !id.n ? SLICE("null") : id;
}

static void ask(struct conversation *c, struct slice id, struct slice target,
                struct rate_limit *paid)
{
    struct exchange *e = websocket_ask(c->socket, &gateway_handlers, name_of(id, !paid));
    struct visit_ask *a = arena_take(&e->arena, sizeof *a);
    CHECK(a); /* the arena is empty */
    *a = (struct visit_ask){.id = id_member(id, &e->arena), .path = c->path};
    websocket_set_problem(e, problem_head(a->id, &e->arena));
    fill(c, &e->request, target);
    gateway_ask(e, a, paid);
}

/* The endpoint that the handshake's own target reaches by now; NULL: none. */
static const struct config_endpoint *find_endpoint(const struct conversation *c,
                                                   struct arena *arena)
{
    const struct request *r = &c->exchange->request;
    struct router_match match;
    struct target t;
    const char *why;
    if (!target_split(r->target, &t, &why) ||
        router_find(gateway_of(c)->router, r->method, t.path, arena, &match) != ROUTER_FOUND)
        return NULL;
    return match.endpoint;
}

/* What it asks for is put together, and asked. */
static void ask_again(struct conversation *c, const struct ask *a, struct arena *arena)
{
    const struct ask_handshake of = {
        .endpoint = find_endpoint(c, arena),
        .target = c->exchange->request.target,
        .limit = gateway_of(c)->config->bounds.request_header,
    };
    struct slice target;
    const char *why;
    if (!of.endpoint) {
        say_problem(c, a->id, 404, "the endpoint is not there any more");
        return;
    }
    unsigned status = ask_target(a, &of, arena, &target, &why);
    if (status)
        say_problem(c, a->id, status, why);
    else
        ask(c, a->id, target, NULL);
}

_Static_assert(CONVERSATION_ASKS_MAX == 8, "a sentence below names it");

static void take_question(struct conversation *c, const struct ask *a, struct arena *arena)
{
    if (websocket_is_ending(c->socket))
        say_problem(c, a->id, 503, "no more questions: the gateway is about to end");
    else if (websocket_find(c->socket, a->id))
        say_problem(c, a->id, 409, "this id is being answered");
    else if (websocket_n_asks(c->socket) >= CONVERSATION_ASKS_MAX ||
             websocket_n_unfinished(c->socket) > UNFINISHED_MAX)
        say_problem(c, a->id, 429, "at most 8 questions are answered at once");
    else
        ask_again(c, a, arena);
}

/* Who is not there has been answered. */
static void cancel(struct conversation *c, struct slice id)
{
    struct websocket_ask *a = websocket_find(c->socket, id);
    if (a)
        websocket_cancel(a);
}

static void on_text(struct websocket *w, struct slice text)
{
    struct conversation *c = websocket_context(w);
    struct gateway *g = gateway_of(c);
    struct ask a;
    struct arena arena;
    const char *why;
    if (!ask_read(text, g->config->bounds.json_depth, &a, &why)) {
        counters_add(g->context.counters, COUNT_REQUESTS_MALFORMED, 1);
        say_problem(c, a.id, 400, why);
        return;
    }
    if (a.cancel.n) {
        cancel(c, a.cancel);
        return;
    }
    arena_init(&arena, ARENA_FIRST, ARENA_ROOM + 2 * text.n);
    take_question(c, &a, &arena);
    arena_done(&arena);
}

static const struct websocket_handlers handlers = {.on_text = on_text};

static void refuse(struct visit *v, unsigned status, const char *why)
{
    const struct problem p = {.status = status, .detail = slice_of(why)};
    struct answer a;
    if (!answer_init_for(&a, v, N_FIELDS)) {
        answer_give_up(v->exchange);
        return;
    }
    if (status == 426) {
        answer_add(&a, SLICE("Upgrade"), SLICE("websocket"));
        answer_add(&a, SLICE("Connection"), SLICE("Upgrade"));
        answer_add(&a, SLICE("Sec-WebSocket-Version"), SLICE(HANDSHAKE_VERSION));
    }
    problem_send(v, &p, &a);
}

/* Browsers let any page open a socket to anywhere, with what they know of its host. */
static bool may_ask(const struct visit *v)
{
    const struct request *r = &v->exchange->request;
    return handshake_is_of_host(r, visit_host(v)) || cors_origin(&v->plan->cors, r).n;
}

/* Its parameters are good only if they can stand where they would. */
static bool check(struct visit *v)
{
    struct run *r = run_new(v, &delivery_plain);
    bool is_good = r && run_check(r);
    v->run = NULL;
    if (r && !is_good)
        gateway_refuse_violations(v);
    else if (!r)
        answer_give_up(v->exchange);
    return is_good;
}

static struct conversation *make(struct visit *v)
{
    struct exchange *e = v->exchange;
    struct conversation *c = arena_take_zero(&e->arena, 1, sizeof *c);
    if (!c)
        return NULL;
    c->exchange = e;
    c->path = arena_copy(&e->arena, v->plan->config->path);
    return c->path.at && take_fields(c) ? c : NULL;
}

/* The fields of the answer. */
static bool write_fields(struct visit *v, struct slice key, struct answer *a)
{
    char *text = arena_take(&v->exchange->arena, WS_ACCEPT_SIZE);
    if (!text || !answer_init_for(a, v, N_FIELDS))
        return false;
    ws_accept(key, text);
    answer_add(a, SLICE("Upgrade"), SLICE("websocket"));
    answer_add(a, SLICE("Connection"), SLICE("Upgrade"));
    answer_add(a, SLICE("Sec-WebSocket-Accept"), (struct slice){text, WS_ACCEPT_SIZE});
    return true;
}

/* What the handshake paid is for its own answer. */
static void begin(struct visit *v, struct slice key)
{
    struct exchange *e = v->exchange;
    struct conversation *c = make(v);
    struct answer a;
    if (c && write_fields(v, key, &a))
        c->socket = websocket_open(e, a.fields, a.n, &handlers, c);
    if (!c || !c->socket) {
        answer_give_up(e);
        return;
    }
    rate_limit_keep(v);
    struct rate_limit paid = v->limit;
    v->limit.entered = NULL;
    gateway_end_visit(v);
    ask(c, SLICE(""), e->request.target, &paid);
}

bool conversation_take(struct visit *v)
{
    struct slice key;
    const char *why;
    if (v->ask || v->is_shared)
        return false;
    switch (handshake_read(&v->exchange->request, &key, &why)) {
    case HANDSHAKE_NONE:
        return false;
    case HANDSHAKE_BAD:
        refuse(v, 400, why);
        break;
    case HANDSHAKE_OTHER_VERSION:
        refuse(v, 426, "version 13 of the WebSocket protocol is spoken here");
        break;
    case HANDSHAKE_GOOD:
        if (!may_ask(v))
            refuse(v, 403, "pages of this origin may not ask");
        else if (v->limit.is_short)
            rate_limit_refuse(v); /* it has to pay for the answer that comes first */
        else if (check(v))
            begin(v, key);
        break;
    }
    return true;
}
