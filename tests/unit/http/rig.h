/* rig.h - a loop turned by hand, and raw sockets at its other side
 *
 * The test is the peer: it writes and reads plain bytes on non-blocking sockets and turns the loop
 * until something holds, or a few seconds have gone by, which fails the test.
 */
#pragma once

#include <stdbool.h>

#include "../unit.h"
#include "base/slice.h"
#include "net/loop.h"
#include "observe/counters.h"

enum {
    RIG_PATIENCE_MS = 5000,
};

struct rig {
    struct loop loop;
    struct counters counters;
    atomic_size_t n_held;
    uv_timer_t tick; /* no turn blocks for long */
    uint64_t give_up_ns;
};

void rig_init(struct rig *r);
/* Everything must have been given back: blobs, connections, handles. */
void rig_done(struct rig *r);

/* Waits for something to happen, a few milliseconds at most. */
void rig_turn(struct rig *r);
/* n turns that do not wait. */
void rig_turns(struct rig *r, unsigned n);
void rig_begin(struct rig *r);
/* Turns once; fails the test where it has lasted too long since rig_begin(). */
void rig_go_on(struct rig *r, const char *until);
#define RIG_UNTIL(r, condition)                                                                    \
    for (rig_begin(r); !(condition);)                                                              \
    rig_go_on((r), #condition)

int64_t rig_count(const struct rig *r, enum counter_id id);

/* Sockets of the test's side. All are non-blocking. */
void rig_pair(int fds[2]);
/* A listening socket on 127.0.0.1 with a port of the kernel's choice. */
int rig_listen(struct sockaddr_in *at, int backlog);
/* A connected TCP pair on loopback: fds[0] accepted, fds[1] the client's. */
void rig_tcp_pair(int fds[2]);

void rig_send(int fd, struct slice bytes);
#define RIG_SAY(fd, text) rig_send((fd), SLICE(text))

/* What came so far from a peer. */
struct rig_text {
    char at[1 << 20];
    size_t n;
    bool is_ended; /* end of stream */
    bool is_reset;
};

/* Reads what is there; at[n] is a NUL. */
void rig_read(int fd, struct rig_text *t);
/* Turns and reads until the text ends with this, or the stream ends, or patience does. */
void rig_expect(struct rig *r, int fd, struct rig_text *t, const char *end);
void rig_expect_end(struct rig *r, int fd, struct rig_text *t);
/* How often the text holds this. */
unsigned rig_count_of(const struct rig_text *t, const char *what);
