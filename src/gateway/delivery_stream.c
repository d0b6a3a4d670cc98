/* delivery_stream.c - head, first part, parts, done */
#include "gateway/delivery_stream.h"

#include "gateway/answer.h"
#include "gateway/answer_cache.h"
#include "gateway/assemble_internal.h"
#include "gateway/compressing.h"
#include "gateway/delivery_plain.h"
#include "gateway/gateway_internal.h"

enum {
    PING_MS = 15 * 1000, /* without a part */
    NO_SOURCE = -1
};

static const struct slice cache_control = SLICE_INIT("Cache-Control");

struct streaming {
    struct run *run;
    const struct framing *framing;
    struct parts parts;
    struct assembly out;     /* what is on its way into the outbox */
    unsigned n_put;          /* of it */
    int source;              /* whose part it is */
    unsigned n_parts;        /* told so far */
    struct wheel_entry ping; /* armed from the head to the end */
    bool has_head, has_first, has_done, has_ended;
};

static struct exchange *exchange_of(const struct streaming *s)
{
    return s->run->visit->exchange;
}

static void count(const struct streaming *s, enum counter_id id)
{
    counters_add(s->run->gateway->context.counters, id, 1);
}

static void rest(struct streaming *s)
{
    struct loop *l = s->run->gateway->loop;
    if (s->framing->ping.n)
        loop_arm(l, &s->ping, l->now_ms + PING_MS);
}

static void rest_no_more(struct streaming *s)
{
    s->has_ended = true;
    loop_disarm(s->run->gateway->loop, &s->ping);
}

static void end(struct streaming *s)
{
    rest_no_more(s);
    exchange_end(exchange_of(s));
}

/* What is missing the client sees by the missing end. */
static void break_off(struct streaming *s)
{
    count(s, COUNT_ANSWERS_FAILED);
    rest_no_more(s);
    if (s->has_head)
        exchange_cut(exchange_of(s));
    else
        answer_give_up(exchange_of(s));
}

/* A source's header fields are passed on where they are known by now. */
static bool begin(struct streaming *s)
{
    struct run *r = s->run;
    struct answer a;
    uint64_t returning = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if ((r->settled >> i & 1) && r->sources[i].outcome.n_returned && run_has_value(r, i))
            returning |= UINT64_C(1) << i;
    if (!answer_init(&a, r->visit, returning))
        return false;
    answer_add(&a, SLICE("Content-Type"), s->framing->content_type);
    bool is_fixed = answer_has(&a, a.n, cache_control);
    answer_add_returned(&a, r, returning);
    if (!is_fixed)
        answer_remove(&a, cache_control); /* a service's is about its own part */
    if (!is_fixed)
        answer_add(&a, cache_control, SLICE("no-store, no-transform"));
    answer_add(&a, SLICE("X-Accel-Buffering"), SLICE("no"));
    if (!answer_add_vary(&a, SLICE("Accept"), &exchange_of(s)->arena))
        return false;
    compressing_begin_parts(&a, r->visit);
    exchange_begin(exchange_of(s), r->plan->config->status, a.fields, a.n, EXCHANGE_LENGTH_UNKNOWN);
    s->has_head = true;
    rest(s);
    return true;
}

static bool put(struct streaming *s)
{
    const struct assemble_part *part = &s->out.parts[s->n_put];
    if (s->run->visit->compressing)
        return compressing_add(s->run->visit, part->bytes);
    struct blob *blob = part->owner ? part->owner->blob : NULL;
    if (exchange_put(exchange_of(s), part->bytes, blob ? blob_share(blob) : NULL))
        return true;
    if (blob)
        blob_release(&s->run->gateway->loop->blobs, blob);
    return false;
}

/* false: the outbox takes no more; on_room() comes. */
static bool put_all(struct streaming *s)
{
    for (; s->n_put < s->out.n; s->n_put++)
        if (!put(s))
            return false;
    if (s->source != NO_SOURCE)
        parts_release(&s->parts, (unsigned)s->source);
    s->source = NO_SOURCE;
    s->out.n = s->n_put = 0;
    return true;
}

enum step {
    STEP_WRITTEN,
    STEP_WAITS,   /* nothing more is known */
    STEP_REFUSED, /* a required source has no place: the run is over, or soon will be */
    STEP_NO_ROOM,
};

static enum step write_first(struct streaming *s)
{
    switch (s->framing->first(&s->parts, &s->out)) {
    case ASSEMBLE_GOOD:
        break;
    case ASSEMBLE_FAILED:
        if (!s->has_head)
            return STEP_REFUSED;
        break;
    case ASSEMBLE_NO_ROOM:
        return STEP_NO_ROOM;
    }
    s->has_first = true;
    return s->has_head || begin(s) ? STEP_WRITTEN : STEP_NO_ROOM;
}

static enum step write_done(struct streaming *s)
{
    struct run *r = s->run;
    s->has_done = true;
    if (!s->framing->done(&s->parts, &s->out))
        return STEP_NO_ROOM;
    answer_cache_forget(r->visit);
    if (r->failed >= 0)
        count(s, COUNT_ANSWERS_FAILED);
    else
        count(s, s->out.is_complete ? COUNT_ANSWERS_COMPLETE : COUNT_ANSWERS_PARTIAL);
    return STEP_WRITTEN;
}

static enum step write_next(struct streaming *s)
{
    if (!s->has_first)
        return parts_is_first_due(&s->parts) || s->run->is_over ? write_first(s) : STEP_WAITS;
    int source = parts_next(&s->parts);
    if (source < 0)
        return s->run->is_over && !s->has_done ? write_done(s) : STEP_WAITS;
    s->source = source;
    bool is_good = s->framing->part(&s->parts, (unsigned)source, ++s->n_parts, &s->out);
    return is_good ? STEP_WRITTEN : STEP_NO_ROOM;
}

/* Nothing more is written by now: what is coded must be readable. false: there is no room. */
static bool let_out(struct streaming *s)
{
    struct visit *v = s->run->visit;
    if (!v->compressing)
        return true;
    return s->has_done ? compressing_end(v) : compressing_flush(v);
}

/* All that is known, as far as the outbox takes it. */
static void go_on(struct streaming *s)
{
    enum step step = STEP_WRITTEN;
    while (!s->has_ended && step == STEP_WRITTEN && put_all(s)) {
        step = s->has_done ? STEP_WAITS : write_next(s);
        if (step == STEP_WAITS && let_out(s) && s->has_done)
            end(s);
    }
    if (step == STEP_NO_ROOM)
        break_off(s);
    else if (s->has_head && !s->has_ended)
        rest(s);
}

static struct streaming *stream_of(const struct run *r)
{
    return r->delivering;
}

static void on_started(struct run *r)
{
    struct streaming *s = stream_of(r);
    if (r->plan->first & run_called(r) & r->plan->required)
        return;
    if (begin(s))
        go_on(s);
    else
        break_off(s);
}

/* Without a head a failed run is answered plainly, once it is over. */
static bool fails_plainly(const struct streaming *s)
{
    return !s->has_head && s->run->failed >= 0;
}

/* Of a list, or of a source. */
static void on_known(struct run *r, unsigned source)
{
    struct streaming *s = stream_of(r);
    (void)source;
    if (!s->has_ended && !fails_plainly(s))
        go_on(s);
}

static void on_finished(struct run *r)
{
    struct streaming *s = stream_of(r);
    if (s->has_ended)
        return;
    if (fails_plainly(s)) {
        r->delivery = &delivery_plain;
        r->delivering = NULL;
        r->delivery->finished(r);
        return;
    }
    go_on(s);
}

static void on_room(struct run *r)
{
    struct streaming *s = stream_of(r);
    if (!s->has_ended && s->has_head)
        go_on(s);
}

/* A client whose outbox is full hears enough. */
static void on_ping(struct wheel_entry *e)
{
    struct streaming *s = LIST_OWNER(e, struct streaming, ping);
    struct slice ping = s->has_first ? s->framing->ping : s->framing->early_ping;
    if (s->out.n == 0 && !assemble_add(&s->out, ping, NULL))
        break_off(s);
    else
        go_on(s);
}

static void on_done(struct run *r)
{
    loop_disarm(r->gateway->loop, &stream_of(r)->ping);
}

const struct delivery delivery_stream = {
    .started = on_started,
    .grown = on_known,
    .settled = on_known,
    .finished = on_finished,
    .on_room = on_room,
    .done = on_done,
};

bool delivery_stream_init(struct run *r, const struct framing *f)
{
    struct streaming *s = arena_take_zero(&r->visit->exchange->arena, 1, sizeof *s);
    if (!s || !assemble_init(&s->out, r))
        return false;
    s->run = r;
    s->framing = f;
    s->source = NO_SOURCE;
    parts_init(&s->parts, r);
    wheel_entry_init(&s->ping, on_ping);
    r->delivering = s;
    return true;
}
