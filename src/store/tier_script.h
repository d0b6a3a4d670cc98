/* tier_script.h - what a store does as one step: Lua that it keeps and is asked for by its digest
 *
 * All of it touches names that begin with sheaf: alone (tier_text.h).
 */
#pragma once

#include "base/slice.h"

enum tier_script {
    /* sheaf:r:DIGEST; record, milliseconds to keep it, since, label...: writes the record and its
     * labels, unless all or one of them was purged after `since`. 1: written. */
    TIER_SCRIPT_PUT,
    /* label, milliseconds, channel, n: notes that it is purged from now on, takes its records out,
     * n of them at most, and tells so where none is left; how many are left. */
    TIER_SCRIPT_PURGE,
    /* label, milliseconds: notes that it is purged from now on. */
    TIER_SCRIPT_STAMP,
    /* set...; n: takes the records of these sets out, n of them at most; how many are left, at
     * least. */
    TIER_SCRIPT_SWEEP,
    /* sheaf:l:DIGEST; interval in microseconds, burst, n, want, share, ahead, is_owed: takes n
     * permits if they are there (is_owed is 1: whether or not), and of what is left then up to
     * `want` of a share of it. Whether it has, how far ahead of now the word is then, how many it
     * has taken beyond n. */
    TIER_SCRIPT_RATE,
    /* sheaf:r:DIGEST; where the record has its flags, from 0, and which flag: takes it out where it
     * is an answer that has the flag. 1: it was. */
    TIER_SCRIPT_WITHDRAW,
    /* channel, label: tells all who listen that it has been purged. */
    TIER_SCRIPT_TELL,
    TIER_N_SCRIPTS
};

extern const struct slice tier_scripts[TIER_N_SCRIPTS];
