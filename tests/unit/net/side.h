/* side.h - one end of a stream under test: it notes what happens and does what the test asked for
 *
 * No handler may come inside a call of ours: every handler looks at `is_calling`.
 */
#pragma once

#include "net/stream.h"

enum side_event {
    SIDE_NOTHING,
    SIDE_OPEN,
    SIDE_READ,
    SIDE_WRITTEN,
    SIDE_END
};

struct side {
    struct stream stream;
    unsigned n_opened, n_reads, n_written, n_ended, n_closed;
    enum stream_end how;
    char *got;
    size_t n_got;
    size_t capacity;
    size_t room;               /* bytes given a read */
    enum side_event closes_in; /* in which handler it closes itself */
    enum side_event pauses_in;
    struct slice *writes_in_open; /* one slice, where not NULL */
    bool is_calling;
};

/* capacity: what it can take in all. */
void side_init(struct side *s, size_t capacity);
/* The stream has been closed by the test, or never begun. */
void side_done(struct side *s);

void side_accept(struct side *s, struct loop *l, int fd, SSL_CTX *tls);
void side_connect(struct side *s, struct loop *l, const struct stream_peer *to);
void side_write(struct side *s, const struct slice *slices, unsigned n);
void side_shutdown(struct side *s);
void side_pause(struct side *s);
void side_resume(struct side *s);
void side_close(struct side *s);

/* Runs the loop turn by turn until the condition holds, for at most ten seconds. */
#define SIDE_RUN_UNTIL(l, condition)                                                               \
    do {                                                                                           \
        side_begin_to_wait(l);                                                                     \
        while (!(condition))                                                                       \
            side_wait(l);                                                                          \
    } while (0)
void side_begin_to_wait(struct loop *l);
void side_wait(struct loop *l);
/* Runs the loop for so long, and counts its turns. */
unsigned side_count_turns(struct loop *l, unsigned ms);

/* The two ends of a socket pair, non-blocking. */
void side_pair(int fds[2]);
void side_set_nonblocking(int fd);
/* A listening socket on loopback, and its address. */
int side_listen(struct sockaddr_storage *at, socklen_t *n);
/* Blocks until a connection comes, which then is non-blocking. */
int side_take(int listening);
/* Ends the loop, whose streams are closed. */
void side_finish(struct loop *l);
