/* kit.c - what the programs of the measurements share */
#include "kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum {
    BACKLOG = 4096
};

uint64_t kit_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

void kit_die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

void *kit_memory(size_t n_items, size_t size)
{
    void *at = calloc(n_items, size);
    if (!at)
        kit_die("memory");
    return at;
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void set_no_delay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int kit_listen(unsigned port)
{
    struct sockaddr_in at = loopback(port);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        kit_die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, BACKLOG) < 0)
        kit_die("listen");
    return fd;
}

int kit_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0)
        set_no_delay(fd);
    return fd;
}

int kit_connect(unsigned port)
{
    struct sockaddr_in to = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        kit_die("connect");
    set_no_delay(fd);
    return fd;
}

int kit_poll_new(void)
{
    int poll = epoll_create1(0);
    if (poll < 0)
        kit_die("epoll");
    return poll;
}

void kit_poll_add(int poll, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0)
        kit_die("epoll_ctl");
}

void kit_raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

const char *kit_option(char **words, const char *name, const char *otherwise)
{
    size_t n = strlen(name);
    for (; *words; words++)
        if (strncmp(*words, name, n) == 0 && (*words)[n] == '=')
            return *words + n + 1;
    return otherwise;
}

uint64_t kit_number(char **words, const char *name, uint64_t otherwise)
{
    const char *value = kit_option(words, name, NULL);
    return value ? strtoull(value, NULL, 10) : otherwise;
}
