/* agenda.h - virtual time: what happens next, in the order in which it is due
 *
 * Of two events of one moment the one that was added first comes first, so that a run follows from
 * its seed alone. Times are in us.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event {
    uint64_t at_us;
    uint64_t nth; /* that was added */
    unsigned kind;
    size_t index; /* of what it happens to */
};

struct agenda {
    struct event *events; /* a binary heap, the next one first */
    size_t n, capacity;
    uint64_t n_added;
};

/* All zero is an empty one. */
void agenda_add(struct agenda *a, uint64_t at_us, unsigned kind, size_t index);
/* false: nothing is left. */
bool agenda_next(struct agenda *a, struct event *e);
void agenda_done(struct agenda *a);
