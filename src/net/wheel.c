/* wheel.c - many deadlines, one timer: a timing wheel with a tick of one millisecond
 *
 * A slot of level k is 64^k ms wide. An entry lies in the lowest level whose 64 slots reach its
 * time, so never in the slot that a higher level is in just now: that one was emptied into the
 * levels below (cascaded) when time came to its beginning. Times beyond the last level's reach lie
 * in its farthest slot and are placed anew from there.
 */
#include "net/wheel.h"

#include <string.h>

#include "base/check.h"

enum {
    SLOT_BITS = 6,
    SLOT_MASK = WHEEL_SLOTS - 1
};

_Static_assert(WHEEL_SLOTS == 1 << SLOT_BITS, "a slot is found by shifting");

void wheel_init(struct wheel *w, uint64_t now_ms)
{
    *w = (struct wheel){.now_ms = now_ms};
    list_init(&w->overdue);
    for (unsigned level = 0; level < WHEEL_LEVELS; level++)
        for (unsigned i = 0; i < WHEEL_SLOTS; i++)
            list_init(&w->slots[level][i]);
}

void wheel_entry_init(struct wheel_entry *e, void (*ring)(struct wheel_entry *))
{
    *e = (struct wheel_entry){.ring = ring};
    list_init(&e->node);
}

bool wheel_is_armed(const struct wheel_entry *e)
{
    return !list_is_empty(&e->node);
}

/* The time is not before the wheel's. */
static void place(struct wheel *w, struct wheel_entry *e)
{
    unsigned level = 0;
    uint64_t distance = e->due_ms - w->now_ms;
    while (distance >= WHEEL_SLOTS && level < WHEEL_LEVELS - 1) {
        level++;
        distance = (e->due_ms >> (level * SLOT_BITS)) - (w->now_ms >> (level * SLOT_BITS));
    }
    if (distance >= WHEEL_SLOTS)
        distance = WHEEL_SLOTS - 1;
    uint64_t slot = ((w->now_ms >> (level * SLOT_BITS)) + distance) & SLOT_MASK;
    list_push_back(&w->slots[level][slot], &e->node);
    w->occupied[level] |= UINT64_C(1) << slot;
}

void wheel_arm(struct wheel *w, struct wheel_entry *e, uint64_t due_ms)
{
    wheel_disarm(w, e);
    e->due_ms = due_ms;
    w->n_armed++;
    if (due_ms <= w->now_ms)
        list_push_back(&w->overdue, &e->node);
    else
        place(w, e);
}

/* The slot's bit stays and is found to be wrong when its time comes, at the cost of a look; where
 * nothing is left, all bits go. */
void wheel_disarm(struct wheel *w, struct wheel_entry *e)
{
    if (!wheel_is_armed(e))
        return;
    list_remove(&e->node);
    CHECK(w->n_armed > 0);
    if (--w->n_armed == 0)
        memset(w->occupied, 0, sizeof w->occupied);
}

/* When the next slot begins that may hold an entry. */
static uint64_t next_slot_ms(const struct wheel *w)
{
    uint64_t next = UINT64_MAX;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        uint64_t bits = w->occupied[level];
        if (!bits)
            continue;
        uint64_t after = (w->now_ms >> (level * SLOT_BITS)) + 1;
        unsigned turn = (unsigned)(after & SLOT_MASK);
        bits = bits >> turn | bits << ((WHEEL_SLOTS - turn) & SLOT_MASK);
        uint64_t begin = (after + (unsigned)__builtin_ctzll(bits)) << (level * SLOT_BITS);
        if (begin < next)
            next = begin;
    }
    return next;
}

uint64_t wheel_next_ms(const struct wheel *w)
{
    if (w->n_armed == 0)
        return UINT64_MAX;
    return list_is_empty(&w->overdue) ? next_slot_ms(w) : w->now_ms;
}

/* Everything in the list becomes the content of `out`, in the same order. */
static void move_all(struct list *from, struct list *out)
{
    list_init(out);
    if (list_is_empty(from))
        return;
    *out = *from;
    out->next->previous = out;
    out->previous->next = out;
    list_init(from);
}

static void ring_all(struct wheel *w, struct list *from)
{
    struct list due;
    move_all(from, &due);
    while (!list_is_empty(&due)) {
        struct wheel_entry *e = LIST_OWNER(due.next, struct wheel_entry, node);
        wheel_disarm(w, e);
        e->ring(e); /* it may free e, and arm or disarm any other */
    }
}

/* The slots that begin now, of the higher levels first, go down. */
static void cascade(struct wheel *w)
{
    for (unsigned level = WHEEL_LEVELS - 1; level > 0; level--) {
        unsigned shift = level * SLOT_BITS;
        if (w->now_ms & ((UINT64_C(1) << shift) - 1))
            continue;
        uint64_t slot = w->now_ms >> shift & SLOT_MASK;
        w->occupied[level] &= ~(UINT64_C(1) << slot);
        struct list down;
        move_all(&w->slots[level][slot], &down);
        while (!list_is_empty(&down))
            place(w, LIST_OWNER(list_pop_front(&down), struct wheel_entry, node));
    }
}

void wheel_advance(struct wheel *w, uint64_t now_ms)
{
    ring_all(w, &w->overdue);
    for (uint64_t next = next_slot_ms(w); next <= now_ms; next = next_slot_ms(w)) {
        w->now_ms = next;
        cascade(w);
        uint64_t slot = next & SLOT_MASK;
        w->occupied[0] &= ~(UINT64_C(1) << slot);
        ring_all(w, &w->slots[0][slot]);
    }
    if (now_ms > w->now_ms)
        w->now_ms = now_ms;
}
