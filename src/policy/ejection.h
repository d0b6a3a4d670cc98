/* ejection.h - targets that fail are left out for a while (passive health)
 *
 * Five failures in a row eject a target, each time for twice as long (at most the cap); one good
 * answer after its return takes one of its times away. At most half of the targets are out at once.
 * An empty place among them counts for nothing, and neither does a call that began before its
 * target's return, nor one of a target that had the place before.
 *
 * One a service and process: lock-free, any thread. Pure: time is an argument.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ejection_target {
    atomic_uint failures;              /* in a row */
    atomic_uint times;                 /* that it was ejected lately */
    atomic_uint_fast64_t out_until_ms; /* 0: it is in */
    atomic_bool is_empty;              /* there is no target here now */
    atomic_uint era;                   /* counts who had this place, and when nobody had */
};

enum {
    EJECTION_FAILURES = 5,
    EJECTION_BASE_MS = 5000,
    EJECTION_CAP_MS = 300000,
};

struct ejection_call { /* what came of a call */
    bool failed;
    unsigned era; /* of its target */
    uint64_t began_ms, ended_ms;
};

/* Of targets 0 to n-1. A good call ends a row of failures. */
void ejection_tell(struct ejection_target *targets, unsigned n, unsigned target,
                   struct ejection_call call);
/* Another target has come to this place, or none; its era. */
unsigned ejection_clear(struct ejection_target *t, bool is_empty);
bool ejection_is_out(const struct ejection_target *t, uint64_t now_ms);
