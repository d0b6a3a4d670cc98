/* name_server.c - questions come by UDP; what is answered is the test's business */
#include "name_server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"

enum {
    HEADER = 12,
    QUESTION_MAX = 512
};

/* Where the question ends; newer versions of c-ares put an OPT record behind it (RFC 6891). */
static size_t cut_question(uint8_t *at)
{
    size_t n = HEADER;
    while (at[n])
        n += at[n] + 1U;
    at[11] = 0;
    return n + 5;
}

static void on_question(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct name_server *s = poll->data;
    uint8_t at[NAME_SERVER_ROOM] = {0};
    struct sockaddr_in from;
    socklen_t n_from = sizeof from;
    loop_note_time(s->loop);
    ssize_t n = recvfrom(s->fd, at, QUESTION_MAX, 0, (struct sockaddr *)&from, &n_from);
    assert_true(n > HEADER);
    s->n_asked++;
    size_t n_answer = s->answer(at, cut_question(at));
    if (n_answer)
        sendto(s->fd, at, n_answer, 0, (struct sockaddr *)&from, n_from);
}

void name_server_open(struct name_server *s, struct loop *l,
                      size_t (*answer)(uint8_t *at, size_t n_question))
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;
    *s = (struct name_server){.loop = l, .answer = answer};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &n), 0);
    snprintf(s->servers, sizeof s->servers, "127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(uv_poll_init(&l->uv, &s->poll, s->fd), 0);
    s->poll.data = s;
    uv_poll_start(&s->poll, UV_READABLE, on_question);
}

void name_server_close(struct name_server *s)
{
    uv_close((uv_handle_t *)&s->poll, NULL);
}

void name_server_end(struct name_server *s)
{
    close(s->fd);
}

void name_server_begin(uint8_t *at, unsigned code, unsigned n_records)
{
    at[2] = 0x81;
    at[3] = (uint8_t)(0x80 | code);
    at[6] = (uint8_t)(n_records >> 8);
    at[7] = (uint8_t)n_records;
}

size_t name_server_put_name(uint8_t *at, const char *name)
{
    size_t n = 0;
    while (*name) {
        size_t length = strcspn(name, ".");
        at[n++] = (uint8_t)length;
        memcpy(at + n, name, length);
        n += length;
        name += length + (name[length] == '.');
    }
    at[n++] = 0;
    return n;
}

static void put_16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

size_t name_server_put_srv(uint8_t *at, const struct name_server_srv *r)
{
    const uint8_t start[] = {0xc0, HEADER, 0, 33, 0, 1};
    memcpy(at, start, sizeof start);
    put_16(at + 6, r->ttl_s >> 16);
    put_16(at + 8, r->ttl_s & 0xffff);
    put_16(at + 12, r->priority);
    put_16(at + 14, r->weight);
    put_16(at + 16, r->port);
    size_t n = name_server_put_name(at + 18, r->host);
    put_16(at + 10, (unsigned)(6 + n));
    return 18 + n;
}
