/* rate_table.h - what each caller of a limit has left, in bounded memory
 *
 * A caller is found by a digest of (limit, kind of key, key) with a seed that nobody outside knows:
 * one slot of 32 bytes. A slot can stand at some places only; where all of these are taken, the
 * caller goes whose allowance has been whole for longest, else the one whose will be whole first.
 * Who has requests under way stays. So a flood of new callers forgets those who had lost nothing.
 *
 * One a process, over all reloads: any thread. Callers that are known are found without a lock; a
 * new one is put in its place under the lock of a part of the table. A caller that is replaced in
 * the moment in which it is found may charge the one that replaces it, once.
 */
#pragma once

#include "base/digest.h"
#include "policy/gcra.h"

enum {
    RATE_TABLE_SLOTS = 2 * 1024 * 1024 /* 64 MiB; touched as callers come */
};

struct rate_slot {
    _Atomic uint64_t low, high; /* the caller; low is 0: nobody */
    gcra_word word;
    atomic_uint n_active; /* requests under way that count, rate_slot_enter() */
    atomic_uint held; /* permits of a shared limit (policy/lease.h); then `word` is what is known */
};

struct rate_table;

/* n_slots: a power of two, at least 1024. */
struct rate_table *rate_table_new(size_t n_slots, uint64_t seed);
void rate_table_free(struct rate_table *t);
/* Whose slot the parts, as if they were one text, tell. */
struct digest rate_table_key(const struct rate_table *t, const struct slice *parts, size_t n);
/* The same for all instances and releases; nobody can choose parts that have another's name. */
void rate_table_name(const struct slice *parts, size_t n, char out[DIGEST_SIZE]);
/* The caller's slot, a new one where it had none. Where each place is of somebody with requests
 * under way, it is one of theirs. */
struct rate_slot *rate_table_find(struct rate_table *t, struct digest key);

/* One request more, where fewer than max are under way. Every yes is answered by one leave. */
bool rate_slot_enter(struct rate_slot *s, unsigned max);
void rate_slot_leave(struct rate_slot *s);
