/* journal_ring.c - a worker's lines on their way to the journal's thread: one adds, one takes */
#include "base/journal_ring.h"

#include <stdlib.h>

#include "base/memory.h"

enum {
    MASK = JOURNAL_RING_SIZE - 1
};

/* The pages are touched as lines reach them. */
void journal_ring_init(struct journal_ring *r, struct journal *j)
{
    *r = (struct journal_ring){.journal = j};
    r->bytes = memory_take_zero(1, JOURNAL_RING_SIZE);
    atomic_init(&r->head, 0);
    atomic_init(&r->tail, 0);
}

void journal_ring_done(struct journal_ring *r)
{
    free(r->bytes);
}

static bool has_room(struct journal_ring *r, size_t head, size_t n)
{
    if (JOURNAL_RING_SIZE - (head - r->known_tail) >= n)
        return true;
    r->known_tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    return JOURNAL_RING_SIZE - (head - r->known_tail) >= n;
}

/* The head is stored in sequence with the look whether the thread is parked that follows it (in
 * journal_add), so that one of the two sees the other. */
bool journal_ring_add(struct journal_ring *r, struct slice line)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    if (!has_room(r, head, line.n))
        return false;
    size_t at = head & MASK;
    size_t until_end = JOURNAL_RING_SIZE - at;
    size_t first = line.n < until_end ? line.n : until_end;
    if (line.n > 0)
        memcpy(r->bytes + at, line.at, first);
    if (line.n > first)
        memcpy(r->bytes, line.at + first, line.n - first);
    atomic_store(&r->head, head + line.n);
    return true;
}

unsigned journal_ring_span(const struct journal_ring *r, size_t head, struct iovec parts[2])
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    size_t n = head - tail;
    size_t at = tail & MASK;
    size_t until_end = JOURNAL_RING_SIZE - at;
    parts[0] = (struct iovec){r->bytes + at, n < until_end ? n : until_end};
    parts[1] = (struct iovec){r->bytes, n - parts[0].iov_len};
    return parts[1].iov_len > 0 ? 2 : 1;
}

void journal_ring_take(struct journal_ring *r, size_t n)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    atomic_store_explicit(&r->tail, tail + n, memory_order_release);
}

void journal_ring_drop_line(struct journal_ring *r)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    size_t n = 0;
    while (n < head - tail && r->bytes[(tail + n) & MASK] != '\n')
        n++;
    journal_ring_take(r, n < head - tail ? n + 1 : n);
}
