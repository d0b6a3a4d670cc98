/* control_spans.c - gathered, sent, made again, dropped */
#include "app/control_spans.h"

#include <stdio.h>

#include "app/control.h"
#include "base/check.h"
#include "base/journal_ring.h"
#include "observe/metrics.h"
#include "observe/span.h"
#include "policy/backoff.h"
#include "service/service_head.h"
#include "wire/status.h"

enum {
    GATHER_EVERY_MS = 50,
    BATCH_SPANS = 512,
    BATCH_MS = 1000,
    WAITING_LIMIT = 8 * 1024 * 1024,
    BODY_LIMIT = 4 * 1024 * 1024, /* 512 of the longest, and what stands around them */
    HEAD_LIMIT = 256 * 1024,
    ASK_MS = 5000,
    IDLE_MS = 30000,
    TRIES = 5,
    END_MS = 1000,
};

static const struct backoff_settings backoff = {.base_ms = 500, .cap_ms = 10000};

static const struct config_traces *settings(const struct control *c)
{
    return &c->snapshot->config->traces;
}

static unsigned count_lines(struct slice lines)
{
    unsigned n = 0;
    for (size_t i = 0; i < lines.n; i++)
        n += lines.at[i] == '\n';
    return n;
}

/* All or nothing: what does not fit is dropped. A worker's head moves by whole lines. */
static void gather_from(struct control_spans *s, struct journal_ring *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    struct iovec parts[2];
    unsigned n_parts = journal_ring_span(ring, head, parts), n = 0;
    size_t n_bytes = parts[0].iov_len + (n_parts > 1 ? parts[1].iov_len : 0);
    if (!n_bytes)
        return;
    bool has_room = buffer_reserve(&s->waiting, n_bytes);
    for (unsigned i = 0; i < n_parts; i++) {
        const struct slice part = {parts[i].iov_base, parts[i].iov_len};
        n += count_lines(part);
        if (has_room)
            CHECK(buffer_append(&s->waiting, part));
    }
    journal_ring_take(ring, n_bytes);
    s->n_waiting += has_room ? n : 0;
    s->n_dropped += has_room ? 0 : n;
}

static void gather(struct control *c)
{
    struct control_spans *s = &c->spans;
    bool was_empty = s->n_waiting == 0;
    for (unsigned i = 0; i < c->shared->n_workers; i++)
        gather_from(s, &c->shared->workers[i].spans);
    if (was_empty)
        s->since_ms = c->loop.now_ms;
}

static void forget_batch(struct control_spans *s)
{
    s->n_sending = s->n_tries = 0;
    s->is_paused = false;
    s->body.n = 0;
}

static void complain(const struct control *c, const char *why)
{
    const struct control_spans *s = &c->spans;
    if (c->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(stderr, "sheaf: %u spans were not taken by the collector of traces: %s\n",
                s->n_sending, why);
}

static void drop_batch(struct control *c, const char *why)
{
    struct control_spans *s = &c->spans;
    if (s->n_sending)
        complain(c, why);
    s->n_dropped += s->n_sending;
    forget_batch(s);
}

/* It may be better later, but not for long. */
static void fail(struct control *c, const char *why)
{
    struct control_spans *s = &c->spans;
    if (s->is_ending || s->n_tries >= TRIES) {
        drop_batch(c, why);
        return;
    }
    s->is_paused = true;
    s->again_ms = c->loop.now_ms + backoff.base_ms +
                  backoff_ms(&backoff, s->n_tries, s->retry_after_ms, random_next(&s->random));
}

/* Statuses that ask for another try (OTLP 1.x, OTLP/HTTP). */
static bool is_retryable(unsigned status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

static void judge(struct control *c)
{
    struct control_spans *s = &c->spans;
    char why[32];
    snprintf(why, sizeof why, "it answered %u", s->status);
    if (status_is_success(s->status)) {
        s->n_sent += s->n_sending;
        forget_batch(s);
    } else if (is_retryable(s->status)) {
        fail(c, why);
    } else {
        drop_batch(c, why);
    }
}

static void on_head(struct control_call *call, const struct h1_head *head, const char *base)
{
    struct control *c = LIST_OWNER(call, struct control, spans.call);
    c->spans.status = head->status;
    c->spans.retry_after_ms = service_head_retry_after(head, base, c->loop.wall_us / 1000);
}

/* What it says of it is of no use to us. */
static void on_body(struct control_call *call, struct slice chunk)
{
    (void)call;
    (void)chunk;
}

static void on_end(struct control_call *call, enum control_call_end how)
{
    struct control *c = LIST_OWNER(call, struct control, spans.call);
    switch (how) {
    case CONTROL_CALL_DONE:
        judge(c);
        break;
    case CONTROL_CALL_NO_CONNECTION:
        fail(c, "no connection");
        break;
    case CONTROL_CALL_BROKEN:
        fail(c, "the connection broke off");
        break;
    case CONTROL_CALL_INVALID:
        fail(c, "its answer is not HTTP");
        break;
    case CONTROL_CALL_LATE:
        fail(c, "no answer in time");
        break;
    }
}

static const struct control_call_handlers handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_end = on_end,
};

static bool write_head(struct control *c)
{
    struct control_spans *s = &c->spans;
    const struct config_traces *t = settings(c);
    char length[64];
    int n = snprintf(length, sizeof length, "content-length: %zu\r\n", s->body.n);
    s->head.n = 0;
    bool good = buffer_append(&s->head, SLICE("POST ")) && buffer_append(&s->head, t->path) &&
                buffer_append(&s->head, SLICE(" HTTP/1.1\r\nhost: ")) &&
                buffer_append(&s->head, t->target.authority) &&
                buffer_append(&s->head, SLICE("\r\ncontent-type: application/json\r\n")) &&
                buffer_append(&s->head, (struct slice){length, (size_t)n});
    for (unsigned i = 0; i < t->n_headers && good; i++)
        good =
            buffer_append(&s->head, t->headers[i].name) && buffer_append(&s->head, SLICE(": ")) &&
            buffer_append(&s->head, t->headers[i].value) && buffer_append(&s->head, SLICE("\r\n"));
    return good && buffer_append(&s->head, SLICE("\r\n"));
}

static void send_batch(struct control *c)
{
    struct control_spans *s = &c->spans;
    s->is_paused = false;
    s->status = 0;
    s->retry_after_ms = 0;
    s->n_tries++;
    if (!write_head(c)) {
        drop_batch(c, "the head of the request is too long");
        return;
    }
    control_call_start(&s->call, buffer_slice(&s->head), buffer_slice(&s->body));
}

/* The first lines that wait, as many as a batch has. */
static void take_batch(struct control *c)
{
    struct control_spans *s = &c->spans;
    size_t n = 0;
    for (s->n_sending = 0; n < s->waiting.n && s->n_sending < BATCH_SPANS; s->n_sending++)
        n = (size_t)((char *)memchr(s->waiting.at + n, '\n', s->waiting.n - n) - s->waiting.at) + 1;
    CHECK(span_write_batch(&s->body, settings(c)->service_name, (struct slice){s->waiting.at, n}));
    s->waiting.n -= n;
    memmove(s->waiting.at, s->waiting.at + n, s->waiting.n);
    s->n_waiting -= s->n_sending;
    s->since_ms = c->loop.now_ms;
}

static bool is_due(const struct control *c)
{
    const struct control_spans *s = &c->spans;
    if (s->n_waiting == 0)
        return false;
    return s->is_ending || s->n_waiting >= BATCH_SPANS || c->loop.now_ms >= s->since_ms + BATCH_MS;
}

static void on_tick(struct wheel_entry *e)
{
    struct control *c = LIST_OWNER(e, struct control, spans.tick);
    struct control_spans *s = &c->spans;
    gather(c);
    if (s->is_paused && (s->is_ending || c->loop.now_ms >= s->again_ms))
        send_batch(c);
    if (!s->call.is_under_way && !s->is_paused && is_due(c)) {
        take_batch(c);
        send_batch(c);
    }
    loop_arm(&c->loop, e, c->loop.now_ms + (s->is_ending ? 1 : GATHER_EVERY_MS));
}

static void open_call(struct control *c)
{
    const struct config_traces *t = settings(c);
    const struct control_call_place place = {
        .host = t->target.host,
        .port = t->target.port,
        .tls = c->snapshot->traces_tls,
        .server_name = t->tls.server_name ? t->tls.server_name : t->target.host,
        .answer_ms = ASK_MS,
        .idle_ms = IDLE_MS,
    };
    control_call_open(&c->spans.call, &place);
}

/* What is under way is made again. */
static void close_call(struct control *c)
{
    struct control_spans *s = &c->spans;
    s->is_paused |= s->call.is_under_way;
    s->again_ms = 0;
    control_call_close(&s->call);
    loop_disarm(&c->loop, &s->tick);
}

void control_spans_init(struct control *c)
{
    struct control_spans *s = &c->spans;
    buffer_init(&s->waiting, WAITING_LIMIT);
    buffer_init(&s->body, BODY_LIMIT);
    buffer_init(&s->head, HEAD_LIMIT);
    wheel_entry_init(&s->tick, on_tick);
    control_call_init(&s->call, c, &handlers);
    random_init(&s->random);
}

void control_spans_watch(struct control *c)
{
    struct control_spans *s = &c->spans;
    close_call(c);
    s->is_on = settings(c)->is_on;
    if (!s->is_on) {
        drop_batch(c, "traces are off now");
        s->n_dropped += s->n_waiting;
        s->n_waiting = 0;
        s->waiting.n = 0;
        return;
    }
    open_call(c);
    loop_arm(&c->loop, &s->tick, c->loop.now_ms);
}

void control_spans_end(struct control *c)
{
    struct control_spans *s = &c->spans;
    control_call_unwatch(&s->call);
    s->is_ending = true;
    s->ends_ms = c->loop.now_ms + END_MS;
    if (!s->is_on)
        return;
    gather(c);
    loop_arm(&c->loop, &s->tick, c->loop.now_ms);
}

bool control_spans_are_over(const struct control *c)
{
    const struct control_spans *s = &c->spans;
    bool is_empty = s->n_waiting == 0 && s->n_sending == 0;
    return !s->is_on || is_empty || c->loop.now_ms >= s->ends_ms;
}

void control_spans_done(struct control *c)
{
    struct control_spans *s = &c->spans;
    close_call(c);
    buffer_done(&s->waiting);
    buffer_done(&s->body);
    buffer_done(&s->head);
    s->n_waiting = s->n_sending = 0;
    s->is_on = false;
}

void control_spans_show(const struct control *c, struct metrics *m)
{
    const struct control_spans *s = &c->spans;
    if (!s->is_on)
        return;
    metrics_family(m, "sheaf_spans_exported_total", "counter", "Spans that the collector took.");
    metrics_sample(m, "sheaf_spans_exported_total", NULL, 0, (int64_t)s->n_sent);
    metrics_family(m, "sheaf_spans_dropped_total", "counter",
                   "Spans given up, as the collector was away or slow, or refused them.");
    metrics_sample(m, "sheaf_spans_dropped_total", NULL, 0, (int64_t)s->n_dropped);
}
