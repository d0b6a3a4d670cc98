/* services.c - the services behind the gateways that are measured
 *
 * usage: services port=P count=N [bytes=B,B,...] [delay_ms=LOW-HIGH] [chunked=1] [fail=I]
 *
 * Listens on N ports from P on. Each service answers any request with the same JSON document of
 * about B bytes (the list is gone through service by service), made once at start; after a time
 * drawn evenly from LOW to HIGH; by length or in chunks; service I of fail= with status 500.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kit.h"

enum {
    MAX_SERVICES = 16,
    MAX_HEAD = 8192,
    MAX_EVENTS = 512,
    WHEEL = 1024, /* milliseconds that an answer may be delayed */
    CHUNK = 1024
};

static const char *const names[] = {"product",  "inventory", "pricing", "reviews",
                                    "shipping", "media",     "related", "seller"};

struct answer {
    char *at;
    size_t n;
};

struct endpoint {
    bool is_listener;
    bool is_waiting; /* for its time, in the wheel */
    bool is_blocked; /* the gateway does not take the rest of an answer */
    int fd;
    unsigned service;
    size_t n;             /* bytes of the request so far */
    size_t n_sent;        /* bytes of the answer */
    struct endpoint *due; /* the next one of the same millisecond */
    char in[MAX_HEAD];
};

static int poll_fd;
static struct answer answers[MAX_SERVICES];
static uint64_t delay_low, delay_high;
static uint64_t now_ms, wheel_ms; /* slots before wheel_ms are empty */
static size_t n_waiting;
static struct endpoint *wheel[WHEEL];

static uint64_t draw(uint64_t low, uint64_t high)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + state % (high - low + 1);
}

/* A document of about n bytes, as a catalogue would tell it. */
static struct answer document(const char *name, size_t n)
{
    struct answer d = {kit_memory(n + 1024, 1), 0};
    d.n = (size_t)snprintf(d.at, n + 1024,
                           "{\"from\": \"%s\", \"id\": \"1042\", \"title\": \"Walking boot, "
                           "half height\", \"price\": {\"amount\": 129.95, \"currency\": "
                           "\"EUR\"}, \"rows\": [",
                           name);
    for (unsigned i = 0; d.n + 80 < n; i++)
        d.n +=
            (size_t)snprintf(d.at + d.n, n + 1024 - d.n,
                             "%s{\"sku\": \"B-%05u\", \"size\": %u.5, \"left\": %u, "
                             "\"kept\": %s}",
                             i ? ", " : "", i, 36 + i % 12, i * 7 % 100, i % 3 ? "true" : "false");
    d.n += (size_t)snprintf(d.at + d.n, n + 1024 - d.n, "]}");
    return d;
}

static void add(struct answer *to, const char *bytes, size_t n)
{
    memcpy(to->at + to->n, bytes, n);
    to->n += n;
}

static struct answer whole(struct answer body, bool chunked, unsigned status)
{
    struct answer a = {kit_memory(2 * body.n + 1024, 1), 0};
    char line[160];
    int n = snprintf(line, sizeof line,
                     "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nDate: Tue, 24 Nov 2026 "
                     "02:00:00 GMT\r\n",
                     status, status == 200 ? "OK" : "Failed");
    add(&a, line, (size_t)n);
    if (!chunked) {
        n = snprintf(line, sizeof line, "Content-Length: %zu\r\n\r\n", body.n);
        add(&a, line, (size_t)n);
        add(&a, body.at, body.n);
        return a;
    }
    add(&a, "Transfer-Encoding: chunked\r\n\r\n", 30);
    for (size_t at = 0; at < body.n; at += CHUNK) {
        size_t n_chunk = body.n - at < CHUNK ? body.n - at : CHUNK;
        n = snprintf(line, sizeof line, "%zx\r\n", n_chunk);
        add(&a, line, (size_t)n);
        add(&a, body.at + at, n_chunk);
        add(&a, "\r\n", 2);
    }
    add(&a, "0\r\n\r\n", 5);
    return a;
}

static void prepare(char **words, unsigned n_services)
{
    const char *bytes = kit_option(words, "bytes", "300");
    bool chunked = kit_number(words, "chunked", 0);
    uint64_t failing = kit_number(words, "fail", MAX_SERVICES);
    const char *next = bytes;
    for (unsigned i = 0; i < n_services; i++) {
        char *end;
        size_t n = strtoul(next, &end, 10);
        next = *end == ',' ? end + 1 : bytes;
        struct answer body = document(names[i % 8], n);
        answers[i] = whole(body, chunked, i == failing ? 500 : 200);
        free(body.at);
    }
}

static void leave(struct endpoint *e)
{
    close(e->fd);
    free(e);
}

static void watch(struct endpoint *e, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = e};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, e->fd, &event);
}

static void send_answer(struct endpoint *e)
{
    const struct answer *a = &answers[e->service];
    ssize_t n = write(e->fd, a->at + e->n_sent, a->n - e->n_sent);
    if (n < 0 && errno != EAGAIN) {
        leave(e);
        return;
    }
    e->n_sent += n > 0 ? (size_t)n : 0;
    bool is_blocked = e->n_sent < a->n;
    if (is_blocked != e->is_blocked)
        watch(e, is_blocked ? EPOLLOUT : EPOLLIN);
    e->is_blocked = is_blocked;
    if (!is_blocked)
        e->n_sent = 0;
}

/* Until its time has come nobody reads the connection. */
static void wait_for(struct endpoint *e, uint64_t ms)
{
    watch(e, 0);
    struct endpoint **slot = &wheel[(now_ms + ms) % WHEEL];
    e->is_waiting = true;
    e->due = *slot;
    *slot = e;
    n_waiting++;
}

static void send_due(void)
{
    for (; wheel_ms < now_ms; wheel_ms++) {
        struct endpoint *e = wheel[wheel_ms % WHEEL];
        wheel[wheel_ms % WHEEL] = NULL;
        while (e) {
            struct endpoint *next = e->due;
            e->is_waiting = false;
            watch(e, EPOLLIN);
            send_answer(e);
            n_waiting--;
            e = next;
        }
    }
}

static void read_request(struct endpoint *e)
{
    ssize_t n = read(e->fd, e->in + e->n, sizeof e->in - e->n);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            leave(e);
        return;
    }
    e->n += (size_t)n;
    if (!memmem(e->in, e->n, "\r\n\r\n", 4))
        return;
    e->n = 0;
    if (delay_high)
        wait_for(e, draw(delay_low, delay_high));
    else
        send_answer(e);
}

static struct endpoint *endpoint_new(int fd, unsigned service, bool is_listener)
{
    struct endpoint *e = kit_memory(1, sizeof *e);
    e->fd = fd;
    e->service = service;
    e->is_listener = is_listener;
    kit_poll_add(poll_fd, fd, e);
    return e;
}

static void handle(struct endpoint *e)
{
    if (e->is_listener)
        for (int fd = kit_accept(e->fd); fd >= 0; fd = kit_accept(e->fd))
            endpoint_new(fd, e->service, false);
    else if (e->is_blocked)
        send_answer(e);
    else if (!e->is_waiting)
        read_request(e);
}

static void serve(void)
{
    struct epoll_event events[MAX_EVENTS];
    while (true) {
        int n = epoll_wait(poll_fd, events, MAX_EVENTS, n_waiting ? 1 : -1);
        now_ms = kit_now_ns() / 1000000;
        if (!n_waiting)
            wheel_ms = now_ms;
        for (int i = 0; i < n; i++)
            handle(events[i].data.ptr);
        send_due();
    }
}

int main(int n, char **words)
{
    (void)n;
    kit_raise_limits();
    signal(SIGPIPE, SIG_IGN);
    unsigned port = (unsigned)kit_number(words, "port", 0);
    unsigned n_services = (unsigned)kit_number(words, "count", 4);
    if (n_services > MAX_SERVICES)
        n_services = MAX_SERVICES;
    const char *delay = kit_option(words, "delay_ms", "0-0");
    char *end;
    delay_low = strtoul(delay, &end, 10);
    delay_high = *end == '-' ? strtoul(end + 1, NULL, 10) : delay_low;
    if (delay_high >= WHEEL || delay_high < delay_low)
        kit_die("delay_ms=LOW-HIGH, below 1024");
    prepare(words, n_services);
    poll_fd = kit_poll_new();
    for (unsigned i = 0; i < n_services; i++)
        endpoint_new(kit_listen(port + i), i, true);
    serve();
}
