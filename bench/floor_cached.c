/* floor_cached.c - the limit of a cache: a server that has its one answer ready
 *
 * usage: floor_cached port=P like=P path=/...
 *
 * Asks the gateway at `like` once, and says the very same bytes to whoever asks. No routing, no
 * keys, no log: one read and one write an answer, what the kernel alone costs.
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
    MAX_ANSWER = 1024 * 1024,
    MAX_HEAD = 4096,
    MAX_EVENTS = 512
};

struct client {
    int fd;
    size_t n;
    char in[MAX_HEAD];
};

static char answer[MAX_ANSWER];
static size_t n_answer;

static bool is_whole(void)
{
    char *end = memmem(answer, n_answer, "\r\n\r\n", 4);
    char *length = end ? memmem(answer, n_answer, "Content-Length: ", 16) : NULL;
    return length && (size_t)(end + 4 - answer) + strtoul(length + 16, NULL, 10) == n_answer;
}

static void learn(unsigned port, const char *path)
{
    char request[MAX_HEAD];
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
    int fd = kit_connect(port);
    if (write(fd, request, (size_t)n) != n)
        kit_die("write to the gateway");
    while (!is_whole()) {
        ssize_t got = read(fd, answer + n_answer, sizeof answer - n_answer);
        if (got <= 0)
            kit_die("the gateway left");
        n_answer += (size_t)got;
    }
    close(fd);
}

static void go_on(struct client *c)
{
    char *end = memmem(c->in, c->n, "\r\n\r\n", 4);
    if (!end)
        return;
    size_t used = (size_t)(end + 4 - c->in);
    memmove(c->in, c->in + used, c->n - used);
    c->n -= used;
    if (write(c->fd, answer, n_answer) != (ssize_t)n_answer && errno != EPIPE &&
        errno != ECONNRESET)
        kit_die("write to a client");
}

static void read_client(struct client *c, int poll)
{
    ssize_t n = read(c->fd, c->in + c->n, sizeof c->in - c->n);
    if (n > 0) {
        c->n += (size_t)n;
        go_on(c);
    } else if (n == 0 || errno != EAGAIN) {
        epoll_ctl(poll, EPOLL_CTL_DEL, c->fd, NULL);
        close(c->fd);
        free(c);
    }
}

static void accept_clients(int listener, int poll)
{
    for (int fd = kit_accept(listener); fd >= 0; fd = kit_accept(listener)) {
        struct client *c = kit_memory(1, sizeof *c);
        c->fd = fd;
        kit_poll_add(poll, fd, c);
    }
}

int main(int n, char **words)
{
    (void)n;
    kit_raise_limits();
    signal(SIGPIPE, SIG_IGN);
    learn((unsigned)kit_number(words, "like", 0), kit_option(words, "path", "/"));
    int poll = kit_poll_new();
    int listener = kit_listen((unsigned)kit_number(words, "port", 0));
    struct epoll_event events[MAX_EVENTS];
    kit_poll_add(poll, listener, NULL);
    while (true) {
        int n_events = epoll_wait(poll, events, MAX_EVENTS, -1);
        for (int i = 0; i < n_events; i++) {
            if (events[i].data.ptr)
                read_client(events[i].data.ptr, poll);
            else
                accept_clients(listener, poll);
        }
    }
}
