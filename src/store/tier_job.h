/* tier_job.h - one purge in one store, by steps of bounded length
 *
 * Made, told to go on when it may, freed by its owner when it has ended and is not asking.
 */
#pragma once

#include "store/tier_internal.h"

enum {
    TIER_JOB_CURSOR = 20, /* digits of a SCAN's cursor */
};

enum tier_job_step {
    TIER_JOB_PURGE, /* of a label with a set: all in one, again and again until none is left */
    TIER_JOB_STAMP, /* of others */
    TIER_JOB_SCAN,
    TIER_JOB_FOUND, /* sets or keys, to be taken out */
    TIER_JOB_TELL,
};

struct tier_job {
    struct list node; /* the owner's */
    void *owner;
    void (*on_step)(struct tier_job *j); /* it may go on */
    void (*on_end)(struct tier_job *j, bool is_done);

    /* The implementation's own. */
    struct tier_wait wait;
    struct tier_store *store;
    enum cache_purge_kind kind;
    struct slice label;      /* its own */
    enum tier_job_step step; /* that is due, or under way */
    bool is_asking;          /* an answer is to come: it must stay */
    unsigned n_steps, n_restarts;
    char cursor[TIER_JOB_CURSOR], next[TIER_JOB_CURSOR];
    size_t n_cursor, n_next;
};

struct tier_job *tier_job_new(struct tier_store *s, enum cache_purge_kind kind, struct slice label);
void tier_job_free(struct tier_job *j);
/* Takes the step that is due, where none is under way. false: it cannot now; then it begins anew
 * when it is told again. */
bool tier_job_go_on(struct tier_job *j) MUST_USE;
