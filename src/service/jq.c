/* jq.c - jobs one after the other, programs compiled before they are needed
 *
 * The helper is asked one thing at a time: to compile a program into its slot, or to run one over
 * a document. A job whose program is not compiled waits at the head of the queue until it is.
 */
#include "service/jq.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "json/scan.h"
#include "service/jq_link.h"
#include "service/jq_program.h"
#include "service/service.h"

enum {
    COMPILE_MS = 5000 /* jq 1.6 takes tens of milliseconds on a quiet machine */
};

struct jq_job {
    struct list node; /* among those that wait */
    struct jq_job *next_kept;
    struct jq *jq;
    struct jq_work work;
    jq_done *done;
    void *owner;
};

enum state {
    IDLE,
    COMPILING,
    RUNNING
};

struct jq {
    struct loop *loop;
    struct jq_settings settings;
    struct jq_link *link; /* NULL: no helper */
    struct list links;    /* with those that have not quite ended */
    bool is_unproven;     /* the last helper has answered nothing yet */
    enum state state;
    struct jq_programs programs;
    struct jq_program *compiling;
    struct jq_job *running; /* NULL also where it was cancelled */
    struct list waiting;
    unsigned n_waiting;
    struct jq_job *kept; /* to be used again */
    struct wheel_entry late;
    struct ready ready; /* to go on */
};

static void go_on_later(struct jq *j)
{
    loop_ready(j->loop, &j->ready);
}

static void keep(struct jq_job *job)
{
    job->next_kept = job->jq->kept;
    job->jq->kept = job;
}

/* The job is no longer waiting, nor running. */
static void finish(struct jq_job *job, enum jq_verdict verdict, struct slice bytes)
{
    struct jq_result result = {.verdict = verdict};
    *(verdict == JQ_GOOD ? &result.value : &result.why) = bytes;
    keep(job);
    job->done(job->owner, &result);
}

static struct jq_job *first_waiting(const struct jq *j)
{
    return list_is_empty(&j->waiting) ? NULL : LIST_OWNER(j->waiting.next, struct jq_job, node);
}

static struct jq_job *take_waiting(struct jq *j)
{
    j->n_waiting--;
    return LIST_OWNER(list_pop_front(&j->waiting), struct jq_job, node);
}

static void ask(struct jq *j, enum jq_helper_kind kind, const struct jq_program *p,
                struct slice bytes)
{
    uint64_t ms = kind == JQ_HELPER_RUN ? j->running->work.time_ms : COMPILE_MS;
    j->state = kind == JQ_HELPER_RUN ? RUNNING : COMPILING;
    loop_arm(j->loop, &j->late, service_due_ms(j->loop, ms));
    jq_link_say(j->link, kind, jq_program_slot(&j->programs, p), bytes);
}

static void compile(struct jq *j, struct jq_program *p)
{
    j->compiling = p;
    ask(j, JQ_HELPER_COMPILE, p, p->text);
}

static void run(struct jq *j, const struct jq_program *p)
{
    j->running = take_waiting(j);
    ask(j, JQ_HELPER_RUN, p, j->running->work.document);
}

/* A helper keeps the bounds that it was started with. Only an idle one is asked. */
static void let_outdated_helper_go(struct jq *j)
{
    if (!j->link || jq_link_has_limits_of(j->link, &j->settings))
        return;
    jq_link_end(j->link);
    j->link = NULL;
    j->is_unproven = false;
    jq_program_forget_compiled(&j->programs);
}

static const struct jq_link_handlers handlers;

/* false: there is none, or it cannot be told anything yet. */
static bool has_helper(struct jq *j)
{
    if (j->link)
        return jq_link_is_free(j->link);
    j->link = jq_link_open(j->loop, &j->settings, &handlers, j);
    j->is_unproven = true;
    if (j->link) {
        list_push_back(&j->links, &j->link->node);
    } else if (first_waiting(j)) {
        go_on_later(j); /* for the next of them */
        finish(take_waiting(j), JQ_DIED, SLICE_NONE);
    }
    return false;
}

/* What the helper needs to have next; NULL: nothing. A helper that ended before its first answer
 * has no other after it but for a job, so that none is started again and again. */
static struct jq_program *choose_program(struct jq *j)
{
    const struct jq_job *job = first_waiting(j);
    if (job)
        return jq_program_of(&j->programs, job->work.program, j->compiling);
    return j->link || !j->is_unproven ? jq_program_to_be_compiled(&j->programs) : NULL;
}

static void go_on(struct ready *r)
{
    struct jq *j = LIST_OWNER(r, struct jq, ready);
    if (j->state != IDLE)
        return;
    let_outdated_helper_go(j);
    struct jq_program *p = choose_program(j);
    if (!p || !has_helper(j))
        return;
    if (p->is_compiled)
        run(j, p);
    else
        compile(j, p);
}

/* Whoever waits for a program that cannot be had hears it; so its slot is free again. */
static void end_compiling(struct jq *j, enum jq_verdict verdict, struct slice why)
{
    struct jq_program *p = j->compiling;
    struct jq_job *job = first_waiting(j);
    bool is_wanted = job && slice_equal(job->work.program, p->text);
    j->compiling = NULL;
    jq_program_drop(p);
    if (is_wanted)
        finish(take_waiting(j), verdict, why);
}

static void end_running(struct jq *j, enum jq_verdict verdict, struct slice bytes)
{
    struct jq_job *job = j->running;
    j->running = NULL;
    if (job)
        finish(job, verdict, bytes);
}

/* The helper has answered, or will not any more. */
static void end_asking(struct jq *j, enum jq_verdict verdict, struct slice bytes)
{
    enum state state = j->state;
    j->state = IDLE;
    loop_disarm(j->loop, &j->late);
    go_on_later(j);
    if (state == RUNNING) {
        end_running(j, verdict, bytes);
    } else if (state == COMPILING && verdict == JQ_GOOD) {
        j->compiling->is_compiled = true;
        j->compiling = NULL;
    } else if (state == COMPILING) {
        end_compiling(j, verdict, bytes);
    }
}

/* The next one knows no program yet. */
static void lose_helper(struct jq *j, enum jq_verdict verdict)
{
    j->link = NULL;
    jq_program_forget_compiled(&j->programs);
    end_asking(j, verdict, SLICE_NONE);
}

static void on_free(void *owner)
{
    go_on_later(owner);
}

static void on_lost(void *owner)
{
    struct jq *j = owner;
    bool was_of_no_use = j->state == IDLE && j->is_unproven;
    lose_helper(j, JQ_DIED);
    if (was_of_no_use && first_waiting(j))
        finish(take_waiting(j), JQ_DIED, SLICE_NONE);
}

/* A helper runs what others wrote: its word alone is not enough. */
static enum jq_verdict judge(const struct jq *j, struct slice *bytes)
{
    if (j->state != RUNNING)
        return JQ_GOOD;
    struct scan_result scanned = scan_json(*bytes, j->settings.depth);
    *bytes = scanned.verdict == SCAN_OK ? scanned.value : SLICE("the result is nested too deep");
    return scanned.verdict == SCAN_OK ? JQ_GOOD : JQ_FAILED;
}

static void on_answer(void *owner, enum jq_helper_kind kind, struct slice bytes)
{
    struct jq *j = owner;
    enum jq_verdict verdict = JQ_FAILED;
    j->is_unproven = false;
    if (j->state == IDLE) { /* nobody asked */
        jq_link_end(j->link);
        lose_helper(j, JQ_DIED);
        return;
    }
    if (kind == JQ_HELPER_TOO_LARGE || bytes.n > j->settings.result)
        verdict = JQ_TOO_LARGE;
    else if (kind == JQ_HELPER_GOOD)
        verdict = judge(j, &bytes);
    end_asking(j, verdict, bytes);
}

static const struct jq_link_handlers handlers = {
    .on_free = on_free,
    .on_answer = on_answer,
    .on_lost = on_lost,
};

static void on_late(struct wheel_entry *e)
{
    struct jq *j = LIST_OWNER(e, struct jq, late);
    jq_link_end(j->link);
    lose_helper(j, JQ_LATE);
}

struct jq *jq_new(struct loop *l, const struct jq_settings *settings)
{
    struct jq *j = memory_take_zero(1, sizeof *j);
    j->loop = l;
    j->settings = *settings;
    list_init(&j->links);
    list_init(&j->waiting);
    wheel_entry_init(&j->late, on_late);
    loop_ready_init(&j->ready, go_on);
    return j;
}

void jq_set(struct jq *j, const struct jq_settings *settings)
{
    j->settings = *settings;
    go_on_later(j);
}

void jq_free(struct jq *j)
{
    CHECK(list_is_empty(&j->waiting) && !j->running);
    loop_disarm(j->loop, &j->late);
    loop_ready_cancel(&j->ready);
    while (!list_is_empty(&j->links))
        jq_link_end_and_wait(LIST_OWNER(j->links.next, struct jq_link, node));
    jq_program_drop_all(&j->programs);
    while (j->kept) {
        struct jq_job *job = j->kept;
        j->kept = job->next_kept;
        free(job);
    }
    free(j);
}

void jq_prepare(struct jq *j, struct slice program)
{
    jq_program_of(&j->programs, program, j->compiling);
    go_on_later(j);
}

static struct jq_job *take_job(struct jq *j)
{
    struct jq_job *job = j->kept;
    if (job) {
        j->kept = job->next_kept;
        return job;
    }
    job = malloc(sizeof *job);
    CHECK(job);
    return job;
}

struct jq_job *jq_begin(struct jq *j, const struct jq_work *work, jq_done *done, void *owner)
{
    if (j->n_waiting == j->settings.queue)
        return NULL;
    struct jq_job *job = take_job(j);
    *job = (struct jq_job){.jq = j, .work = *work, .done = done, .owner = owner};
    list_push_back(&j->waiting, &job->node);
    j->n_waiting++;
    go_on_later(j);
    return job;
}

/* A document that the helper has not read to its end cannot be had back without the helper. */
static void leave_running(struct jq *j)
{
    j->running = NULL;
    if (stream_is_writing(&j->link->stream)) {
        jq_link_end(j->link);
        lose_helper(j, JQ_DIED);
    }
}

void jq_cancel(struct jq_job *job)
{
    struct jq *j = job->jq;
    if (j->running == job) {
        leave_running(j);
    } else {
        list_remove(&job->node);
        j->n_waiting--;
    }
    keep(job);
}
