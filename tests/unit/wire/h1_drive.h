/* h1_drive.h - runs a reader over bytes in steps and writes down what it said
 *
 * Each feed is a fresh copy of what a caller would keep, exactly as large, so that the base moves
 * and a sanitizer sees every byte read outside it.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/check.h"
#include "wire/h1.h"

struct drive {
    enum h1_kind kind;
    size_t step;       /* bytes a feed; 0: all at once */
    size_t head_limit; /* 0: 16 KiB */
    bool answers_head;
    bool ends; /* the peer ends the stream behind the bytes */
};

static inline void drive_head(struct buffer *out, const struct h1_head *h, const char *base)
{
    CHECK(buffer_print(out, "HEAD %u.%u %.*s %.*s %u%s%s%s%s", 1, h->minor, (int)h->method_n,
                       base + h->method_at, (int)h->target_n, base + h->target_at, h->status,
                       h->keep_alive ? " keep" : "", h->chunked ? " chunked" : "",
                       h->expects_continue ? " expects" : "", h->has_options ? " options" : ""));
    if (h->has_length)
        CHECK(buffer_print(out, " length=%llu", (unsigned long long)h->length));
    for (unsigned i = 0; i < h->n_fields; i++) {
        struct slice name = h1_name(base, &h->fields[i]), value = h1_value(base, &h->fields[i]);
        CHECK(buffer_print(out, "|%.*s=%.*s", SLICE_ARG(name), SLICE_ARG(value)));
    }
    CHECK(buffer_append(out, SLICE("\n")));
}

/* One run: what the caller keeps, and what has been written down. */
struct drive_run {
    struct h1_reader reader;
    struct slice bytes;
    size_t kept;  /* where the bytes begin that the caller keeps */
    size_t given; /* where those end that were fed */
    size_t done;  /* where those end that were read */
    bool in_body;
    struct buffer *out;
};

/* Body bytes of one message are joined, as feeds cut them anywhere. */
static inline void drive_note(struct drive_run *run, enum h1_event event, const char *base)
{
    struct buffer *out = run->out;
    if (event == H1_MORE)
        return;
    if (event == H1_BODY && !run->in_body)
        CHECK(buffer_append(out, SLICE("BODY ")));
    else if (event != H1_BODY && run->in_body)
        CHECK(buffer_append(out, SLICE("\n")));
    run->in_body = event == H1_BODY;
    if (event == H1_BODY)
        CHECK(buffer_append(out, run->reader.chunk));
    else if (event == H1_HEAD)
        drive_head(out, run->reader.head, base);
    else if (event == H1_DONE)
        CHECK(buffer_append(out, SLICE("DONE\n")));
    else
        CHECK(buffer_print(out, "ERROR %u\n",
                           run->reader.kind == H1_REQUEST ? run->reader.status : 0));
}

static inline enum h1_event drive_feed(struct drive_run *run)
{
    size_t n = run->given - run->kept, used;
    char *copy = malloc(n ? n : 1);
    CHECK(copy);
    memcpy(copy, run->bytes.at + run->kept, n);
    enum h1_event event = h1_read(&run->reader, copy, run->done - run->kept, n, &used);
    CHECK(used <= n && used >= run->done - run->kept);
    drive_note(run, event, copy);
    run->done = run->kept + used;
    if (event != H1_MORE)
        run->kept = run->done;
    free(copy);
    return event;
}

/* The transcript is appended to out. Returns the last event. */
static inline enum h1_event drive(const struct drive *d, struct slice bytes, struct buffer *out)
{
    static struct h1_head head;
    struct drive_run run = {.bytes = bytes, .out = out};
    enum h1_event event = H1_MORE;
    h1_init(&run.reader, d->kind, d->head_limit ? d->head_limit : 16384, &head);
    run.reader.answers_head = d->answers_head;
    while (event != H1_ERROR && (run.given < bytes.n || event != H1_MORE)) {
        if (event == H1_MORE)
            run.given = d->step && bytes.n - run.given > d->step ? run.given + d->step : bytes.n;
        event = drive_feed(&run);
    }
    if (d->ends && event == H1_MORE) {
        event = h1_read_end(&run.reader);
        drive_note(&run, event, NULL);
    }
    if (run.in_body)
        CHECK(buffer_append(out, SLICE("\n")));
    return event;
}
