/* side.c - one end of a stream under test */
#include "side.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"

static uint64_t deadline_ms;

static struct side *side_of(struct stream *s)
{
    struct side *side = LIST_OWNER(s, struct side, stream);
    assert_false(side->is_calling);
    assert_int_equal(side->n_closed, 0);
    return side;
}

static void act(struct side *s, enum side_event in)
{
    if (s->pauses_in == in)
        stream_pause(&s->stream);
    if (s->closes_in == in)
        stream_close(&s->stream);
}

static void on_open(struct stream *stream)
{
    struct side *s = side_of(stream);
    s->n_opened++;
    assert_int_equal(s->n_reads + s->n_ended, 0);
    if (s->writes_in_open)
        side_write(s, s->writes_in_open, 1);
    act(s, SIDE_OPEN);
}

static struct stream_room room(struct stream *stream)
{
    struct side *s = side_of(stream);
    size_t left = s->capacity - s->n_got;
    assert_true(left > 0);
    return (struct stream_room){s->got + s->n_got, left < s->room ? left : s->room};
}

static void on_read(struct stream *stream, size_t n)
{
    struct side *s = side_of(stream);
    assert_int_equal(s->n_ended, 0);
    assert_int_equal(s->n_opened, 1);
    assert_true(n > 0 && n <= s->room);
    s->n_reads++;
    s->n_got += n;
    act(s, SIDE_READ);
}

static void on_written(struct stream *stream)
{
    struct side *s = side_of(stream);
    assert_false(stream_is_writing(stream));
    s->n_written++;
    act(s, SIDE_WRITTEN);
}

static void on_end(struct stream *stream, enum stream_end how)
{
    struct side *s = side_of(stream);
    s->n_ended++;
    assert_true(s->n_ended == 1 || (s->how == STREAM_EOF && how == STREAM_BROKEN));
    s->how = how;
    act(s, SIDE_END);
}

static void on_closed(struct stream *stream)
{
    struct side *s = side_of(stream);
    s->n_closed++;
}

static const struct stream_handlers handlers = {on_open,    room,   on_read,
                                                on_written, on_end, on_closed};

void side_init(struct side *s, size_t capacity)
{
    *s = (struct side){.capacity = capacity + 1, .room = capacity + 1};
    s->got = malloc(s->capacity);
    assert_non_null(s->got);
}

void side_done(struct side *s)
{
    free(s->got);
    s->got = NULL;
}

void side_accept(struct side *s, struct loop *l, int fd, SSL_CTX *tls)
{
    s->is_calling = true;
    stream_accept(&s->stream, l, fd, tls, &handlers);
    s->is_calling = false;
}

void side_connect(struct side *s, struct loop *l, const struct stream_peer *to)
{
    s->is_calling = true;
    stream_connect(&s->stream, l, to, &handlers);
    s->is_calling = false;
}

void side_write(struct side *s, const struct slice *slices, unsigned n)
{
    s->is_calling = true;
    stream_write(&s->stream, slices, n);
    s->is_calling = false;
}

void side_shutdown(struct side *s)
{
    s->is_calling = true;
    stream_shutdown(&s->stream);
    s->is_calling = false;
}

void side_pause(struct side *s)
{
    s->is_calling = true;
    stream_pause(&s->stream);
    s->is_calling = false;
}

void side_resume(struct side *s)
{
    s->is_calling = true;
    stream_resume(&s->stream);
    s->is_calling = false;
}

void side_close(struct side *s)
{
    s->is_calling = true;
    stream_close(&s->stream);
    s->is_calling = false;
}

static void on_tick(struct wheel_entry *e)
{
    (void)e;
}

void side_begin_to_wait(struct loop *l)
{
    (void)l;
    deadline_ms = uv_hrtime() / 1000000 + 10000;
}

/* A tick ends a poll in which nothing happens. */
void side_wait(struct loop *l)
{
    struct wheel_entry tick;
    assert_true(uv_hrtime() / 1000000 < deadline_ms);
    wheel_entry_init(&tick, on_tick);
    loop_arm(l, &tick, l->now_ms + 2);
    uv_run(&l->uv, UV_RUN_ONCE);
    loop_disarm(l, &tick);
}

static void on_over(struct wheel_entry *e)
{
    *e = (struct wheel_entry){.ring = NULL};
}

unsigned side_count_turns(struct loop *l, unsigned ms)
{
    struct wheel_entry over;
    unsigned n = 0;
    wheel_entry_init(&over, on_over);
    loop_note_time(l);
    for (loop_arm(l, &over, l->now_ms + ms); over.ring; n++)
        uv_run(&l->uv, UV_RUN_ONCE);
    return n;
}

void side_set_nonblocking(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

void side_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    side_set_nonblocking(fds[0]);
    side_set_nonblocking(fds[1]);
}

int side_listen(struct sockaddr_storage *at, socklen_t *n)
{
    struct sockaddr_in loopback = {.sin_family = AF_INET};
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&loopback, sizeof loopback), 0);
    assert_int_equal(listen(fd, 8), 0);
    *n = sizeof *at;
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, n), 0);
    return fd;
}

int side_take(int listening)
{
    int fd = accept(listening, NULL, NULL);
    assert_true(fd >= 0);
    side_set_nonblocking(fd);
    return fd;
}

void side_finish(struct loop *l)
{
    loop_stop(l);
    assert_true(loop_run(l));
    loop_done(l);
}
