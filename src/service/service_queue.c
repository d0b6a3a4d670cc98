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

static unsigned count(const atomic_uint *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

/* Those that wait and matter as much, or more: of a required source's call the others do not count.
 * Of all workers. */
static unsigned n_rivals(const struct service *s, const struct service_call *c)
{
    return count(c->request.is_required ? &s->shared->n_required : &s->shared->n_waiting);
}

/* With one more, would its part of the places be more than its part of the calls that wait? */
static bool has_too_many_places(const struct service *s, const struct service_call *c)
{
    uint64_t n_all = n_rivals(s, c);
    uint64_t n_own = c->request.is_required ? s->n_required : s->n_waiting;
    uint64_t n_taken = count(&limit_of(s)->in_flight);
    return n_all > n_own && (s->n_placed + 1) * n_all > n_own * (n_taken + 1);
}

/* Is it optional, while required ones wait? Where it is its worker's first, they do elsewhere. */
static bool gives_way(const struct service *s, const struct service_call *c)
{
    return !c->request.is_required && count(&s->shared->n_required) > 0;
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
 * is done once in a few places among equals. */
static bool leaves_place(struct service *s)
{
    uint64_t now_ms = s->context->loop->now_ms;
    bool is_place_left = is_place_free(s);
    if (is_place_left && !gives_way(s, first(s)) &&
        (s->n_kept < KEPT_MOST || !has_too_many_places(s, first(s)))) {
        s->left_since_ms = 0;
        return false;
    }
    if (is_place_left && s->left_since_ms == 0)
        s->left_since_ms = now_ms;
    if (is_place_left && now_ms <= s->left_since_ms + LOOK_EVERY_MS)
        return true;
    if (s->left_since_ms)
        s->left_since_ms = s->n_kept = 0; /* they have taken it, or do not want it */
    return false;
}

static void refuse(struct service_call *c)
{
    service_call_refuse_place(c, SLICE("too many calls are under way"));
}

/* Out of the list, but not of what all workers count as waiting. */
static void take_out(struct service_call *c)
{
    struct service *s = c->service;
    list_remove(&c->waiting);
    s->n_waiting--;
    s->n_required -= c->request.is_required;
    if (s->n_waiting == 0)
        s->left_since_ms = 0; /* whoever comes next leaves a place anew */
    if (c->request.is_required)
        atomic_fetch_sub(&s->shared->n_required, 1);
}

/* It is told later in this turn. */
static void put_out(struct service_call *c)
{
    take_out(c);
    loop_disarm(c->service->context->loop, &c->timer);
    refuse(c);
    loop_ready(c->service->context->loop, &c->ready);
}

static struct service_call *last(const struct service *s)
{
    return LIST_OWNER(s->waiting.previous, struct service_call, waiting);
}

/* One that is too many may be waiting since a required one was let in on another worker. Who takes
 * it from the count puts it out, so that no two do. */
static void make_room(struct service *s)
{
    unsigned n = count(&s->shared->n_waiting);
    while (n > s->config->concurrency.queue && !list_is_empty(&s->waiting) &&
           !last(s)->request.is_required) {
        if (atomic_compare_exchange_weak(&s->shared->n_waiting, &n, n - 1)) {
            put_out(last(s));
            n--;
        }
    }
}

/* The place is taken first: a call that leaves the queue does not come back. */
static void serve(struct service *s)
{
    make_room(s);
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
    return count(&s->shared->n_waiting) == 0;
}

/* A worker to which none of those that wait belongs asks for its share first, too. */
bool service_queue_has_turn(const struct service *s, const struct service_call *c)
{
    if (gives_way(s, c))
        return false;
    if (!list_is_empty(&s->waiting))
        return rank(c) > rank(first(s));
    return n_rivals(s, c) == 0 || !has_too_many_places(s, c);
}

/* Behind the last that goes before it. */
static void insert(struct service *s, struct service_call *c)
{
    struct list *place = s->waiting.previous;
    while (place != &s->waiting && rank(LIST_OWNER(place, struct service_call, waiting)) < rank(c))
        place = place->previous;
    list_insert_after(place, &c->waiting);
    s->n_waiting++;
    s->n_required += c->request.is_required;
}

/* The last of this worker, where it goes behind this one, makes room for it. */
static bool put_out_last(struct service *s, const struct service_call *c)
{
    if (list_is_empty(&s->waiting) || rank(last(s)) >= rank(c))
        return false;
    put_out(last(s));
    return true;
}

/* One more, if there are fewer. */
static bool add_below(atomic_uint *n, unsigned most)
{
    unsigned now = count(n);
    while (now < most)
        if (atomic_compare_exchange_weak(n, &now, now + 1))
            return true;
    return false;
}

/* The bound is one for required sources alone, too: below it one of them comes in, and for it an
 * optional one goes, here now or elsewhere at its next look. */
static bool enter(struct service *s, const struct service_call *c)
{
    unsigned most = s->config->concurrency.queue;
    if (c->request.is_required && !add_below(&s->shared->n_required, most))
        return false;
    if (add_below(&s->shared->n_waiting, most) || put_out_last(s, c))
        return true;
    if (c->request.is_required)
        atomic_fetch_add(&s->shared->n_waiting, 1);
    return c->request.is_required;
}

bool service_queue_add(struct service *s, struct service_call *c)
{
    if (!enter(s, c)) {
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
    take_out(c);
    atomic_fetch_sub(&c->service->shared->n_waiting, 1);
}

void service_queue_raise(struct service_call *c, int rank)
{
    struct service *s = c->service;
    bool is_waiting = !list_is_empty(&c->waiting);
    if (is_waiting)
        take_out(c);
    service_request_raise(&c->request, rank);
    if (!is_waiting)
        return;
    insert(s, c);
    if (c->request.is_required)
        atomic_fetch_add(&s->shared->n_required, 1);
}
