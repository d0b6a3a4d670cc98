/* server.c - the connections of a worker as a whole: who is let in, and how all of it ends */
#include "http/server.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/memory.h"
#include "http/connection.h"

/* For a connection past the bound, where it can be said at once. */
static const char full[] = "HTTP/1.1 503 Service Unavailable\r\n"
                           "Content-Type: application/problem+json\r\nContent-Length: 97\r\n"
                           "Retry-After: 1\r\nConnection: close\r\n\r\n"
                           "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
                           "\"status\":503,\"detail\":\"too many connections\"}";

struct server *server_new(struct loop *loop, const struct server_bounds *bounds,
                          const struct exchange_handlers *handlers, struct counters *counters,
                          void *context)
{
    struct server *s = memory_take_zero(1, sizeof *s);
    s->loop = loop;
    s->bounds = *bounds;
    s->handlers = *handlers;
    s->counters = counters;
    s->context = context;
    s->date_s = UINT64_MAX;
    list_init(&s->connections);
    exchange_pool_init(&s->exchanges);
    return s;
}

void server_set_bounds(struct server *s, const struct server_bounds *bounds)
{
    CHECK(bounds->n_open == s->bounds.n_open);
    s->bounds = *bounds;
}

/* What the client has sent already is read, as closing over it would reset the connection. */
static void turn_away(struct server *s, int fd, bool is_plain)
{
    counters_add(s->counters, COUNT_CONNECTIONS_REFUSED, 1);
    if (is_plain && send(fd, full, sizeof full - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
        shutdown(fd, SHUT_WR);
        (void)!recv(fd, s->loop->scratch, LOOP_SCRATCH, MSG_DONTWAIT);
    }
    close(fd);
}

void server_accept(struct server *s, int fd, SSL_CTX *tls, const struct sockaddr *peer)
{
    unsigned n = atomic_fetch_add_explicit(s->bounds.n_open, 1, memory_order_relaxed);
    if (n >= s->bounds.connections) {
        atomic_fetch_sub_explicit(s->bounds.n_open, 1, memory_order_relaxed);
        turn_away(s, fd, !tls);
        return;
    }
    counters_add(s->counters, COUNT_CONNECTIONS_ACCEPTED, 1);
    connection_open(s, fd, tls, peer);
}

/* The list stays as it is meanwhile: connections leave it when their stream has closed. */
static struct connection *connection_of(struct list *node)
{
    return LIST_OWNER(node, struct connection, node);
}

void server_drain(struct server *s)
{
    s->is_draining = true;
    for (struct list *n = s->connections.next; n != &s->connections; n = n->next)
        connection_drain(connection_of(n));
}

void server_cut(struct server *s)
{
    for (struct list *n = s->connections.next; n != &s->connections; n = n->next)
        connection_cut(connection_of(n));
}

unsigned server_n_connections(const struct server *s)
{
    return s->n_connections;
}

void server_free(struct server *s)
{
    CHECK(s->n_connections == 0);
    exchange_pool_done(&s->exchanges);
    free(s);
}

struct slice server_date(struct server *s)
{
    static const char format[] = "Date: %a, %d %b %Y %H:%M:%S GMT\r\n"; /* of the C locale */
    uint64_t now_s = s->loop->wall_us / 1000000;
    if (now_s != s->date_s) {
        time_t seconds = (time_t)now_s;
        struct tm parts;
        gmtime_r(&seconds, &parts);
        CHECK(strftime(s->date, sizeof s->date, format, &parts) == SERVER_DATE_SIZE);
        s->date_s = now_s;
    }
    return (struct slice){s->date, SERVER_DATE_SIZE};
}
