/* journal.h - lines written by a thread of their own, so that a slow disk delays nobody
 *
 * Each worker has a ring; it copies a whole line into it, or loses it and counts when the ring is
 * full. The journal's thread gathers the rings and writes. Lines of one ring keep their order.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct journal;
struct journal_ring; /* one writer thread */

/* To the file (appended, made where absent) or, with NULL, to stdout. NULL on failure: errno. */
struct journal *journal_open(const char *file, unsigned n_rings);
struct journal_ring *journal_ring(struct journal *j, unsigned i);
/* false: the ring is full and the line is lost. Never blocks, no system call in the steady state.
 */
bool journal_add(struct journal_ring *r, struct slice line);
/* Opens the file by its name again (after a rotation); keeps the old one where that fails. */
void journal_reopen(struct journal *j);
/* Writes what is left (for at most a second), ends the thread, frees. A thread that is stuck in a
 * write by then does so when it gets out, if ever. Nobody adds any more. */
void journal_close(struct journal *j);
