/* through_test.c - calls of ours to a server of ours, in the clear and over TLS */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../net/authority.h"
#include "http/call.h"
#include "net/tls.h"
#include "owner.h"

enum {
    LARGEST = 90000,
};

struct through {
    struct owner *owner;
    SSL_CTX *server_tls;
    SSL_CTX *client_tls;
    struct pool *pool;
    int listening;
    struct call call;
    char body[LARGEST + 1];
    size_t n_body;
    bool has_ended;
    enum call_end how;
};

static void on_head(struct call *call, const struct h1_head *head, const char *base)
{
    (void)call;
    (void)base;
    assert_int_equal(head->status, 200);
}

static void on_body(struct call *call, struct slice chunk)
{
    struct through *t = LIST_OWNER(call, struct through, call);
    assert_true(t->n_body + chunk.n <= LARGEST);
    memcpy(t->body + t->n_body, chunk.at, chunk.n);
    t->n_body += chunk.n;
}

static void on_end(struct call *call, enum call_end how)
{
    struct through *t = LIST_OWNER(call, struct through, call);
    t->has_ended = true;
    t->how = how;
}

static const struct call_handlers handlers = {
    .on_head = on_head, .on_body = on_body, .on_end = on_end};

static void open_through(struct through *t, void **state, const char *server_name)
{
    struct sockaddr_in at;
    struct addresses a = {.n = 1};
    t->owner = *state;
    t->listening = rig_listen(&at, 4);
    const struct pool_settings settings = {
        .tls = t->client_tls,
        .server_name = server_name,
        .connect_timeout_ms = 3000,
        .idle_timeout_ms = 60000,
        .max_idle = 4,
        .head_limit = 4096,
    };
    memcpy(&a.at[0], &at, sizeof at);
    t->pool = pool_new(&t->owner->rig.loop, &settings, &t->owner->rig.counters);
    pool_set_addresses(t->pool, &a);
}

static void ask(struct through *t, const struct call_request *request)
{
    struct rig *r = &t->owner->rig;
    t->n_body = 0;
    t->has_ended = false;
    call_start(&t->call, t->pool, request, &handlers);
    for (rig_begin(r); !t->has_ended; rig_go_on(r, "the end of the call")) {
        int fd = accept4(t->listening, NULL, NULL, SOCK_NONBLOCK);
        if (fd >= 0)
            server_accept(t->owner->server, fd, t->server_tls, NULL);
    }
}

static void close_through(struct through *t)
{
    pool_close(t->pool);
    close(t->listening);
    RIG_UNTIL(&t->owner->rig, rig_count(&t->owner->rig, COUNT_UPSTREAM_OPEN) == 0);
    free(t);
}

static void echo_bodies_of_many_sizes(struct through *t)
{
    static char body[LARGEST];
    char head[128];
    for (size_t i = 0; i < LARGEST; i++)
        body[i] = (char)(i * 7 + i / 251);
    for (size_t n = 1; n <= LARGEST; n = n * 3 + 7) {
        int n_head = snprintf(head, sizeof head,
                              "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", n);
        const struct call_request request = {.head = {head, (size_t)n_head}, .body = {body, n}};
        ask(t, &request);
        assert_int_equal(t->how, CALL_DONE);
        assert_int_equal(t->n_body, n);
        assert_memory_equal(t->body, body, n);
    }
    assert_int_equal(rig_count(&t->owner->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void bodies_go_through_in_the_clear(void **state)
{
    struct through *t = calloc(1, sizeof *t);
    open_through(t, state, NULL);
    echo_bodies_of_many_sizes(t);
    close_through(t);
}

static void make_contexts(struct through *t, struct authority *a)
{
    char why[256];
    t->server_tls = tls_server_context(a->cert_file, a->key_file, why, sizeof why);
    t->client_tls = tls_client_context(a->ca_file, NULL, NULL, why, sizeof why);
    assert_true(t->server_tls && t->client_tls);
}

static void release_contexts(SSL_CTX *server, SSL_CTX *client)
{
    tls_release(server);
    tls_release(client);
}

static void bodies_go_through_over_tls(void **state)
{
    struct through *t = calloc(1, sizeof *t);
    struct authority authority;
    authority_open(&authority);
    make_contexts(t, &authority);
    SSL_CTX *server = t->server_tls, *client = t->client_tls;
    open_through(t, state, "good.test");
    echo_bodies_of_many_sizes(t);
    close_through(t);
    release_contexts(server, client);
    authority_close(&authority);
}

static void a_service_of_another_name_is_no_connection(void **state)
{
    struct through *t = calloc(1, sizeof *t);
    struct authority authority;
    const struct call_request request = {.head = SLICE_INIT(OWNER_GET("/ok"))};
    authority_open(&authority);
    make_contexts(t, &authority);
    SSL_CTX *server = t->server_tls, *client = t->client_tls;
    open_through(t, state, "other.test");
    ask(t, &request);
    assert_int_equal(t->how, CALL_NO_CONNECTION);
    assert_false(t->call.is_sent);
    assert_string_equal(t->owner->notes, "");
    close_through(t);
    release_contexts(server, client);
    authority_close(&authority);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, owner_setup, owner_teardown)
    const struct CMUnitTest tests[] = {
        TEST(bodies_go_through_in_the_clear),
        TEST(bodies_go_through_over_tls),
        TEST(a_service_of_another_name_is_no_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
