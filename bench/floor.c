/* floor.c - the limit: an aggregator that does nothing but system calls
 *
 * usage: floor port=P services=P count=N
 *
 * A request of a client makes one ready-made request to each of N services on kept connections;
 * once all have answered, the bodies go out in one writev between the names. No routing, no
 * validation, no deadline, no safety: what the kernel alone costs, to measure gateways against.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kit.h"

enum {
    MAX_SERVICES = 8,
    MAX_ANSWER = 128 * 1024,
    MAX_HEAD = 4096,
    MAX_EVENTS = 512
};

static const char *const names[MAX_SERVICES] = {"product",  "inventory", "pricing", "reviews",
                                                "shipping", "media",     "related", "seller"};

enum kind {
    LISTENER,
    CLIENT,
    SERVICE
};

struct client {
    enum kind kind;
    int fd;
    unsigned n_missing; /* answers; 0: no request under way */
    size_t n;
    struct service *services[MAX_SERVICES];
    char in[MAX_HEAD];
};

/* A kept connection to a service. */
struct service {
    enum kind kind;
    int fd;
    unsigned index;
    size_t n;
    const char *body;
    size_t n_body;
    struct client *client;
    struct service *next; /* idle ones */
    char in[MAX_ANSWER];
};

static int poll_fd;
static unsigned n_services, first_port;
static struct service *idle[MAX_SERVICES];
static struct {
    char text[256];
    size_t n;
} requests[MAX_SERVICES];

static struct service *acquire(unsigned index)
{
    struct service *s = idle[index];
    if (s) {
        idle[index] = s->next;
        return s;
    }
    s = kit_memory(1, sizeof *s);
    s->kind = SERVICE;
    s->index = index;
    s->fd = kit_connect(first_port + index);
    kit_poll_add(poll_fd, s->fd, s);
    return s;
}

static void ask(struct client *c)
{
    c->n_missing = n_services;
    for (unsigned i = 0; i < n_services; i++) {
        struct service *s = acquire(i);
        s->client = c;
        s->n = 0;
        c->services[i] = s;
        if (write(s->fd, requests[i].text, requests[i].n) != (ssize_t)requests[i].n)
            kit_die("write to a service");
    }
}

static void answer(struct client *c)
{
    static char before[MAX_SERVICES][32];
    char head[160];
    struct iovec parts[2 * MAX_SERVICES + 2];
    unsigned n_parts = 1;
    size_t n = 1;
    for (unsigned i = 0; i < n_services; i++) {
        struct service *s = c->services[i];
        int n_name = snprintf(before[i], sizeof before[i], "%s\"%s\":", i ? "," : "{", names[i]);
        parts[n_parts++] = (struct iovec){before[i], (size_t)n_name};
        parts[n_parts++] = (struct iovec){(void *)(uintptr_t)s->body, s->n_body};
        n += (size_t)n_name + s->n_body;
        s->next = idle[i];
        idle[i] = s;
    }
    parts[n_parts++] = (struct iovec){"}", 1};
    int n_head = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          n);
    parts[0] = (struct iovec){head, (size_t)n_head};
    if (writev(c->fd, parts, (int)n_parts) < 0 && errno != EPIPE && errno != ECONNRESET)
        kit_die("write to a client");
}

/* Begins the next request that has come whole. */
static void go_on(struct client *c)
{
    char *end = c->n_missing ? NULL : memmem(c->in, c->n, "\r\n\r\n", 4);
    if (!end)
        return;
    size_t used = (size_t)(end + 4 - c->in);
    memmove(c->in, c->in + used, c->n - used);
    c->n -= used;
    ask(c);
}

static void read_client(struct client *c)
{
    ssize_t n = read(c->fd, c->in + c->n, sizeof c->in - c->n);
    if (n > 0) {
        c->n += (size_t)n;
        go_on(c);
        return;
    }
    if (n < 0 && errno == EAGAIN)
        return;
    epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    if (c->n_missing)
        return; /* its answers will come and be thrown away: the measurement is over */
    close(c->fd);
    free(c);
}

static void read_service(struct service *s)
{
    ssize_t n = read(s->fd, s->in + s->n, sizeof s->in - s->n);
    if (n <= 0)
        kit_die("a service left");
    s->n += (size_t)n;
    char *end = memmem(s->in, s->n, "\r\n\r\n", 4);
    char *length = end ? memmem(s->in, s->n, "Content-Length: ", 16) : NULL;
    if (!length)
        return;
    s->body = end + 4;
    s->n_body = strtoul(length + 16, NULL, 10);
    if (s->n < (size_t)(s->body - s->in) + s->n_body)
        return;
    struct client *c = s->client;
    if (--c->n_missing == 0) {
        answer(c);
        go_on(c);
    }
}

static void accept_clients(int listener)
{
    for (int fd = kit_accept(listener); fd >= 0; fd = kit_accept(listener)) {
        struct client *c = kit_memory(1, sizeof *c);
        c->kind = CLIENT;
        c->fd = fd;
        kit_poll_add(poll_fd, fd, c);
    }
}

static void write_requests(void)
{
    for (unsigned i = 0; i < n_services; i++)
        requests[i].n = (size_t)snprintf(requests[i].text, sizeof requests[i].text,
                                         "GET /%s/1042 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                                         "Accept: application/json\r\n\r\n",
                                         names[i], first_port + i);
}

int main(int n, char **words)
{
    (void)n;
    kit_raise_limits();
    signal(SIGPIPE, SIG_IGN);
    first_port = (unsigned)kit_number(words, "services", 0);
    n_services = (unsigned)kit_number(words, "count", 4);
    if (n_services > MAX_SERVICES)
        n_services = MAX_SERVICES;
    write_requests();
    poll_fd = kit_poll_new();
    int listener = kit_listen((unsigned)kit_number(words, "port", 0));
    enum kind listening = LISTENER;
    kit_poll_add(poll_fd, listener, &listening);
    struct epoll_event events[MAX_EVENTS];
    while (true) {
        int n_events = epoll_wait(poll_fd, events, MAX_EVENTS, -1);
        for (int i = 0; i < n_events; i++) {
            void *what = events[i].data.ptr;
            switch (*(enum kind *)what) {
            case LISTENER:
                accept_clients(listener);
                break;
            case CLIENT:
                read_client(what);
                break;
            case SERVICE:
                read_service(what);
                break;
            }
        }
    }
}
