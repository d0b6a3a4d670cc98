/* steady_test.c - what a request and a call cost once everything is warm: memory, system calls */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "caller.h"
#include "owner.h"

enum {
    ROUNDS = 100,
};

/* The linker puts the wrap_ ones before the C library's and libuv's (meson.build). */
void *real_malloc(size_t n) __asm__("__real_malloc");
void *real_calloc(size_t n, size_t size) __asm__("__real_calloc");
void *real_realloc(void *at, size_t n) __asm__("__real_realloc");
ssize_t real_recv(int fd, void *at, size_t n, int flags) __asm__("__real_kernel_recv");
ssize_t real_send(int fd, const void *at, size_t n) __asm__("__real_kernel_send");
ssize_t real_sendmsg(int fd, const struct msghdr *message) __asm__("__real_kernel_sendmsg");
int real_uv_poll_start(uv_poll_t *poll, int events,
                       uv_poll_cb on_poll) __asm__("__real_uv_poll_start");
void *wrap_malloc(size_t n) __asm__("__wrap_malloc");
void *wrap_calloc(size_t n, size_t size) __asm__("__wrap_calloc");
void *wrap_realloc(void *at, size_t n) __asm__("__wrap_realloc");
ssize_t wrap_recv(int fd, void *at, size_t n, int flags) __asm__("__wrap_kernel_recv");
ssize_t wrap_send(int fd, const void *at, size_t n) __asm__("__wrap_kernel_send");
ssize_t wrap_sendmsg(int fd, const struct msghdr *message) __asm__("__wrap_kernel_sendmsg");
int wrap_uv_poll_start(uv_poll_t *poll, int events,
                       uv_poll_cb on_poll) __asm__("__wrap_uv_poll_start");

static struct {
    unsigned allocations;
    unsigned reads;
    unsigned looks; /* at what is there, without reading it */
    unsigned writes;
    unsigned polls; /* changes of what the kernel shall watch */
} cost;

void *wrap_malloc(size_t n)
{
    cost.allocations++;
    return real_malloc(n);
}

void *wrap_calloc(size_t n, size_t size)
{
    cost.allocations++;
    return real_calloc(n, size);
}

void *wrap_realloc(void *at, size_t n)
{
    cost.allocations++;
    return real_realloc(at, n);
}

ssize_t wrap_recv(int fd, void *at, size_t n, int flags)
{
    cost.reads += (flags & MSG_PEEK) == 0;
    cost.looks += (flags & MSG_PEEK) != 0;
    return real_recv(fd, at, n, flags);
}

ssize_t wrap_send(int fd, const void *at, size_t n)
{
    cost.writes++;
    return real_send(fd, at, n);
}

ssize_t wrap_sendmsg(int fd, const struct msghdr *message)
{
    cost.writes++;
    return real_sendmsg(fd, message);
}

int wrap_uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb on_poll)
{
    cost.polls++;
    return real_uv_poll_start(poll, events, on_poll);
}

static void a_request_costs_one_read_one_write_and_no_memory(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    for (unsigned i = 0; i < ROUNDS + 2; i++) {
        owner_ask(o, OWNER_GET("/ok"), "hello");
        rig_turn(&o->rig);
        if (i == 1)
            memset(&cost, 0, sizeof cost);
    }
    assert_int_equal(cost.allocations, 0);
    assert_int_equal(cost.polls, 0);
    assert_int_equal(cost.reads, ROUNDS);
    assert_int_equal(cost.writes, ROUNDS);
}

static void a_body_costs_no_memory_of_its_own(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    for (unsigned i = 0; i < ROUNDS + 2; i++) {
        owner_ask(o,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                  "abcde");
        rig_turn(&o->rig);
        if (i == 1)
            memset(&cost, 0, sizeof cost);
    }
    assert_int_equal(cost.allocations, 0);
    assert_int_equal(cost.reads, ROUNDS);
    assert_int_equal(cost.writes, ROUNDS);
}

static void a_call_costs_one_write_one_read_and_no_memory(void **state)
{
    struct caller *c = *state;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    c->request.body = SLICE("a body\r\n\r\n");
    caller_begin(c);
    for (unsigned i = 0; i < ROUNDS + 2; i++) {
        rig_turns(&c->rig, 1); /* the next call comes in a turn of its own */
        if (i)
            caller_begin_again(c);
        caller_expect(c, answer, "head 200;body hi;end done;");
        if (i == 1)
            memset(&cost, 0, sizeof cost);
    }
    assert_int_equal(cost.allocations, 0);
    assert_int_equal(cost.polls, 0);
    assert_int_equal(cost.reads, ROUNDS);
    assert_int_equal(cost.looks, 0);
    assert_int_equal(cost.writes, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_costs_one_read_one_write_and_no_memory,
                                        owner_setup, owner_teardown),
        cmocka_unit_test_setup_teardown(a_body_costs_no_memory_of_its_own, owner_setup,
                                        owner_teardown),
        cmocka_unit_test_setup_teardown(a_call_costs_one_write_one_read_and_no_memory, caller_setup,
                                        caller_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
