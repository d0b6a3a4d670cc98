/* resolver.c - names to addresses: asked for at start, and again at the end of their time to live
 *
 * c-ares may answer inside the question; the answer therefore waits in the ready queue, where no
 * call into c-ares is under way and the owner may do what it likes, with the resolver too.
 */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/check.h"
#include "net/resolver_internal.h"

enum {
    TTL_LEAST_S = 1,
    TTL_MOST_S = 60,
    AGAIN_AFTER_FAILURE_MS = 5000,
    FIRST_TRY_MS = 1000
};

struct resolver_name {
    struct list node;
    struct resolver *resolver;
    char *host;
    uint16_t port;
    resolver_changed *on_change;
    void *context;
    struct wheel_entry again; /* when to ask */
    struct ready answered;
    struct addresses known;
    struct addresses fresh; /* of the last answer; n is 0 where it gave none */
    uint64_t ttl_ms;        /* of the last answer */
    bool is_literal;        /* and known once and for all */
    bool is_asking;
    bool is_gone; /* unwatched while being asked for: the answer frees it */
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

static void add_address(struct addresses *a, const struct ares_addrinfo_node *node, uint16_t port)
{
    bool is_ip = node->ai_family == AF_INET || node->ai_family == AF_INET6;
    if (!is_ip || a->n == RESOLVER_MAX_ADDRESSES)
        return;
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    memcpy(&at, node->ai_addr, node->ai_addrlen);
    set_port(&at, port);
    if (!has_address(a, &at))
        a->at[a->n++] = at;
}

/* The shortest time to live on the way to the addresses, within our bounds. */
static uint64_t ttl_ms_of(const struct ares_addrinfo *info)
{
    int ttl = TTL_MOST_S;
    for (const struct ares_addrinfo_cname *c = info->cnames; c; c = c->next)
        ttl = c->ttl < ttl ? c->ttl : ttl;
    for (const struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next)
        ttl = n->ai_ttl < ttl ? n->ai_ttl : ttl;
    return (uint64_t)(ttl < TTL_LEAST_S ? TTL_LEAST_S : ttl) * 1000;
}

static void free_name(struct resolver_name *name)
{
    loop_disarm(name->resolver->loop, &name->again);
    loop_ready_cancel(&name->answered);
    list_remove(&name->node);
    free(name->host);
    free(name);
}

static void on_addrinfo(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    struct resolver_name *name = context;
    struct resolver *r = name->resolver;
    r->n_asking--;
    name->is_asking = false;
    name->fresh.n = 0;
    if (status == ARES_SUCCESS) {
        name->ttl_ms = ttl_ms_of(info);
        for (const struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next)
            add_address(&name->fresh, n, name->port);
        ares_freeaddrinfo(info);
    } else if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED) {
        r->is_stale = true;
    }
    if (name->is_gone)
        free_name(name);
    else
        loop_ready(r->loop, &name->answered);
}

/* An answer without addresses changes nothing. */
static void on_answered(struct ready *ready)
{
    struct resolver_name *name = LIST_OWNER(ready, struct resolver_name, answered);
    struct loop *l = name->resolver->loop;
    bool has_answer = name->fresh.n > 0;
    if (!name->is_literal)
        loop_arm(l, &name->again, l->now_ms + (has_answer ? name->ttl_ms : AGAIN_AFTER_FAILURE_MS));
    if (!has_answer || is_same(&name->fresh, &name->known))
        return;
    name->known = name->fresh;
    name->on_change(name->context, &name->known); /* last: it may unwatch the name */
}

static void ask(struct wheel_entry *e)
{
    struct resolver_name *name = LIST_OWNER(e, struct resolver_name, again);
    struct resolver *r = name->resolver;
    static const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
                                                     .ai_socktype = SOCK_STREAM};
    name->fresh.n = 0;
    if (!resolver_channel_open(r)) {
        loop_ready(r->loop, &name->answered);
        return;
    }
    name->is_asking = true;
    r->n_asking++;
    ares_getaddrinfo(r->channel, name->host, NULL, &hints, on_addrinfo, name);
    resolver_channel_tend(r);
}

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
    list_init(&r->names);
    list_init(&r->sockets);
    wheel_entry_init(&r->timer, on_timer);
    return r;
}

void resolver_close(struct resolver *r)
{
    resolver_channel_close(r);
    for (struct list *at = r->names.next, *next; at != &r->names; at = next) {
        next = at->next;
        free_name(LIST_OWNER(at, struct resolver_name, node));
    }
    ares_library_cleanup();
    free(r);
}

struct resolver_name *resolver_watch(struct resolver *r, const char *host, uint16_t port,
                                     resolver_changed *on_change, void *context)
{
    struct resolver_name *name = calloc(1, sizeof *name);
    CHECK(name);
    *name = (struct resolver_name){
        .resolver = r, .port = port, .on_change = on_change, .context = context};
    name->host = strdup(host);
    CHECK(name->host);
    wheel_entry_init(&name->again, ask);
    loop_ready_init(&name->answered, on_answered);
    list_push_back(&r->names, &name->node);
    name->is_literal = resolver_literal(host, port, &name->fresh);
    if (name->is_literal)
        loop_ready(r->loop, &name->answered);
    else
        loop_arm(r->loop, &name->again, r->loop->now_ms);
    return name;
}

void resolver_unwatch(struct resolver_name *name)
{
    name->is_gone = true;
    if (!name->is_asking)
        free_name(name);
}
