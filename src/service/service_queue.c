/* service_queue.c - first come, first served, as far as they matter alike */
#include "service/service_queue.h"

#include "service/service_call_internal.h"

enum {
    LOOK_EVERY_MS = 2, /* for places that other workers give back */
    KEPT_MOST = 4,     /* places taken until one is left to others, where they have too few */
};

static struct service_call *first(const struct service *s)
{
    return LIST_OWNER(s->waiting.next, struct service_call, waiting);
}

static int rank(const struct service_call *c)
{
    return service_request_rank(&c->request);
}

static struct limit *limit_of(const struct service *s)
{
    return &s->shared->limit;
}

static void watch(struct service *s)
{
    if (!list_is_empty(&s->waiting) && !wheel_is_armed(&s->look))
        loop_arm(s->context->loop, &s->look, s->context->loop->now_ms + LOOK_EVERY_MS);
}

/* With one more, would its part of the places be more than its part of the calls that wait? */
static bool has_too_many_places(const struct service *s)
{
    uint64_t n_waiting = atomic_load_explicit(&s->shared->n_waiting, memory_order_relaxed);
    uint64_t n_taken = atomic_load_explicit(&limit_of(s)->in_flight, memory_order_relaxed);
    return n_waiting > s->n_waiting && (s->n_placed + 1) * n_waiting > s->n_waiting * (n_taken + 1);
}

bool service_queue_take_place(struct service *s)
{
    bool is_taken = limit_take(limit_of(s), &s->config->concurrency.limit);
    s->n_placed += is_taken;
    s->n_kept += is_taken;
    return is_taken;
}

void service_queue_give_place(struct service *s, enum limit_end how, uint64_t took_us)
{
    limit_give(limit_of(s), &s->config->concurrency.limit, how, took_us, s->context->loop->now_ms);
    s->n_placed--;
}

static bool is_place_free(const struct service *s)
{
    return atomic_load_explicit(&limit_of(s)->in_flight, memory_order_relaxed) <
           limit_now(limit_of(s), &s->config->concurrency.limit);
}

/* Others have the time of a look to take a place that is free now. As it lies idle until then, that
 * is done once in a few places. */
static bool leaves_place(struct service *s)
{
    uint64_t now_ms = s->context->loop->now_ms;
    if (s->n_kept < KEPT_MOST || !is_place_free(s) || !has_too_many_places(s))
        return false;
    if (s->left_since_ms == 0)
        s->left_since_ms = now_ms;
    if (now_ms <= s->left_since_ms + LOOK_EVERY_MS)
        return true;
    s->left_since_ms = s->n_kept = 0;
    return false;
}

/* The place is taken first: a call that leaves the queue does not come back. */
static void serve(struct service *s)
{
    while (!list_is_empty(&s->waiting) && !leaves_place(s) && service_queue_take_place(s)) {
        struct service_call *c = first(s);
        service_queue_remove(c);
        loop_disarm(s->context->loop, &c->timer);
        if (!service_call_begin_attempt(c, true))
            service_call_tell(c);
    }
    watch(s);
}

static void on_look(struct wheel_entry *e)
{
    serve(LIST_OWNER(e, struct service, look));
}

static void on_serve(struct ready *r)
{
    serve(LIST_OWNER(r, struct service, serve));
}

void service_queue_init(struct service *s)
{
    list_init(&s->waiting);
    wheel_entry_init(&s->look, on_look);
    loop_ready_init(&s->serve, on_serve);
}

void service_queue_done(struct service *s)
{
    loop_disarm(s->context->loop, &s->look);
    loop_ready_cancel(&s->serve);
}

void service_queue_wake(struct service *s)
{
    if (!list_is_empty(&s->waiting))
        loop_ready(s->context->loop, &s->serve);
}

bool service_queue_is_empty(const struct service *s)
{
    return atomic_load_explicit(&s->shared->n_waiting, memory_order_relaxed) == 0;
}

/* A worker to which none of those that wait belongs asks for its share first, too. */
bool service_queue_has_turn(const struct service *s, const struct service_call *c)
{
    if (!list_is_empty(&s->waiting))
        return rank(c) > rank(first(s));
    return service_queue_is_empty(s) || !has_too_many_places(s);
}

/* Behind the last that goes before it. */
static void insert(struct service *s, struct service_call *c)
{
    struct list *place = s->waiting.previous;
    while (place != &s->waiting && rank(LIST_OWNER(place, struct service_call, waiting)) < rank(c))
        place = place->previous;
    list_insert_after(place, &c->waiting);
    s->n_waiting++;
}

static void refuse(struct service_call *c)
{
    service_call_refuse_place(c, SLICE("too many calls are under way"));
}

/* The last of this worker, where it goes behind this one. It is told later in this turn. */
static bool put_out_last(struct service *s, const struct service_call *c)
{
    struct service_call *last = LIST_OWNER(s->waiting.previous, struct service_call, waiting);
    if (list_is_empty(&s->waiting) || rank(last) >= rank(c))
        return false;
    service_queue_remove(last);
    loop_disarm(s->context->loop, &last->timer);
    refuse(last);
    loop_ready(s->context->loop, &last->ready);
    return true;
}

bool service_queue_add(struct service *s, struct service_call *c)
{
    if (atomic_fetch_add(&s->shared->n_waiting, 1) >= s->config->concurrency.queue &&
        !put_out_last(s, c)) {
        atomic_fetch_sub(&s->shared->n_waiting, 1);
        refuse(c);
        return false;
    }
    insert(s, c);
    watch(s);
    service_queue_wake(s); /* it may have waited for its turn, not for a place */
    return true;
}

void service_queue_remove(struct service_call *c)
{
    if (list_is_empty(&c->waiting))
        return;
    list_remove(&c->waiting);
    c->service->n_waiting--;
    atomic_fetch_sub(&c->service->shared->n_waiting, 1);
}

void service_queue_move(struct service_call *c)
{
    if (list_is_empty(&c->waiting))
        return;
    list_remove(&c->waiting);
    c->service->n_waiting--;
    insert(c->service, c);
}
