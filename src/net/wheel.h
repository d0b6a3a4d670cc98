/* wheel.h - many deadlines, one timer: a timing wheel with a tick of one millisecond
 *
 * After Varghese and Lauck (SOSP 1987): levels of slots, arming and disarming in constant time. An
 * entry is a member of what waits. Entries never ring early; they ring in the first advance at or
 * after their time. Pure: time comes in as an argument.
 */
#pragma once

#include <stdint.h>

#include "base/list.h"

enum {
    WHEEL_LEVELS = 4,
    WHEEL_SLOTS = 64
};

struct wheel_entry {
    struct list node;
    uint64_t due_ms;
    void (*ring)(struct wheel_entry *e); /* the entry is disarmed when this is called */
};

struct wheel {
    uint64_t now_ms;
    unsigned n_armed;
    uint64_t occupied[WHEEL_LEVELS]; /* a bit a slot that may hold an entry */
    struct list overdue;             /* armed with a time that was past */
    struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, uint64_t now_ms);
void wheel_entry_init(struct wheel_entry *e, void (*ring)(struct wheel_entry *));
/* Arms, or arms anew. A time that is past rings in the next advance. */
void wheel_arm(struct wheel *w, struct wheel_entry *e, uint64_t due_ms);
/* Harmless where it is not armed. */
void wheel_disarm(struct wheel *w, struct wheel_entry *e);
bool wheel_is_armed(const struct wheel_entry *e);
/* Rings what is due, in order of time (what was overdue when it was armed comes first); entries
 * may be armed and disarmed by what rings. */
void wheel_advance(struct wheel *w, uint64_t now_ms);
/* When to look again: at or before the next due time; UINT64_MAX where nothing is armed. */
uint64_t wheel_next_ms(const struct wheel *w);
