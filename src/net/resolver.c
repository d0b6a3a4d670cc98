/* resolver.c - names to addresses */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "net/resolver_internal.h"

enum {
    FIRST_TRY_MS = 1000
};

struct resolver_name {
    struct resolver_question question;
    uint16_t port;
    resolver_changed *on_change;
    void *context;
    struct addresses known;
    struct addresses fresh; /* of the last answer */
};

static void set_port(struct sockaddr_storage *at, uint16_t port)
{
    if (at->ss_family == AF_INET)
        ((struct sockaddr_in *)at)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)at)->sin6_port = htons(port);
}

bool resolver_literal(const char *host, uint16_t port, struct addresses *out)
{
    *out = (struct addresses){.n = 1};
    struct sockaddr_storage *at = &out->at[0];
    if (inet_pton(AF_INET, host, &((struct sockaddr_in *)at)->sin_addr) == 1)
        at->ss_family = AF_INET;
    else if (inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)at)->sin6_addr) == 1)
        at->ss_family = AF_INET6;
    else
        return false;
    set_port(at, port);
    return true;
}

static bool has_address(const struct addresses *a, const struct sockaddr_storage *at)
{
    for (unsigned i = 0; i < a->n; i++)
        if (memcmp(&a->at[i], at, sizeof *at) == 0)
            return true;
    return false;
}

/* The order does not count: servers turn it at each answer. */
static bool is_same(const struct addresses *a, const struct addresses *b)
{
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (!has_address(b, &a->at[i]))
            return false;
    return true;
}

/* Of many those stay that are first by their bytes, so that an answer that was only turned names
 * the same. Their order is the server's. */
static void make_room(struct addresses *a, const struct sockaddr_storage *at)
{
    unsigned last = 0;
    for (unsigned i = 1; i < a->n; i++)
        if (memcmp(&a->at[i], &a->at[last], sizeof *at) > 0)
            last = i;
    if (memcmp(at, &a->at[last], sizeof *at) > 0)
        return;
    a->n--;
    memmove(&a->at[last], &a->at[last + 1], (a->n - last) * sizeof *at);
}

static void add_address(struct addresses *a, const struct ares_addrinfo_node *node, uint16_t port)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6)
        return;
    memcpy(&at, node->ai_addr, node->ai_addrlen);
    set_port(&at, port);
    if (has_address(a, &at))
        return;
    if (a->n == RESOLVER_MAX_ADDRESSES)
        make_room(a, &at);
    if (a->n < RESOLVER_MAX_ADDRESSES)
        a->at[a->n++] = at;
}

/* The shortest time to live on the way to the addresses. */
static uint32_t ttl_s_of(const struct ares_addrinfo *info)
{
    int ttl = INT_MAX;
    for (const struct ares_addrinfo_cname *c = info->cnames; c; c = c->next)
        ttl = c->ttl < ttl ? c->ttl : ttl;
    for (const struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next)
        ttl = n->ai_ttl < ttl ? n->ai_ttl : ttl;
    return ttl < 0 ? 0 : (uint32_t)ttl;
}

static void on_addrinfo(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    struct resolver_name *name = context;
    name->fresh.n = 0;
    if (status == ARES_SUCCESS) {
        name->question.ttl_s = ttl_s_of(info);
        for (const struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next)
            add_address(&name->fresh, n, name->port);
        ares_freeaddrinfo(info);
    }
    name->question.has_answer = name->fresh.n > 0;
    resolver_question_answered(&name->question, status);
}

static void ask(struct resolver_question *q)
{
    static const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
                                                     .ai_socktype = SOCK_STREAM};
    struct resolver_name *name = LIST_OWNER(q, struct resolver_name, question);
    ares_getaddrinfo(q->resolver->channel, q->name, NULL, &hints, on_addrinfo, name);
}

static void tell(struct resolver_question *q)
{
    struct resolver_name *name = LIST_OWNER(q, struct resolver_name, question);
    if (is_same(&name->fresh, &name->known))
        return;
    name->known = name->fresh;
    name->on_change(name->context, &name->known); /* last: it may unwatch the name */
}

static const struct resolver_kind kind = {.ask = ask, .tell = tell};

static void on_timer(struct wheel_entry *e)
{
    struct resolver *r = LIST_OWNER(e, struct resolver, timer);
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    resolver_channel_tend(r);
}

struct resolver *resolver_new(struct loop *l)
{
    struct resolver *r = calloc(1, sizeof *r);
    CHECK(r && ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
    r->loop = l;
    r->timeout_ms = FIRST_TRY_MS;
    list_init(&r->questions);
    list_init(&r->sockets);
    wheel_entry_init(&r->timer, on_timer);
    return r;
}

void resolver_close(struct resolver *r)
{
    resolver_channel_close(r);
    while (!list_is_empty(&r->questions))
        resolver_question_close(LIST_OWNER(r->questions.next, struct resolver_question, node));
    ares_library_cleanup();
    free(r);
}

struct resolver_name *resolver_watch(struct resolver *r, const char *host, uint16_t port,
                                     resolver_changed *on_change, void *context)
{
    struct resolver_name *name = memory_take_zero(1, sizeof *name);
    *name = (struct resolver_name){.port = port, .on_change = on_change, .context = context};
    resolver_question_open(&name->question, r, host, &kind);
    if (resolver_literal(host, port, &name->fresh))
        resolver_question_settle(&name->question);
    return name;
}

void resolver_unwatch(struct resolver_name *name)
{
    resolver_question_close(&name->question);
}
