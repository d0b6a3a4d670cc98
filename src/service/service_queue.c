/* service_queue.c - first come, first served, required ones before the others */
#include "service/service_queue.h"

#include "service/service_call_internal.h"

enum {
    LOOK_EVERY_MS = 2 /* for places that other workers give back */
};

static struct service_call *first(const struct service *s)
{
    return LIST_OWNER(s->waiting.next, struct service_call, waiting);
}

static void watch(struct service *s)
{
    if (!list_is_empty(&s->waiting))
        loop_arm(s->context->loop, &s->look, s->context->loop->now_ms + LOOK_EVERY_MS);
}

/* A call that finds no place is in the queue again when it returns, and the rest waits with it. */
static void serve(struct service *s)
{
    const struct limit_settings *limit = &s->config->concurrency.limit;
    while (!list_is_empty(&s->waiting) &&
           atomic_load(&s->shared->limit.in_flight) < limit_now(&s->shared->limit, limit)) {
        struct service_call *c = first(s);
        service_queue_remove(c);
        loop_disarm(s->context->loop, &c->timer);
        if (!service_call_begin_attempt(c))
            service_call_judge(c);
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

/* Behind the last that goes before it. */
static void insert(struct service *s, struct service_call *c)
{
    struct list *place = s->waiting.previous;
    while (c->request.is_required && place != &s->waiting &&
           !LIST_OWNER(place, struct service_call, waiting)->request.is_required)
        place = place->previous;
    list_insert_after(place, &c->waiting);
}

bool service_queue_add(struct service *s, struct service_call *c)
{
    if (atomic_fetch_add(&s->shared->n_waiting, 1) >= s->config->concurrency.queue) {
        atomic_fetch_sub(&s->shared->n_waiting, 1);
        return false;
    }
    insert(s, c);
    watch(s);
    return true;
}

void service_queue_remove(struct service_call *c)
{
    if (list_is_empty(&c->waiting))
        return;
    list_remove(&c->waiting);
    atomic_fetch_sub(&c->service->shared->n_waiting, 1);
}
