/* pool.c - which connections a target has: lent newest first, kept for a while, kept warm */
#include "http/pool.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "http/pool_internal.h"

enum {
    MAX_SPARE = 32,
    WARM_AGAIN_MS = 1000, /* after a warm connection was lost or could not be had */
};

/* The next look at what is idle or missing; one that comes sooner stays. */
static void schedule(struct pool *p)
{
    uint64_t due_ms = UINT64_MAX;
    if (p->n_idle)
        due_ms = LIST_OWNER(p->idle.previous, struct upstream, node)->idle_since_ms +
                 p->settings.idle_timeout_ms;
    if (p->n_upstreams < p->settings.warm && due_ms > p->loop->now_ms + WARM_AGAIN_MS)
        due_ms = p->loop->now_ms + WARM_AGAIN_MS;
    bool is_sooner = !wheel_is_armed(&p->tend) || due_ms < p->tend.due_ms;
    if (due_ms != UINT64_MAX && is_sooner)
        loop_arm(p->loop, &p->tend, due_ms);
}

static void open_warm(struct pool *p)
{
    while (p->n_upstreams < p->settings.warm && p->addresses.n)
        upstream_open(p, NULL);
}

static void tend(struct wheel_entry *entry)
{
    struct pool *p = LIST_OWNER(entry, struct pool, tend);
    while (p->n_idle) {
        struct upstream *oldest = LIST_OWNER(p->idle.previous, struct upstream, node);
        if (oldest->idle_since_ms + p->settings.idle_timeout_ms > p->loop->now_ms)
            break;
        upstream_close(oldest);
    }
    open_warm(p);
    schedule(p);
}

struct pool *pool_new(struct loop *l, const struct pool_settings *s, struct counters *counters)
{
    struct pool *p = memory_take_zero(1, sizeof *p);
    p->loop = l;
    p->settings = *s;
    p->settings.tls = tls_share(s->tls);
    p->server_name = s->server_name ? strdup(s->server_name) : NULL;
    p->settings.server_name = p->server_name;
    p->counters = counters;
    list_init(&p->idle);
    wheel_entry_init(&p->tend, tend);
    return p;
}

static void free_if_over(struct pool *p)
{
    if (!p->is_closed || p->n_upstreams || p->n_ending)
        return;
    while (p->spare) {
        struct upstream *next = p->spare->next_spare;
        free(p->spare);
        p->spare = next;
    }
    tls_release(p->settings.tls);
    free(p->server_name);
    free(p);
}

static bool is_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
    const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
    return a6->sin6_port == b6->sin6_port && a6->sin6_scope_id == b6->sin6_scope_id &&
           memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0;
}

static bool has_address(const struct pool *p, const struct sockaddr_storage *at)
{
    for (unsigned i = 0; i < p->addresses.n; i++) {
        if (is_same_address(&p->addresses.at[i], at))
            return true;
    }
    return false;
}

void pool_set_addresses(struct pool *p, const struct addresses *a)
{
    CHECK(!p->is_closed && a->n <= RESOLVER_MAX_ADDRESSES);
    p->addresses = *a;
    struct list *next;
    for (struct list *n = p->idle.next; n != &p->idle; n = next) {
        struct upstream *u = LIST_OWNER(n, struct upstream, node);
        next = n->next;
        if (!has_address(p, &u->at))
            upstream_close(u);
    }
    open_warm(p);
}

void pool_retire(struct pool *p)
{
    p->settings.warm = 0;
    p->settings.max_idle = 0;
    loop_disarm(p->loop, &p->tend);
    while (p->n_idle)
        upstream_close(LIST_OWNER(p->idle.next, struct upstream, node));
}

void pool_close(struct pool *p)
{
    CHECK(!p->is_closed);
    p->is_closed = true;
    pool_retire(p);
    free_if_over(p);
}

struct upstream *pool_acquire_upstream(struct pool *p)
{
    struct upstream *u = p->spare;
    if (u) {
        p->spare = u->next_spare;
        p->n_spare--;
        memset(u, 0, sizeof *u);
    } else {
        u = memory_take_zero(1, sizeof *u);
    }
    list_init(&u->node);
    u->pool = p;
    p->n_upstreams++;
    return u;
}

void pool_release_upstream(struct pool *p, struct upstream *u)
{
    p->n_upstreams--;
    if (p->n_spare < MAX_SPARE) {
        u->next_spare = p->spare;
        p->spare = u;
        p->n_spare++;
    } else {
        free(u);
    }
    if (p->n_upstreams < p->settings.warm)
        schedule(p);
    free_if_over(p);
}

void pool_keep(struct pool *p, struct upstream *u)
{
    if (p->is_closed || !has_address(p, &u->at) || p->settings.max_idle == 0) {
        upstream_close(u);
        return;
    }
    if (p->n_idle == p->settings.max_idle)
        upstream_close(LIST_OWNER(p->idle.previous, struct upstream, node));
    u->idle_since_ms = p->loop->now_ms;
    list_push_front(&p->idle, &u->node);
    p->n_idle++;
    if (!wheel_is_armed(&p->tend))
        schedule(p);
}

void pool_forget_idle(struct pool *p, struct upstream *u)
{
    list_remove(&u->node);
    p->n_idle--;
}

struct upstream *pool_take_idle(struct pool *p)
{
    while (p->n_idle) {
        struct upstream *u = LIST_OWNER(p->idle.next, struct upstream, node);
        if (upstream_is_quiet(u)) {
            pool_forget_idle(p, u);
            return u;
        }
        upstream_close(u);
    }
    return NULL;
}

void pool_count_ending(struct pool *p, int n)
{
    p->n_ending += (unsigned)n;
    free_if_over(p);
}
