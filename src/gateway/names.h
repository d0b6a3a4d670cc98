/* names.h - names of members that are taken, and by whom
 *
 * For what joins the top level from several sources: of equal names one counts. Names are compared
 * after unescaping. Lives in an arena, one thread.
 */
#pragma once

#include "base/arena.h"

struct names_entry;

struct names {
    struct arena *arena;
    struct names_entry *entries; /* a table with open addressing; n_slots is a power of two, or 0 */
    size_t n, n_slots;
};

void names_init(struct names *t, struct arena *arena);
/* The name, with its quotes, is *owner's unless it is that of one with a lower number already:
 * *owner is whose it is then. false: the arena is full. */
bool names_claim(struct names *t, struct slice quoted, unsigned *owner) MUST_USE;
