/* breaker.h - when a service fails too often, it is left alone for a while
 *
 * Closed, the share of failures over a window of ten buckets decides (from min_calls on). Open,
 * nobody passes for open_ms. Then half-open: as many probes as are allowed pass; when all of them
 * went well it closes with an empty window, and the first that did not opens it again. An operator
 * may force it. A call that was cancelled counts neither way, and a cancelled probe gives its place
 * back. (Nygard, Release It!, 2018, chapter 5; the window is that of resilience4j's time-based
 * breaker.)
 *
 * One a service and process: lock-free, any thread. Pure: time is an argument, in ms; threads may
 * be some ms apart.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/window.h"

struct breaker_settings {
    bool is_on;
    unsigned failures_permille; /* of the window's calls; reaching it opens */
    uint64_t window_ms;
    unsigned min_calls; /* in the window, before the share counts */
    uint64_t open_ms;
    unsigned probes;
    uint64_t slow_ms; /* the caller tells a good call that took longer as failed; 0: none */
};

enum breaker_force {
    BREAKER_AUTOMATIC,
    BREAKER_FORCED_OPEN,
    BREAKER_FORCED_CLOSED,
};

struct breaker {
    atomic_uint_fast64_t word;    /* breaker.c's: state, generation, since when */
    atomic_uint_fast64_t probing; /* a generation's: probes that were let out, and ended well */
    struct window window;         /* calls, and failures among them */
    atomic_uint forced;           /* enum breaker_force */
};

enum breaker_pass {
    BREAKER_PASS,
    BREAKER_PROBE,
    BREAKER_REFUSED, /* open */
};
struct breaker_ticket { /* goes back by breaker_tell(), once */
    enum breaker_pass pass;
    uint32_t generation;
};

enum breaker_result {
    BREAKER_GOOD,
    BREAKER_FAILED,
    BREAKER_NEITHER, /* cancelled */
};

enum breaker_state {
    BREAKER_CLOSED,
    BREAKER_OPEN,
    BREAKER_HALF_OPEN,
};

struct breaker_ticket breaker_ask(struct breaker *b, const struct breaker_settings *s,
                                  uint64_t now_ms);
/* Tickets of a generation that is gone are ignored. */
void breaker_tell(struct breaker *b, const struct breaker_settings *s, struct breaker_ticket ticket,
                  enum breaker_result result, uint64_t now_ms);
void breaker_force(struct breaker *b, enum breaker_force how);
enum breaker_state breaker_state_of(const struct breaker *b, const struct breaker_settings *s,
                                    uint64_t now_ms);
/* How long it stays open, for Retry-After; 0 where it is not open. */
uint64_t breaker_open_for_ms(const struct breaker *b, const struct breaker_settings *s,
                             uint64_t now_ms);
