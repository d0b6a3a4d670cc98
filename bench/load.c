/* load.c - open-loop HTTP/1.1 load: requests are due at fixed times, whatever the answers do
 *
 * usage: load port=P path=/... [connections=32] [rate=1000] [seconds=1] [head=browser] [cold=1]
 *             [tls=1] [compare=length] [patience=3] [fields=FILE]
 *
 * A request that finds no free connection waits, and its latency counts from the time when it was
 * due, so that a stall is not hidden (no coordinated omission). rate=0 closes the loop: each
 * connection asks again as soon as it has its answer. cold=1 opens a connection a request; that is
 * part of its latency. Each body is compared with the first one (compare=length: its length, for
 * gateways that give the members of an object in any order). patience: seconds for the answers that
 * are missing at the end. fields: of the lines of this file each request has the next one as a
 * field more, from the first again behind the last. Prints one line of NAME=VALUE; latencies in
 * microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kit.h"

enum {
    MAX_EVENTS = 512,
    READ_ROOM = 64 * 1024,
    MAX_LATENCIES = 4 * 1024 * 1024,
    MAX_REQUEST = 8192,
    MAX_REQUESTS = 16 * 1024,
    LONGEST_WAIT_NS = 20000000
};

/* About 900 bytes, as a browser sends them. */
static const char browser_fields[] =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36\r\n"
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: http://localhost/products/walking-boot-half-height?from=search\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
    "Cookie: session=0f8e7d6c5b4a39281706f5e4d3c2b1a0; consent=essential.statistics.2026-11-24; "
    "cart=eyJpdGVtcyI6W3sic2t1IjoiQi0wMDAxNyIsInF0eSI6MX0seyJza3UiOiJCLTAwMDQyIiwicXR5IjoyfV19; "
    "seen=1042.1043.1077.2101.2102.2240.2381.3000.3001.3002.3003.3004; theme=dark; "
    "experiment=checkout-b.search-a.recommendations-c; last=2026-11-24T02:00:00Z\r\n"
    "DNT: 1\r\nPriority: u=1, i\r\n";

struct connection {
    int fd;
    SSL *tls;
    bool is_busy;
    uint64_t due_ns; /* when the request under way should have been sent */
    char *in;
    size_t n, capacity;
    size_t n_head;  /* 0: not whole yet */
    size_t n_whole; /* head and body; 0: chunked, or not known yet */
};

static struct {
    unsigned port;
    unsigned n_connections;
    double rate;
    double seconds;
    uint64_t patience_ns; /* after the end, for what is still missing */
    bool is_cold;
    bool only_length;
    SSL_CTX *tls;
} options;

static int poll_fd;
static struct connection *connections;
static struct connection **idle;
static unsigned n_idle;
static struct request {
    char *at;
    size_t n;
} * requests; /* that are sent in turn */
static size_t n_requests, n_asked;
static struct {
    uint32_t *us;
    size_t n_done, n_bad, n_differ;
    char *first;
    size_t n_first;
} results;

static void open_connection(struct connection *c)
{
    c->fd = kit_connect(options.port);
    c->n = c->n_head = c->n_whole = 0;
    if (options.tls) {
        c->tls = SSL_new(options.tls);
        SSL_set_fd(c->tls, c->fd);
        if (SSL_connect(c->tls) != 1)
            kit_die("TLS handshake");
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    kit_poll_add(poll_fd, c->fd, c);
}

static void close_connection(struct connection *c)
{
    SSL_free(c->tls);
    c->tls = NULL;
    close(c->fd);
    c->fd = -1;
}

static void release(struct connection *c)
{
    c->is_busy = false;
    c->n = c->n_head = c->n_whole = 0;
    idle[n_idle++] = c;
}

/* The gateway ended a connection: a request that was under way on it has failed. */
static void lose(struct connection *c)
{
    close_connection(c);
    if (c->is_busy) {
        results.n_bad++;
        release(c);
    }
}

static void ask(uint64_t due_ns)
{
    struct connection *c = idle[--n_idle];
    c->is_busy = true;
    c->due_ns = due_ns;
    if (c->fd < 0)
        open_connection(c);
    const struct request *r = &requests[n_asked++ % n_requests];
    ssize_t n = c->tls ? SSL_write(c->tls, r->at, (int)r->n) : write(c->fd, r->at, r->n);
    if (n != (ssize_t)r->n)
        lose(c);
}

/* Chunks put together in place; the number of bytes of the body. */
static size_t join_chunks(char *at, const char *end)
{
    char *to = at;
    const char *from = at;
    while (from < end) {
        char *digits_end;
        size_t n = strtoul(from, &digits_end, 16);
        from = digits_end + 2;
        if (!n || n > (size_t)(end - from))
            break;
        memmove(to, from, n);
        to += n;
        from += n + 2;
    }
    return (size_t)(to - at);
}

static void compare(const char *body, size_t n)
{
    if (!results.first) {
        results.first = kit_memory(n + 1, 1);
        memcpy(results.first, body, n);
        results.n_first = n;
        return;
    }
    bool is_same =
        n == results.n_first && (options.only_length || memcmp(body, results.first, n) == 0);
    results.n_differ += !is_same;
}

static void finish(struct connection *c, bool was_chunked)
{
    uint64_t us = (kit_now_ns() - c->due_ns) / 1000;
    char *body = c->in + c->n_head;
    size_t n = was_chunked ? join_chunks(body, c->in + c->n) : c->n_whole - c->n_head;
    if (strncmp(c->in, "HTTP/1.1 200", 12) != 0)
        results.n_bad++;
    else
        compare(body, n);
    if (results.n_done < MAX_LATENCIES)
        results.us[results.n_done++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
    if (options.is_cold)
        close_connection(c);
    release(c);
}

static void look_at_head(struct connection *c)
{
    c->in[c->n] = '\0';
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end)
        return;
    c->n_head = (size_t)(end - c->in) + 4;
    *end = '\0';
    const char *length = strcasestr(c->in, "\ncontent-length:");
    if (length)
        c->n_whole = c->n_head + strtoul(length + 16, NULL, 10);
    *end = '\r';
}

static void look_at_answer(struct connection *c)
{
    if (!c->n_head)
        look_at_head(c);
    if (!c->n_head || !c->is_busy)
        return;
    if (c->n_whole && c->n >= c->n_whole)
        finish(c, false);
    else if (!c->n_whole && c->n >= c->n_head + 5 && memcmp(c->in + c->n - 5, "0\r\n\r\n", 5) == 0)
        finish(c, true);
}

/* Bytes that came; 0: none for now; -1: the connection is over. */
static ssize_t take_bytes(struct connection *c)
{
    size_t room = c->capacity - c->n - 1;
    if (!c->tls) {
        ssize_t n = read(c->fd, c->in + c->n, room);
        return n > 0 ? n : n < 0 && errno == EAGAIN ? 0 : -1;
    }
    int n = SSL_read(c->tls, c->in + c->n, (int)room);
    return n > 0 ? n : SSL_get_error(c->tls, n) == SSL_ERROR_WANT_READ ? 0 : -1;
}

static void read_answer(struct connection *c)
{
    do {
        if (c->capacity - c->n < READ_ROOM) {
            c->capacity = 2 * c->capacity + READ_ROOM;
            c->in = realloc(c->in, c->capacity);
            if (!c->in)
                kit_die("memory");
        }
        ssize_t n = take_bytes(c);
        if (n < 0)
            lose(c);
        if (n <= 0)
            return;
        c->n += (size_t)n;
    } while (c->tls && SSL_pending(c->tls));
    look_at_answer(c);
}

/* The time of a run. step_ns 0: closed loop, a request is due as soon as a connection is free. */
struct schedule {
    uint64_t next_ns;
    uint64_t step_ns;
    uint64_t end_ns;
};

static void ask_due(struct schedule *s, uint64_t now)
{
    while (n_idle && s->next_ns <= now && now < s->end_ns) {
        ask(s->step_ns ? s->next_ns : now);
        s->next_ns += s->step_ns;
    }
}

static void wait_for_answers(const struct schedule *s, uint64_t now)
{
    struct epoll_event events[MAX_EVENTS];
    struct timespec wait = {0, LONGEST_WAIT_NS};
    bool is_next = s->step_ns && n_idle && s->next_ns < s->end_ns;
    if (is_next && s->next_ns < now + LONGEST_WAIT_NS)
        wait.tv_nsec = s->next_ns > now ? (long)(s->next_ns - now) : 0;
    int n = epoll_pwait2(poll_fd, events, MAX_EVENTS, &wait, NULL);
    for (int i = 0; i < n; i++)
        read_answer(events[i].data.ptr);
}

static void run(void)
{
    uint64_t begin = kit_now_ns();
    struct schedule s = {.next_ns = begin, .end_ns = begin + (uint64_t)(options.seconds * 1e9)};
    if (options.rate > 0)
        s.step_ns = (uint64_t)(1e9 / options.rate);
    uint64_t now = begin;
    while (now < s.end_ns ||
           (n_idle < options.n_connections && now < s.end_ns + options.patience_ns)) {
        ask_due(&s, now);
        wait_for_answers(&s, now);
        now = kit_now_ns();
    }
    results.n_bad += options.n_connections - n_idle;
    printf("done=%zu bad=%zu differ=%zu rate=%.0f ", results.n_done, results.n_bad,
           results.n_differ, (double)results.n_done * 1e9 / (double)(now - begin));
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_latencies(void)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p50", .5}, {"p99", .99}, {"p999", .999}, {"max", 1}};
    size_t n = results.n_done;
    qsort(results.us, n, sizeof *results.us, by_value);
    for (unsigned i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        printf("%s=%u ", quantiles[i].name,
               n ? results.us[(size_t)((double)(n - 1) * quantiles[i].share)] : 0);
    printf("bytes=%zu\n", results.n_first);
}

/* field: with its line break, or nothing. */
static void add_request(char **words, const char *field)
{
    const char *fields = strcmp(kit_option(words, "head", "small"), "browser") == 0
                             ? browser_fields
                             : "User-Agent: load\r\n";
    struct request *r = &requests[n_requests++];
    r->at = kit_memory(MAX_REQUEST, 1);
    r->n = (size_t)snprintf(r->at, MAX_REQUEST,
                            "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n%s%s%s\r\n",
                            kit_option(words, "path", "/"), fields, field,
                            options.is_cold ? "Connection: close\r\n" : "");
    if (r->n >= MAX_REQUEST)
        kit_die("a request that is too long");
}

static void write_requests(char **words)
{
    const char *name = kit_option(words, "fields", NULL);
    char line[MAX_REQUEST];
    requests = kit_memory(MAX_REQUESTS, sizeof *requests);
    if (!name) {
        add_request(words, "");
        return;
    }
    FILE *file = fopen(name, "r");
    if (!file)
        kit_die(name);
    while (n_requests < MAX_REQUESTS && fgets(line, MAX_REQUEST - 2, file)) {
        memcpy(line + strcspn(line, "\r\n"), "\r\n", sizeof "\r\n");
        add_request(words, line);
    }
    fclose(file);
    if (!n_requests)
        kit_die("fields=FILE: no line");
}

static void read_options(char **words)
{
    options.port = (unsigned)kit_number(words, "port", 0);
    options.n_connections = (unsigned)kit_number(words, "connections", 32);
    options.rate = strtod(kit_option(words, "rate", "1000"), NULL);
    options.seconds = strtod(kit_option(words, "seconds", "1"), NULL);
    options.patience_ns = kit_number(words, "patience", 3) * 1000000000U;
    options.is_cold = kit_number(words, "cold", 0);
    options.only_length = strcmp(kit_option(words, "compare", "bytes"), "length") == 0;
    if (kit_number(words, "tls", 0))
        options.tls = SSL_CTX_new(TLS_client_method());
    write_requests(words);
}

int main(int n, char **words)
{
    (void)n;
    kit_raise_limits();
    signal(SIGPIPE, SIG_IGN);
    read_options(words);
    poll_fd = kit_poll_new();
    connections = kit_memory(options.n_connections, sizeof *connections);
    idle = kit_memory(options.n_connections, sizeof(struct connection *));
    results.us = kit_memory(MAX_LATENCIES, sizeof *results.us);
    for (unsigned i = 0; i < options.n_connections; i++) {
        connections[i].fd = -1;
        if (!options.is_cold)
            open_connection(&connections[i]);
        release(&connections[i]);
    }
    run();
    print_latencies();
    return 0;
}
