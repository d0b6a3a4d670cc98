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

/* What the name, with its quotes, is without them and its escapes. false: the arena is full. */
bool names_unescape(struct arena *arena, struct slice quoted, struct slice *name) MUST_USE;

void names_init(struct names *t, struct arena *arena);
/* Room for n more, taken at once: where a table grows by and by, those it has outgrown stay in the
 * arena. false: the arena is full. */
bool names_reserve(struct names *t, size_t n) MUST_USE;
/* Bytes that this would take; names with escapes take their own beside. */
size_t names_room(const struct names *t, size_t n);
/* The name, with its quotes, is *owner's unless it is that of one with a lower number already:
 * *owner is whose it is then. false: the arena is full. */
bool names_claim(struct names *t, struct slice quoted, unsigned *owner) MUST_USE;
