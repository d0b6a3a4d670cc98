/* journal_ring.h - a worker's lines on their way to the journal's thread: one adds, one takes
 *
 * head and tail count bytes since the beginning and only grow; where they lie in the ring is their
 * remainder. Each has one writer. head moves by whole lines.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/slice.h"

enum {
    JOURNAL_RING_SIZE = 256 * 1024, /* a power of two: some 15 ms of lines at 16 MB/s */
    JOURNAL_RING_ALIGN = 64         /* a cache line */
};

struct journal_ring {
    struct journal *journal;
    char *bytes;
    size_t known_tail; /* as the adding thread saw it last */
    _Alignas(JOURNAL_RING_ALIGN) atomic_size_t head;
    _Alignas(JOURNAL_RING_ALIGN) atomic_size_t tail;
};

void journal_ring_init(struct journal_ring *r, struct journal *j);
void journal_ring_done(struct journal_ring *r);

/* false: no room. */
bool journal_ring_add(struct journal_ring *r, struct slice line);
/* The bytes from the tail to `head`, a value that the ring's head had; in one or two parts. */
unsigned journal_ring_span(const struct journal_ring *r, size_t head, struct iovec parts[2]);
/* n bytes of them are written. */
void journal_ring_take(struct journal_ring *r, size_t n);
/* Gives up the rest of a line whose beginning has been taken. */
void journal_ring_drop_line(struct journal_ring *r);
