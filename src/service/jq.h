/* jq.h - programs of jq, run beside the serving process: bounded in time, memory and number
 *
 * jq's language loops for ever where its author wants, and its library aborts when memory ends, so
 * it runs in helper processes (`sheaf jq-worker`, app/jq_worker.c). A worker owns one helper, which
 * keeps what it has compiled; one that is late or dies is killed and replaced, and costs only its
 * job. Jobs wait in a bounded queue and are done one after the other.
 *
 * A program that is known beforehand is compiled in an idle moment, after a replacement too, so
 * that its first job finds it warm. Compiling has a time of its own.
 *
 * One thread: its loop's. Completions never come inside jq_begin().
 */
#pragma once

#include "base/fault.h"
#include "base/slice.h"
#include "net/loop.h"

struct jq;     /* the helper of one worker */
struct jq_job; /* one program over one document */

enum jq_verdict {
    JQ_GOOD,
    JQ_FAILED,    /* the program raised an error, or gave none or several values */
    JQ_LATE,      /* past its time: the helper was killed */
    JQ_DIED,      /* the helper ended: out of memory, most likely; or none could be started */
    JQ_TOO_LARGE, /* the result is past the bound */
};

struct jq_result {
    enum jq_verdict verdict;
    struct slice value; /* JQ_GOOD: compact JSON, checked, valid during the callback only */
    struct slice why;   /* JQ_FAILED: jq's message, valid likewise; for the log, not for clients */
};

struct jq_settings {
    const char *const *command; /* argv of the helper, NULL at the end; its first word is the path,
                                   {"/proc/self/exe", "jq-worker", NULL}. Not copied. */
    size_t memory;              /* address space that the helper may take beyond its start, bytes */
    size_t result;              /* bytes of a result */
    unsigned depth;             /* of a result's nested arrays and objects */
    unsigned queue;             /* jobs waiting */
};

/* Program and document stay until the job is done or cancelled. */
struct jq_work {
    struct slice program;
    struct slice document;
    uint64_t time_ms; /* from when the helper is given it: waiting is the caller's deadline's
                         business */
};

typedef void jq_done(void *owner, const struct jq_result *result);

/* The helper is started when the first program is known. */
struct jq *jq_new(struct loop *l, const struct jq_settings *settings);
/* Ends the helper and waits for its end. No job is left, and it is not called by a completion. The
 * loop still turns. */
void jq_free(struct jq *j);
/* For jobs and programs to come: a helper with other bounds is replaced once it is idle. */
void jq_set(struct jq *j, const struct jq_settings *settings);

/* There will be jobs with this program. It is copied. */
void jq_prepare(struct jq *j, struct slice program);
/* NULL: the queue is full. */
struct jq_job *jq_begin(struct jq *j, const struct jq_work *work, jq_done *done,
                        void *owner) MUST_USE;
/* Nothing comes any more. A program under way is left to end within its time; only where its
 * document is still being written the helper is replaced. */
void jq_cancel(struct jq_job *job);
