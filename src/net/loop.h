/* loop.h - the turn of a worker: poll, ready queue, deadlines, messages from other threads
 *
 * One thread, one loop. After each poll the time is read once; what a turn's events left to be
 * done waits in the ready queue and runs after the events and before the next poll: that is how a
 * completion never fires inside the call that started the work. Other threads reach the loop by
 * loop_post() alone.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <uv.h>

#include "base/blob.h"
#include "base/list.h"
#include "net/wheel.h"

enum {
    LOOP_SCRATCH = 64 * 1024,
    LOOP_RECORD = 16 * 1024 /* the most bytes of a TLS record (RFC 8446 section 5.1) */
};

/* Something to be done later in this turn; a member of what it is about. */
struct ready {
    struct list node;
    void (*run)(struct ready *r);
};

/* A message from another thread; owned by the loop from loop_post() until run() is called, which
 * owns it then. */
struct loop_message {
    struct loop_message *next;
    void (*run)(struct loop_message *m, void *owner);
};

struct loop {
    uv_loop_t uv;
    uint64_t now_ns; /* monotonic, read once after each poll */
    uint64_t now_ms;
    uint64_t wall_us; /* since 1970, of the same moment; a clock that is set is noticed in 100 ms */
    uint64_t wall_ahead_us, wall_read_ms;
    uint64_t lag_ns;       /* how late events are seen lately (policy/lag.h) */
    uint64_t rest_from_ns; /* the poll began about then */
    uint64_t turn;         /* counts the polls: what has the same number came between two of them */
    struct wheel wheel;
    struct list ready;
    struct blob_pool blobs;
    void *owner;   /* handed to messages: the worker, the control thread */
    char *scratch; /* LOOP_SCRATCH bytes: what is read lies here until its event is over */

    /* The implementation's own. */
    char *record; /* see loop_record() */
    uv_timer_t timer;
    uint64_t timer_due_ms;  /* UINT64_MAX: not armed */
    uint64_t polled_due_ms; /* the same when the poll began */
    uv_check_t after_poll;
    uv_prepare_t before_poll;
    uv_async_t wake;
    _Atomic(struct loop_message *) inbox;
    bool is_time_old;            /* a poll has begun since the time was read */
    unsigned n_events;           /* callbacks of libuv's in this turn */
    struct wheel_entry patience; /* rings when a stopped loop has waited long enough */
};

/* blobs_kept and n_held: see blob.h. Ignores SIGPIPE in the process: TLS writes with write(2). */
void loop_init(struct loop *l, void *owner, size_t blobs_kept, atomic_size_t *n_held);
/* Until loop_stop() and until all handles but the loop's own have ended; false where some would
 * not within five seconds. A message that comes after it is never run. */
bool loop_run(struct loop *l);
/* On the loop's thread. */
void loop_stop(struct loop *l);
void loop_done(struct loop *l);

/* Every callback of a libuv handle calls this first, for the time that it sees to be this turn's;
 * those of net/ do so. */
void loop_note_time(struct loop *l);
/* Did the kernel tell of all events of this turn so far at one moment, before any of them was
 * handled? libuv asks again within a turn where one answer of the kernel's is full. */
bool loop_is_at_first_poll(const struct loop *l);
/* LOOP_RECORD bytes of the loop's, used within one call: TLS gathers slices here. */
char *loop_record(struct loop *l);

/* Runs once more in this turn (after all that is queued before it). Queuing twice is harmless. */
void loop_ready(struct loop *l, struct ready *r);
void loop_ready_cancel(struct ready *r);
void loop_ready_init(struct ready *r, void (*run)(struct ready *r));

/* From any thread. */
void loop_post(struct loop *l, struct loop_message *m);

/* Deadlines: the wheel under the loop's one timer. */
void loop_arm(struct loop *l, struct wheel_entry *e, uint64_t due_ms);
void loop_disarm(struct loop *l, struct wheel_entry *e);
