/* shop.c - client, gateway and services on one loop */
#include "shop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void open_services(struct shop *s)
{
    for (unsigned i = 0; i < SHOP_N_SERVICES; i++) {
        struct sockaddr_in at;
        s->services[i].listening = rig_listen(&at, 8);
        s->services[i].port = ntohs(at.sin_port);
        s->services[i].fd = -1;
    }
}

/* @N becomes the port of service N. */
static void load(struct shop *s, const char *yaml)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    for (const char *at = yaml; *at; at++) {
        if (at[0] == '@' && at[1] >= '0' && at[1] < '0' + SHOP_N_SERVICES)
            fprintf(out, "%u", s->services[*++at - '0'].port);
        else
            fputc(*at, out);
    }
    fclose(out);
    s->config = load_config(text);
    free(text);
}

static void set_addresses(struct shop *s)
{
    for (unsigned i = 0; i < s->config->n_services; i++)
        for (unsigned k = 0; k < s->config->services[i].n_targets; k++) {
            struct addresses a = {.n = 1};
            struct sockaddr_in *at = (struct sockaddr_in *)&a.at[0];
            at->sin_family = AF_INET;
            at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            at->sin_port = htons(s->config->services[i].targets[k].port);
            gateway_set_addresses(s->front.current, i, k, &a);
        }
}

static void open_gateway(struct shop *s)
{
    late_calls_init(&s->late);
    const struct gateway_context context = {
        .counters = &s->rig.counters,
        .journal = journal_ring(s->journal, 0),
        .random = &s->random,
        .scratch = s->scratch,
        .client_tls = s->tls,
        .n_held = &s->rig.n_held,
        .n_in_flight = &s->n_in_flight,
        .shared = s->shared,
        .stats = s->stats,
        .cache = &s->cache,
        .late = &s->late,
        .rates = s->rates,
    };
    s->front.current = gateway_new(&s->rig.loop, s->config, &context);
    set_addresses(s);
}

static struct server_bounds bounds_of(struct shop *s, size_t arena)
{
    const struct config_bounds *b = &s->config->bounds;
    return (struct server_bounds){
        .request_header = b->request_header,
        .request_body = b->request_body,
        .output = b->memory,
        .arena = arena,
        .connections = 100,
        .n_open = &s->n_open,
        .header_timeout_ms = 100000,
        .send_timeout_ms = 100000,
        .idle_timeout_ms = 100000,
    };
}

static void open_server(struct shop *s)
{
    const struct server_bounds bounds = bounds_of(s, 4 << 20);
    s->server = server_new(&s->rig.loop, &bounds, &gateway_handlers, &s->rig.counters, &s->front);
}

void shop_set_arena(struct shop *s, size_t bytes)
{
    const struct server_bounds bounds = bounds_of(s, bytes);
    server_set_bounds(s->server, &bounds);
}

/* Pieces are sent as they are written. */
static void set_nodelay(int fd)
{
    int on = 1;
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
}

void shop_connect(struct shop *s)
{
    const struct sockaddr_in peer = {.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fds[2];
    if (s->client >= 0)
        close(s->client);
    rig_tcp_pair(fds);
    server_accept(s->server, fds[0], NULL, (const struct sockaddr *)&peer);
    s->client = fds[1];
    set_nodelay(s->client);
    s->answer.is_ended = s->answer.is_reset = false;
}

static void open_cache(struct shop *s)
{
    service_cache_init(&s->cache, cache_new(1 << 20, NULL), &s->rig.loop, 0, &s->crew);
    s->crew = (struct crew){&s->cache.seats, 1};
}

/* The file has no name any more: nothing stays of it, however a test ends. */
static void open_journal(struct shop *s)
{
    char name[] = "/tmp/sheaf-unit-log-XXXXXX";
    s->log_file = fdopen(mkstemp(name), "r");
    assert_non_null(s->log_file);
    s->journal = journal_open(name, 1);
    assert_non_null(s->journal);
    unlink(name);
}

struct shop *shop_open(const char *yaml)
{
    struct shop *s = calloc(1, sizeof *s);
    assert_non_null(s);
    rig_init(&s->rig);
    open_services(s);
    load(s, yaml);
    random_init_seeded(&s->random, 1);
    s->scratch = pattern_scratch_new();
    s->stats = gateway_stats_new(s->config);
    s->shared = service_shared_new(s->config);
    s->rates = rate_table_new(1024, 1);
    open_journal(s);
    open_cache(s);
    open_gateway(s);
    open_server(s);
    s->client = -1;
    shop_connect(s);
    return s;
}

static void on_retired(void *context)
{
    struct shop *s = context;
    s->n_retired++;
}

void shop_reload(struct shop *s)
{
    struct gateway *old = s->front.current;
    open_gateway(s);
    gateway_retire(old, on_retired, s);
}

static void close_gateway(struct shop *s)
{
    if (s->client >= 0)
        close(s->client);
    RIG_UNTIL(&s->rig, server_n_connections(s->server) == 0);
    server_free(s->server);
    unsigned n_before = s->n_retired;
    gateway_retire(s->front.current, on_retired, s);
    assert_int_equal(s->n_retired, n_before);
    RIG_UNTIL(&s->rig, s->n_retired > n_before);
}

void shop_close(struct shop *s)
{
    close_gateway(s);
    for (unsigned i = 0; i < SHOP_N_SERVICES; i++) {
        close(s->services[i].listening);
        shop_hang_up(s, i);
    }
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_IN_FLIGHT), 0);
    assert_int_equal(rig_count(&s->rig, COUNT_REQUESTS_IN_FLIGHT), 0);
    if (s->journal)
        journal_close(s->journal);
    fclose(s->log_file);
    struct cache *cache = s->cache.cache;
    rig_done(&s->rig);
    service_cache_done(&s->cache);
    cache_free(cache);
    gateway_stats_free(s->stats);
    service_shared_free(s->shared, s->config);
    rate_table_free(s->rates);
    pattern_scratch_free(s->scratch);
    config_free(s->config);
    free(s);
}

void shop_ask_with(struct shop *s, const char *line, const char *headers)
{
    s->answer.n = 0;
    rig_send(s->client, slice_of(line));
    rig_send(s->client, SLICE(" HTTP/1.1\r\nHost: shop.example\r\n"));
    rig_send(s->client, slice_of(headers));
    rig_send(s->client, SLICE("\r\n"));
}

void shop_ask_for(struct shop *s, const char *target, const char *accept)
{
    char line[256], field[128];
    snprintf(line, sizeof line, "GET %s", target);
    snprintf(field, sizeof field, "Accept: %s\r\n", accept);
    shop_ask_with(s, line, field);
}

void shop_ask(struct shop *s, const char *target)
{
    char line[1024];
    snprintf(line, sizeof line, "GET %s", target);
    shop_ask_with(s, line, "");
}

/* Where the body begins, if all of it is there; NULL otherwise. */
static const char *find_body(const struct shop *s)
{
    const char *end = strstr(s->answer.at, "\r\n\r\n");
    const char *length = end ? shop_field(&s->answer, "Content-Length") : NULL;
    if (!end)
        return NULL;
    size_t n = length ? strtoul(length, NULL, 10) : 0;
    return (size_t)(s->answer.at + s->answer.n - end - 4) >= n ? end + 4 : NULL;
}

void shop_await(struct shop *s)
{
    rig_begin(&s->rig);
    for (rig_read(s->client, &s->answer); !find_body(s); rig_read(s->client, &s->answer))
        rig_go_on(&s->rig, "an answer");
    s->status = (unsigned)strtoul(s->answer.at + strlen("HTTP/1.1 "), NULL, 10);
    s->body = find_body(s);
}

/* A new connection takes the place of the last. */
static void look_at_service(struct shop_service *v)
{
    int fd = accept4(v->listening, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0) {
        set_nodelay(fd);
        if (v->fd >= 0)
            close(v->fd);
        v->fd = fd;
        v->heard.n = 0;
        v->heard.is_ended = v->heard.is_reset = false;
    }
    if (v->fd >= 0)
        rig_read(v->fd, &v->heard);
    v->heard.at[v->heard.n] = '\0';
}

const char *shop_hear(struct shop *s, unsigned service)
{
    struct shop_service *v = &s->services[service];
    rig_begin(&s->rig);
    for (look_at_service(v); !strstr(v->heard.at, "\r\n\r\n"); look_at_service(v))
        rig_go_on(&s->rig, "a request");
    return v->heard.at;
}

bool shop_is_silent(struct shop *s, unsigned service)
{
    rig_turns(&s->rig, 4);
    look_at_service(&s->services[service]);
    return s->services[service].heard.n == 0;
}

void shop_say(struct shop *s, unsigned service, const char *answer)
{
    struct shop_service *v = &s->services[service];
    struct slice rest = slice_of(answer);
    v->heard.n = 0;
    rig_begin(&s->rig);
    while (rest.n) {
        ssize_t n = send(v->fd, rest.at, rest.n, MSG_NOSIGNAL);
        if (n > 0)
            rest = slice_after(rest, (size_t)n);
        if (rest.n)
            rig_go_on(&s->rig, "room for the answer");
    }
}

void shop_serve_target(struct shop *s, unsigned service, const char *target, const char *json)
{
    char line[128];
    snprintf(line, sizeof line, "GET %s HTTP/1.1\r\n", target);
    assert_ptr_equal(strstr(shop_hear(s, service), line), s->services[service].heard.at);
    shop_serve(s, service, json);
}

void shop_serve(struct shop *s, unsigned service, const char *json)
{
    char head[128];
    shop_hear(s, service);
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(json));
    shop_say(s, service, head);
    shop_say(s, service, json);
}

void shop_serve_heard(struct shop *s, unsigned service, const char *json)
{
    look_at_service(&s->services[service]);
    if (strstr(s->services[service].heard.at, "\r\n\r\n"))
        shop_serve(s, service, json);
}

void shop_await_hangup(struct shop *s, unsigned service)
{
    struct shop_service *v = &s->services[service];
    rig_begin(&s->rig);
    for (look_at_service(v); !v->heard.is_ended && !v->heard.is_reset; look_at_service(v))
        rig_go_on(&s->rig, "the end of a call's connection");
}

void shop_hang_up(struct shop *s, unsigned service)
{
    struct shop_service *v = &s->services[service];
    if (v->fd >= 0)
        close(v->fd);
    v->fd = -1;
    v->heard.n = 0;
}

void shop_leave(struct shop *s)
{
    close(s->client);
    s->client = -1;
}

/* The two clocks of a loop, which nobody needs to wait for. */
static uint64_t later_ns;

uint64_t real_hrtime(void) __asm__("__real_uv_hrtime");
int real_gettime(clockid_t clock, struct timespec *t) __asm__("__real_clock_gettime");
uint64_t later_hrtime(void) __asm__("__wrap_uv_hrtime");
int later_gettime(clockid_t clock, struct timespec *t) __asm__("__wrap_clock_gettime");

uint64_t later_hrtime(void)
{
    return real_hrtime() + later_ns;
}

int later_gettime(clockid_t clock, struct timespec *t)
{
    int result = real_gettime(clock, t);
    uint64_t ns = (uint64_t)t->tv_nsec + later_ns;
    t->tv_sec += (time_t)(ns / 1000000000);
    t->tv_nsec = (long)(ns % 1000000000);
    return result;
}

void shop_wait_ms(struct shop *s, uint64_t ms)
{
    later_ns += ms * 1000000;
    rig_turns(&s->rig, 3);
}

void shop_pass_ms(struct shop *s, uint64_t ms)
{
    struct loop *l = &s->rig.loop;
    wheel_advance(&l->wheel, l->now_ms + ms);
    l->now_ns += ms * 1000000;
    l->now_ms += ms;
}

const char *shop_read_log(struct shop *s)
{
    RIG_UNTIL(&s->rig, s->front.current->n_visits == 0);
    s->front.current->context.journal = NULL;
    journal_close(s->journal);
    s->journal = NULL;
    rewind(s->log_file);
    size_t n = fread(s->log, 1, sizeof s->log - 1, s->log_file);
    s->log[n] = '\0';
    return s->log;
}

const char *shop_field(const struct rig_text *t, const char *name)
{
    static char value[4096];
    size_t n = strlen(name);
    const char *at = strstr(t->at, "\r\n");
    while (at && at[2] != '\r' && at[2]) {
        at += 2;
        const char *end = strstr(at, "\r\n");
        if (end && strncasecmp(at, name, n) == 0 && at[n] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)(end - at - (ptrdiff_t)n - 2), at + n + 2);
            return value;
        }
        at = end;
    }
    return NULL;
}

void shop_expect(struct shop *s, unsigned status, const char *body)
{
    shop_await(s);
    assert_string_equal(s->body, body);
    assert_int_equal(s->status, status);
}
