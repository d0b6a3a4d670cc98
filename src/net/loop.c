/* loop.c - the turn of a worker: poll, ready queue, deadlines, messages from other threads */
#include "net/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/units.h"
#include "policy/lag.h"

enum {
    DRAIN_AT_MOST = 10000, /* things done before the next poll gets its turn */
    PATIENCE_MS = 5000,
    WALL_EVERY_MS = 100,
    FULL_POLL = 1024, /* events that libuv takes from the kernel at once */
};

/* How far the wall clock is ahead of ours. It may be set at any time, so it is asked now and then.
 */
static void read_wall(struct loop *l)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    uint64_t wall_us = (uint64_t)wall.tv_sec * US_A_SECOND + (uint64_t)wall.tv_nsec / NS_A_US;
    l->wall_ahead_us = wall_us - l->now_ns / NS_A_US;
    l->wall_read_ms = l->now_ms;
}

static void read_time(struct loop *l)
{
    l->now_ns = uv_hrtime();
    l->now_ms = l->now_ns / NS_A_MS;
    if (l->now_ms - l->wall_read_ms >= WALL_EVERY_MS)
        read_wall(l);
    l->wall_us = l->now_ns / NS_A_US + l->wall_ahead_us;
    l->is_time_old = false;
}

void loop_note_time(struct loop *l)
{
    l->n_events++;
    if (l->is_time_old)
        read_time(l);
}

/* By half of them we are on the safe side: events of handles that were closed have no callback. */
bool loop_is_at_first_poll(const struct loop *l)
{
    return l->n_events < FULL_POLL / 2;
}

/* What is queued meanwhile has its turn as well. */
static void drain_ready(struct loop *l)
{
    for (unsigned n = 0; n < DRAIN_AT_MOST && !list_is_empty(&l->ready); n++) {
        struct ready *r = LIST_OWNER(list_pop_front(&l->ready), struct ready, node);
        r->run(r);
    }
}

/* The inbox is a stack, newest first; its messages run in the order in which they came. */
static void drain_inbox(struct loop *l)
{
    struct loop_message *newest = atomic_exchange_explicit(&l->inbox, NULL, memory_order_acquire);
    struct loop_message *oldest = NULL;
    while (newest) {
        struct loop_message *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct loop_message *next = oldest->next;
        oldest->run(oldest, l->owner);
        oldest = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->data;
    loop_note_time(l);
    drain_inbox(l);
}

/* Only ends the poll: on_after_poll() advances the wheel. */
static void on_timer(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    l->timer_due_ms = UINT64_MAX;
}

/* A timer that rings late tells that the thread was kept from its work; the rest was rest. */
static void note_rest(struct loop *l, uint64_t due_ms)
{
    uint64_t late_ms = l->now_ms > due_ms ? l->now_ms - due_ms : 0;
    uint64_t gone_ns = l->now_ns > l->rest_from_ns ? l->now_ns - l->rest_from_ns : 0;
    uint64_t late_ns = late_ms * NS_A_MS < gone_ns ? late_ms * NS_A_MS : gone_ns;
    l->lag_ns = lag_after_turn(lag_after_rest(l->lag_ns, gone_ns - late_ns), late_ns);
}

/* What arrived in time is heard before a deadline of the same turn rings. */
static void on_after_poll(uv_check_t *check)
{
    struct loop *l = check->data;
    loop_note_time(l);
    note_rest(l, l->polled_due_ms);
    drain_ready(l);
    wheel_advance(&l->wheel, l->now_ms);
    drain_ready(l);
}

/* The coarse clock steps by some milliseconds and costs next to nothing. */
static void note_turn(struct loop *l)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * NS_A_SECOND + (uint64_t)now.tv_nsec;
    l->rest_from_ns = now_ns > l->now_ns ? now_ns : l->now_ns;
    l->lag_ns = lag_after_turn(l->lag_ns, l->rest_from_ns - l->now_ns);
}

/* The timer is touched only where the next time has come nearer, or it has rung: arming a deadline
 * costs the wheel's constant time and no work on libuv's heap. */
static void on_before_poll(uv_prepare_t *prepare)
{
    struct loop *l = prepare->data;
    drain_ready(l);
    if (!l->is_time_old)
        note_turn(l);
    uint64_t next = list_is_empty(&l->ready) ? wheel_next_ms(&l->wheel) : 0;
    if (next < l->timer_due_ms) {
        uint64_t from = uv_now(&l->uv);
        CHECK(uv_timer_start(&l->timer, on_timer, next > from ? next - from : 0, 0) == 0);
        l->timer_due_ms = next;
    }
    l->polled_due_ms = l->timer_due_ms;
    l->is_time_old = true;
    l->turn++;
    l->n_events = 0;
}

static void on_patience(struct wheel_entry *e)
{
    uv_stop(&LIST_OWNER(e, struct loop, patience)->uv);
}

/* Only the wake-up handle keeps the loop running. */
static void open_handles(struct loop *l)
{
    CHECK(uv_timer_init(&l->uv, &l->timer) == 0);
    CHECK(uv_check_init(&l->uv, &l->after_poll) == 0);
    CHECK(uv_prepare_init(&l->uv, &l->before_poll) == 0);
    CHECK(uv_async_init(&l->uv, &l->wake, on_wake) == 0);
    l->timer.data = l->after_poll.data = l->before_poll.data = l->wake.data = l;
    CHECK(uv_check_start(&l->after_poll, on_after_poll) == 0);
    CHECK(uv_prepare_start(&l->before_poll, on_before_poll) == 0);
    uv_unref((uv_handle_t *)&l->timer);
    uv_unref((uv_handle_t *)&l->after_poll);
    uv_unref((uv_handle_t *)&l->before_poll);
}

void loop_init(struct loop *l, void *owner, size_t blobs_kept, atomic_size_t *n_held)
{
    *l = (struct loop){.owner = owner, .timer_due_ms = UINT64_MAX};
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK(uv_loop_init(&l->uv) == 0);
    open_handles(l);
    l->now_ns = uv_hrtime();
    l->now_ms = l->now_ns / NS_A_MS;
    read_wall(l);
    read_time(l);
    wheel_init(&l->wheel, l->now_ms);
    wheel_entry_init(&l->patience, on_patience);
    list_init(&l->ready);
    blob_pool_init(&l->blobs, blobs_kept, n_held);
    atomic_init(&l->inbox, NULL);
    l->scratch = malloc(LOOP_SCRATCH);
    CHECK(l->scratch);
}

char *loop_record(struct loop *l)
{
    if (!l->record)
        l->record = malloc(LOOP_RECORD);
    CHECK(l->record);
    return l->record;
}

/* libuv's loop ends when nothing keeps it; what is queued then may give it new handles. */
bool loop_run(struct loop *l)
{
    l->is_time_old = true;
    do {
        if (uv_run(&l->uv, UV_RUN_DEFAULT) != 0)
            return false;
        drain_inbox(l);
        drain_ready(l);
    } while (!list_is_empty(&l->ready) || uv_loop_alive(&l->uv));
    return true;
}

void loop_stop(struct loop *l)
{
    uv_unref((uv_handle_t *)&l->wake);
    wheel_arm(&l->wheel, &l->patience, l->now_ms + PATIENCE_MS);
}

void loop_done(struct loop *l)
{
    drain_inbox(l); /* messages that came too late still own what they carry */
    wheel_disarm(&l->wheel, &l->patience);
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->after_poll, NULL);
    uv_close((uv_handle_t *)&l->before_poll, NULL);
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_run(&l->uv, UV_RUN_NOWAIT);
    CHECK(uv_loop_close(&l->uv) == 0);
    blob_pool_done(&l->blobs);
    free(l->scratch);
    free(l->record);
}

void loop_ready_init(struct ready *r, void (*run)(struct ready *r))
{
    *r = (struct ready){.run = run};
    list_init(&r->node);
}

void loop_ready(struct loop *l, struct ready *r)
{
    if (list_is_empty(&r->node))
        list_push_back(&l->ready, &r->node);
}

void loop_ready_cancel(struct ready *r)
{
    list_remove(&r->node);
}

/* Whoever finds the inbox empty rings; the messages behind it come with the same ring. */
void loop_post(struct loop *l, struct loop_message *m)
{
    struct loop_message *head = atomic_load_explicit(&l->inbox, memory_order_relaxed);
    do
        m->next = head;
    while (!atomic_compare_exchange_weak_explicit(&l->inbox, &head, m, memory_order_release,
                                                  memory_order_relaxed));
    if (!head)
        CHECK(uv_async_send(&l->wake) == 0);
}

void loop_arm(struct loop *l, struct wheel_entry *e, uint64_t due_ms)
{
    wheel_arm(&l->wheel, e, due_ms);
}

void loop_disarm(struct loop *l, struct wheel_entry *e)
{
    wheel_disarm(&l->wheel, e);
}
