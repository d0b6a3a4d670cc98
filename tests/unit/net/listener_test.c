/* listener_test.c - addresses as people write them, claims, accepting */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit.h"
#include "net/listener.h"
#include "side.h"

static struct listener_address parse(const char *text)
{
    struct listener_address a;
    const char *why = NULL;
    assert_int_equal(listener_parse(slice_of(text), &a, &why), FAULT_NONE);
    return a;
}

static const char *path_of(const struct listener_address *a)
{
    return ((const struct sockaddr_un *)&a->at)->sun_path;
}

static void expect_ipv4(struct listener_address a, uint32_t host, uint16_t port)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a.at;
    assert_int_equal(v4->sin_family, AF_INET);
    assert_int_equal(ntohl(v4->sin_addr.s_addr), host);
    assert_int_equal(ntohs(v4->sin_port), port);
    assert_int_equal(a.n, sizeof *v4);
    assert_false(a.is_unix);
}

static void addresses_are_read_as_people_write_them(void **state)
{
    (void)state;
    expect_ipv4(parse("127.0.0.1:8080"), INADDR_LOOPBACK, 8080);
    expect_ipv4(parse(":65535"), INADDR_ANY, 65535);
    expect_ipv4(parse("192.0.2.1:0"), 0xc0000201, 0);

    struct listener_address six = parse("[::1]:80");
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&six.at;
    assert_int_equal(v6->sin6_family, AF_INET6);
    assert_int_equal(ntohs(v6->sin6_port), 80);
    assert_true(IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr));

    struct listener_address file = parse("unix:/run/sheaf.sock");
    assert_true(file.is_unix);
    assert_string_equal(path_of(&file), "/run/sheaf.sock");
}

static void wrong_addresses_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "8080",
        "localhost:80",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "[::1]",
        "[::1:80",
        "::1:80",
        "[1.2.3.4]:1",
        "127.0.0.1:80a",
        "unix:",
        "256.0.0.1:1",
        "127.0.0.1:000080",
        "[]:80",
        "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19:1",
    };
    struct listener_address a;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *why = NULL;
        assert_int_equal(listener_parse(slice_of(wrong[i]), &a, &why), FAULT_CONFIG);
        assert_non_null(why);
    }
    char path[200] = "unix:";
    const char *why = NULL;
    memset(path + 5, 'x', sizeof path - 6);
    assert_int_equal(listener_parse(slice_of(path), &a, &why), FAULT_CONFIG);
    assert_int_equal(listener_parse((struct slice){path, 5 + 107}, &a, &why), FAULT_NONE);
    assert_int_equal(listener_parse((struct slice){"unix:/a\0b", 9}, &a, &why), FAULT_CONFIG);
}

static struct listener_address address_of(int fd)
{
    struct listener_address a = {.n = sizeof a.at};
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a.at, &a.n), 0);
    return a;
}

static void an_address_in_use_is_told_even_where_both_would_share_it(void **state)
{
    (void)state;
    struct listener_address any = parse("127.0.0.1:0");
    int fds[3], others[3];
    assert_int_equal(listener_open(&any, fds, 3), FAULT_NONE);
    struct listener_address taken = address_of(fds[0]);
    for (unsigned i = 1; i < 3; i++) {
        struct listener_address same = address_of(fds[i]);
        assert_memory_equal(&same.at, &taken.at, sizeof(struct sockaddr_in));
    }
    assert_int_equal(listener_open(&taken, others, 3), FAULT_SYSTEM);
    assert_int_equal(errno, EADDRINUSE);
    assert_int_equal(listener_open(&taken, others, 1), FAULT_SYSTEM);
    assert_int_equal(errno, EADDRINUSE);
    for (unsigned i = 0; i < 3; i++)
        close(fds[i]);
    assert_int_equal(listener_open(&taken, others, 1), FAULT_NONE);
    close(others[0]);
}

/* One that wants in before the door is open, and waits in front of it: from another address, as
 * else it might meet itself. */
static void *come(void *address)
{
    const struct listener_address *a = address;
    const struct listener_address from = parse("127.0.0.2:0");
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(fd, (const struct sockaddr *)&from.at, from.n) == 0 &&
            connect(fd, (const struct sockaddr *)&a->at, a->n) == 0)
            return (void *)(intptr_t)fd;
        close(fd);
    }
}

static struct listener_address free_address(void)
{
    struct listener_address any = parse("127.0.0.1:0");
    int fd;
    assert_int_equal(listener_open(&any, &fd, 1), FAULT_NONE);
    struct listener_address a = address_of(fd);
    close(fd);
    return a;
}

static void who_comes_while_it_opens_is_not_sent_away(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 100; round++) {
        struct listener_address a = free_address();
        pthread_t thread;
        void *client;
        int fds[2];
        assert_int_equal(pthread_create(&thread, NULL, come, &a), 0);
        assert_int_equal(listener_open(&a, fds, 2), FAULT_NONE);
        pthread_join(thread, &client);
        struct pollfd ready[] = {{.fd = fds[0], .events = POLLIN},
                                 {.fd = fds[1], .events = POLLIN}};
        assert_int_equal(poll(ready, 2, 5000), 1);
        close((int)(intptr_t)client);
        close(fds[0]);
        close(fds[1]);
    }
}

static void each_socket_has_its_share(void **state)
{
    (void)state;
    struct listener_address any = parse("127.0.0.1:0");
    int fds[3], clients[64];
    assert_int_equal(listener_open(&any, fds, 3), FAULT_NONE);
    struct listener_address a = address_of(fds[0]);
    for (unsigned i = 0; i < 64; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(clients[i], (const struct sockaddr *)&a.at, a.n), 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        struct pollfd ready = {.fd = fds[i], .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 5000), 1);
        close(fds[i]);
    }
    for (unsigned i = 0; i < 64; i++)
        close(clients[i]);
}

static void ipv6_leaves_ipv4_alone(void **state)
{
    (void)state;
    struct listener_address any = parse("[::1]:0");
    int fd;
    if (listener_open(&any, &fd, 1) != FAULT_NONE) {
        print_message("no IPv6 on this machine\n");
        skip();
    }
    int is_only = 0;
    socklen_t n = sizeof is_only;
    assert_int_equal(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &is_only, &n), 0);
    assert_int_equal(is_only, 1);
    close(fd);
}

static void unix_socket_in(char *directory, struct listener_address *a)
{
    char text[100];
    assert_non_null(mkdtemp(directory));
    snprintf(text, sizeof text, "unix:%s/socket", directory);
    *a = parse(text);
}

static void a_stale_unix_socket_is_replaced_and_one_in_use_is_not(void **state)
{
    (void)state;
    char directory[] = "/tmp/listener-XXXXXX";
    struct listener_address a;
    unix_socket_in(directory, &a);
    int fds[2], others[2];
    assert_int_equal(listener_open(&a, fds, 2), FAULT_NONE);
    assert_true(fds[0] >= 0);
    assert_int_equal(fds[1], -1);
    assert_int_equal(listener_open(&a, others, 2), FAULT_SYSTEM);
    assert_int_equal(errno, EADDRINUSE);
    close(fds[0]); /* and the file stays */
    assert_int_equal(listener_open(&a, others, 2), FAULT_NONE);
    close(others[0]);
    listener_unlink(&a);
    assert_int_equal(rmdir(directory), 0);
}

static void a_unix_socket_is_for_everybody_that_the_umask_lets(void **state)
{
    (void)state;
    char directory[] = "/tmp/listener-XXXXXX";
    struct listener_address a;
    struct stat file;
    int fd;
    unix_socket_in(directory, &a);
    mode_t before = umask(027);
    assert_int_equal(listener_open(&a, &fd, 1), FAULT_NONE);
    assert_int_equal(umask(before), 027);
    assert_int_equal(stat(path_of(&a), &file), 0);
    assert_int_equal(file.st_mode & 0777, 0640);
    close(fd);
    listener_unlink(&a);
    rmdir(directory);
}

static void another_file_in_the_place_of_the_socket_is_left_alone(void **state)
{
    (void)state;
    char directory[] = "/tmp/listener-XXXXXX";
    struct listener_address a;
    int fd;
    unix_socket_in(directory, &a);
    FILE *f = fopen(path_of(&a), "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(listener_open(&a, &fd, 1), FAULT_SYSTEM);
    assert_int_equal(errno, EADDRINUSE);
    listener_unlink(&a);
    assert_int_equal(rmdir(directory), 0);
}

struct door {
    struct loop loop;
    struct listener listener;
    int fd;
    struct sockaddr_storage at;
    socklen_t n;
    int guests[64];
    unsigned n_guests;
    struct sockaddr_in peer; /* of the last one */
    bool stops_itself;
    unsigned n_closed;
};

static void on_closed(struct listener *l)
{
    struct door *d = l->owner;
    d->n_closed++;
}

static void on_accept(struct listener *l, int fd)
{
    struct door *d = l->owner;
    assert_int_equal(d->n_closed, 0);
    memcpy(&d->peer, listener_peer(l), sizeof d->peer);
    d->guests[d->n_guests++] = fd;
    if (d->stops_itself)
        listener_stop(l, on_closed);
}

static void door_open(struct door *d)
{
    *d = (struct door){.n = 0};
    d->fd = side_listen(&d->at, &d->n);
    side_set_nonblocking(d->fd);
    loop_init(&d->loop, NULL, 0, NULL);
    listener_start(&d->listener, &d->loop, d->fd, on_accept, d);
}

static void door_close(struct door *d)
{
    listener_stop(&d->listener, on_closed);
    listener_stop(&d->listener, on_closed);
    side_finish(&d->loop);
    assert_int_equal(d->n_closed, 1);
    for (unsigned i = 0; i < d->n_guests; i++)
        close(d->guests[i]);
    close(d->fd);
}

static int knock(struct door *d)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&d->at, d->n), 0);
    return fd;
}

static void whose_connection_it_is_is_known_even_after_a_reset(void **state)
{
    (void)state;
    struct door d;
    struct sockaddr_in own = {0};
    socklen_t n = sizeof own;
    const struct linger at_once = {.l_onoff = 1};
    door_open(&d);
    int visitor = knock(&d);
    assert_int_equal(getsockname(visitor, (struct sockaddr *)&own, &n), 0);
    assert_int_equal(setsockopt(visitor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(visitor);
    SIDE_RUN_UNTIL(&d.loop, d.n_guests == 1);
    assert_int_equal(getpeername(d.guests[0], (struct sockaddr *)&own, &n), -1);
    assert_int_equal(d.peer.sin_family, AF_INET);
    assert_int_equal(d.peer.sin_addr.s_addr, own.sin_addr.s_addr);
    assert_int_equal(d.peer.sin_port, own.sin_port);
    door_close(&d);
}

static void those_who_wait_are_taken_without_a_poll(void **state)
{
    (void)state;
    struct door d;
    int visitors[8];
    door_open(&d);
    for (unsigned i = 0; i < 8; i++)
        visitors[i] = knock(&d);
    listener_take_waiting(&d.listener);
    assert_int_equal(d.n_guests, 8);
    door_close(&d);
    for (unsigned i = 0; i < 8; i++)
        close(visitors[i]);
}

static void every_connection_is_accepted_ready_to_use(void **state)
{
    (void)state;
    struct door d;
    door_open(&d);
    int visitors[40];
    for (unsigned i = 0; i < 8; i++)
        visitors[i] = knock(&d);
    SIDE_RUN_UNTIL(&d.loop, d.n_guests == 8);
    for (unsigned i = 8; i < 40; i++) {
        visitors[i] = knock(&d);
        SIDE_RUN_UNTIL(&d.loop, d.n_guests == i + 1);
    }
    for (unsigned i = 0; i < 40; i++) {
        char byte;
        assert_int_equal(recv(d.guests[i], &byte, 1, 0), -1);
        assert_int_equal(errno, EAGAIN);
        close(visitors[i]);
    }
    door_close(&d);
}

static void a_listener_may_be_stopped_by_what_it_accepts(void **state)
{
    (void)state;
    struct door d;
    door_open(&d);
    d.stops_itself = true;
    int first = knock(&d), second = knock(&d);
    SIDE_RUN_UNTIL(&d.loop, d.n_closed);
    assert_int_equal(d.n_guests, 1);
    close(first);
    close(second);
    door_close(&d);
}

/* The limit is lowered to what is open just now. */
static void out_of_descriptors_it_rests_and_goes_on(void **state)
{
    (void)state;
    struct door d;
    struct rlimit limit, tight;
    door_open(&d);
    int visitor = knock(&d);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    tight = limit;
    tight.rlim_cur = (rlim_t)visitor + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    SIDE_RUN_UNTIL(&d.loop, d.listener.is_paused);
    assert_int_equal(d.n_guests, 0);
    assert_true(side_count_turns(&d.loop, 20) < 10);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    SIDE_RUN_UNTIL(&d.loop, d.n_guests == 1);
    close(visitor);
    door_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_as_people_write_them),
        cmocka_unit_test(wrong_addresses_are_refused_with_a_reason),
        cmocka_unit_test(an_address_in_use_is_told_even_where_both_would_share_it),
        cmocka_unit_test(who_comes_while_it_opens_is_not_sent_away),
        cmocka_unit_test(each_socket_has_its_share),
        cmocka_unit_test(ipv6_leaves_ipv4_alone),
        cmocka_unit_test(a_stale_unix_socket_is_replaced_and_one_in_use_is_not),
        cmocka_unit_test(a_unix_socket_is_for_everybody_that_the_umask_lets),
        cmocka_unit_test(another_file_in_the_place_of_the_socket_is_left_alone),
        cmocka_unit_test(whose_connection_it_is_is_known_even_after_a_reset),
        cmocka_unit_test(those_who_wait_are_taken_without_a_poll),
        cmocka_unit_test(every_connection_is_accepted_ready_to_use),
        cmocka_unit_test(a_listener_may_be_stopped_by_what_it_accepts),
        cmocka_unit_test(out_of_descriptors_it_rests_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
