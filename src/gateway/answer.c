/* answer.c - whose field reaches the client */
#include "gateway/answer.h"

#include "base/check.h"
#include "base/units.h"
#include "gateway/access_log.h"
#include "gateway/compressing.h"
#include "gateway/cross_origin.h"
#include "gateway/gateway_internal.h"
#include "observe/timing.h"

static const struct slice cache_control = SLICE_INIT("cache-control");

/* Bytes of an exchange's arena for an answer's head and its way through the outbox. They are there
 * even where the rest is full: whoever fails over that is told so. */
enum {
    ANSWER_ROOM = 64 * 1024
};

static void make_room(struct exchange *e)
{
    e->arena.limit += ANSWER_ROOM;
}

static unsigned count_returned(const struct run *r, uint64_t returning)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if (returning >> i & 1)
            n += r->sources[i].outcome.n_returned;
    return n;
}

bool answer_init_for(struct answer *a, struct visit *v, unsigned n)
{
    unsigned n_fixed = v->plan ? v->plan->n_fields : 0;
    make_room(v->exchange);
    *a = (struct answer){.capacity = n_fixed + 1 + RATE_LIMIT_FIELDS + ANSWER_EXTRA +
                                     cross_origin_n(v) + compressing_n(v) + security_n(v) + n};
    a->fields = arena_take(&v->exchange->arena, a->capacity * sizeof *a->fields);
    if (!a->fields)
        return false;
    answer_add(a, SLICE("X-Request-Id"), v->request_id);
    for (unsigned i = 0; i < n_fixed; i++)
        answer_add(a, v->plan->fields[i].name, v->plan->fields[i].value);
    security_add(a, v);
    struct field told[RATE_LIMIT_FIELDS];
    unsigned n_told = rate_limit_tell(v, told);
    for (unsigned i = 0; i < n_told; i++)
        answer_add(a, told[i].name, told[i].value);
    return cross_origin_add(a, v) && compressing_add_vary(a, v);
}

bool answer_init(struct answer *a, struct visit *v, uint64_t returning)
{
    return answer_init_for(a, v, returning ? count_returned(v->run, returning) : 0);
}

void answer_add(struct answer *a, struct slice name, struct slice value)
{
    CHECK(a->n < a->capacity);
    a->fields[a->n++] = (struct field){name, value};
}

bool answer_add_vary(struct answer *a, struct slice names, struct arena *arena)
{
    if (!a->vary) {
        a->vary = a->n;
        answer_add(a, SLICE("Vary"), names);
        return true;
    }
    struct field *f = &a->fields[a->vary];
    f->value = arena_print(arena, "%.*s, %.*s", SLICE_ARG(f->value), SLICE_ARG(names));
    return f->value.at;
}

bool answer_has(const struct answer *a, unsigned n, struct slice name)
{
    for (unsigned i = 0; i < n; i++)
        if (slice_equal_nocase(a->fields[i].name, name))
            return true;
    return false;
}

void answer_take_out(struct answer *a, unsigned at)
{
    a->n--;
    if (a->vary > at)
        a->vary--;
    if (a->secured > at)
        a->secured--;
    else if (at < a->secured + a->n_secured)
        a->n_secured--;
    for (; at < a->n; at++)
        a->fields[at] = a->fields[at + 1];
}

void answer_remove(struct answer *a, struct slice name)
{
    unsigned i = 0;
    while (i < a->n && !slice_equal_nocase(a->fields[i].name, name))
        i++;
    if (i < a->n)
        answer_take_out(a, i);
}

/* Each has its own cookies, and the whole varies by whatever a part of it does. */
static bool adds_up(struct slice name)
{
    return slice_equal_nocase(name, SLICE("set-cookie")) || slice_equal_nocase(name, SLICE("vary"));
}

void answer_add_returned(struct answer *a, const struct run *r, uint64_t returning)
{
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        const struct outcome *o = &r->sources[i].outcome;
        if (!(returning >> i & 1))
            continue;
        for (unsigned k = 0; k < o->n_returned; k++)
            security_give_way(a, o->returned[k].name);
        unsigned n_before = a->n;
        for (unsigned k = 0; k < o->n_returned; k++) {
            struct slice name = o->returned[k].name;
            if (adds_up(name) || !answer_has(a, n_before, name))
                answer_add(a, name, o->returned[k].value);
        }
    }
}

void answer_add_no_store(struct answer *a)
{
    if (!answer_has(a, a->n, cache_control))
        answer_add(a, SLICE("Cache-Control"), SLICE("no-store"));
}

bool answer_add_timing(struct answer *a, struct visit *v)
{
    struct access_source sources[CONFIG_MAX_SOURCES];
    if (!v->plan->config->server_timing || v->is_shared)
        return true;
    const struct access_source *told = v->run ? sources : v->told;
    unsigned n = v->run ? access_log_list(v->run, sources) : v->n_told;
    char *text = arena_take(&v->exchange->arena, timing_size(told, n));
    if (!text)
        return false;
    uint64_t us = (v->gateway->loop->now_ns - v->exchange->started_ns) / NS_A_US;
    size_t size = timing_write(text, told, n, us);
    answer_add(a, SLICE("Server-Timing"), (struct slice){text, size});
    return true;
}

void answer_give_up(struct exchange *e)
{
    static const struct slice body =
        SLICE_INIT("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}");
    static const struct field fields[] = {
        {SLICE_INIT("Content-Type"), SLICE_INIT("application/problem+json")},
        {SLICE_INIT("Cache-Control"), SLICE_INIT("no-store")},
        {SLICE_INIT("Retry-After"), SLICE_INIT("1")},
    };
    make_room(e);
    exchange_begin(e, 503, fields, sizeof fields / sizeof *fields, (int64_t)body.n);
    /* What does not fit either is cut by the connection. */
    bool is_taken = exchange_put(e, body, NULL);
    CHECK(is_taken);
    exchange_end(e);
}
