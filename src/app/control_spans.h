/* control_spans.h - finished spans go to the collector of the configuration (OTLP/HTTP, JSON)
 *
 * The workers' rings are emptied often into one bounded queue; 512 spans, or what came in a second,
 * are one request, one at a time. What the collector cannot take now is tried again with growing
 * pauses, a few times; then it is dropped and counted, as is what finds the queue full. At the end
 * what is left has a second. Control thread only.
 */
#pragma once

#include "app/control_call.h"
#include "base/buffer.h"
#include "base/random.h"

struct control;
struct metrics;

struct control_spans {
    bool is_on;
    bool is_ending;
    bool is_paused;        /* before a request is made again */
    struct buffer waiting; /* lines */
    unsigned n_waiting;    /* of them */
    uint64_t since_ms;     /* the first of them came */
    struct buffer body;    /* of the request */
    struct buffer head;
    unsigned n_sending; /* spans in it */
    unsigned n_tries;
    unsigned status; /* of its answer */
    uint64_t retry_after_ms;
    uint64_t again_ms; /* when it is made again */
    uint64_t ends_ms;  /* when waiting for it at the end is over */
    struct wheel_entry tick;
    struct control_call call;
    uint64_t n_sent, n_dropped; /* spans */
    struct random random;
};

void control_spans_init(struct control *c);
/* To the collector of the control's snapshot from now on. */
void control_spans_watch(struct control *c);
/* No worker adds any more. The resolver is still there. */
void control_spans_end(struct control *c);
/* false: what is left is still being sent. */
bool control_spans_are_over(const struct control *c);
/* Frees all of it. The loop must turn once more. */
void control_spans_done(struct control *c);
/* What an operator may know of them. */
void control_spans_show(const struct control *c, struct metrics *m);
