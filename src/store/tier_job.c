/* tier_job.c - the steps of a purge in a store, and what is made of its answers
 *
 * It is noted that what was asked for before is of no use any more; what is there is taken out; all
 * instances are told, who until then may have read it. What has a set of its own is purged so in
 * one step, where it has not very many records: nobody reads one of them after it. A step that got
 * no answer has the purge begin anew: twice does no harm.
 */
#include "store/tier_job.h"

#include <stdlib.h>

#include "base/check.h"

enum {
    STEPS_MAX = 16777216,
    RESTARTS_MAX = 16,
    AT_ONCE = 512, /* records taken out, or keys looked at, in one step */
    PATTERN_LIMIT = 256 * 1024,
};

/* When it is told to go on. */
static void begin_anew(struct tier_job *j)
{
    bool has_set = j->kind != CACHE_PURGE_PREFIX && j->kind != CACHE_PURGE_ALL;
    j->step = has_set ? TIER_JOB_PURGE : TIER_JOB_STAMP;
    j->cursor[0] = '0';
    j->n_cursor = 1;
}

static bool send_purge(const struct tier_job *j, struct resp_command *c)
{
    if (!tier_store_begin(j->store, c, TIER_SCRIPT_PURGE, 0, 4))
        return false;
    resp_add(c, j->label, SLICE_NONE);
    resp_add_number(c, TIER_TEXT_STAMP_MS);
    resp_add(c, slice_of(j->store->channel), SLICE_NONE);
    resp_add_number(c, AT_ONCE);
    return true;
}

/* What is on its way cannot be told from what has a prefix, so that a prefix stamps all. */
static bool send_stamp(const struct tier_job *j, struct resp_command *c)
{
    if (!tier_store_begin(j->store, c, TIER_SCRIPT_STAMP, 0, 2))
        return false;
    resp_add(c, tier_text_kind(CACHE_PURGE_ALL), SLICE_NONE);
    resp_add_number(c, TIER_TEXT_STAMP_MS);
    return true;
}

static bool write_pattern(struct buffer *out, const struct tier_job *j)
{
    if (j->kind == CACHE_PURGE_ALL)
        return buffer_append(out, SLICE(TIER_TEXT_ALL));
    return tier_text_pattern(out, slice_after(j->label, TIER_TEXT_KIND));
}

static bool send_scan(const struct tier_job *j, struct resp_command *c)
{
    struct buffer pattern;
    buffer_init(&pattern, PATTERN_LIMIT);
    bool is_whole = write_pattern(&pattern, j) && tier_link_begin(&j->store->link, c, 6);
    if (is_whole) {
        resp_add(c, SLICE("SCAN"), SLICE_NONE);
        resp_add(c, (struct slice){j->cursor, j->n_cursor}, SLICE_NONE);
        resp_add(c, SLICE("MATCH"), SLICE_NONE);
        resp_add(c, buffer_slice(&pattern), SLICE_NONE);
        resp_add(c, SLICE("COUNT"), SLICE_NONE);
        resp_add_number(c, AT_ONCE);
    }
    buffer_done(&pattern);
    return is_whole;
}

static bool send_tell(const struct tier_job *j, struct resp_command *c)
{
    if (!tier_store_begin(j->store, c, TIER_SCRIPT_TELL, 0, 2))
        return false;
    resp_add(c, slice_of(j->store->channel), SLICE_NONE);
    resp_add(c, j->label, SLICE_NONE);
    return true;
}

static bool (*const sends[])(const struct tier_job *j, struct resp_command *c) = {
    [TIER_JOB_PURGE] = send_purge, [TIER_JOB_STAMP] = send_stamp, [TIER_JOB_SCAN] = send_scan,
    [TIER_JOB_FOUND] = NULL, /* on_scanned() does it, as long as it has what was found */
    [TIER_JOB_TELL] = send_tell,
};

/* Where the step that is due cannot be sent now, the purge waits. */
bool tier_job_go_on(struct tier_job *j)
{
    struct resp_command c;
    if (j->is_asking)
        return true;
    j->is_asking = sends[j->step](j, &c) && tier_link_end(&j->store->link, &c, &j->wait);
    if (!j->is_asking)
        begin_anew(j);
    return j->is_asking;
}

/* Only names of ours are touched, whatever is found. */
static bool is_ours(const struct tier_job *j, struct slice key)
{
    return slice_starts(key, SLICE(TIER_TEXT_SET)) ||
           (j->kind == CACHE_PURGE_ALL && slice_starts(key, SLICE(TIER_TEXT_RECORD)));
}

static unsigned count_ours(const struct tier_job *j, const struct resp_value *keys)
{
    unsigned n = 0;
    for (unsigned i = 0; i < keys->n; i++)
        n += is_ours(j, resp_text(&keys->list[i]));
    return n;
}

/* Sets of a prefix are swept; of all, whatever there is is removed. */
static bool send_found(const struct tier_job *j, struct resp_command *c,
                       const struct resp_value *keys, unsigned n)
{
    bool is_all = j->kind == CACHE_PURGE_ALL;
    bool is_begun = is_all ? tier_link_begin(&j->store->link, c, n + 1)
                           : tier_store_begin(j->store, c, TIER_SCRIPT_SWEEP, n, n + 1);
    if (!is_begun)
        return false;
    if (is_all)
        resp_add(c, SLICE("UNLINK"), SLICE_NONE);
    for (unsigned i = 0; i < keys->n; i++)
        if (is_ours(j, resp_text(&keys->list[i])))
            resp_add(c, resp_text(&keys->list[i]), SLICE_NONE);
    if (!is_all)
        resp_add_number(c, AT_ONCE);
    return true;
}

static void move_cursor(struct tier_job *j)
{
    memcpy(j->cursor, j->next, j->n_next);
    j->n_cursor = j->n_next;
    j->step =
        slice_equal((struct slice){j->next, j->n_next}, SLICE("0")) ? TIER_JOB_TELL : TIER_JOB_SCAN;
}

static bool read_scan(struct tier_job *j, const struct resp_value *v)
{
    bool is_scan = v->kind == RESP_LIST && v->n == 2 && v->list[0].kind == RESP_TEXT &&
                   v->list[1].kind == RESP_LIST && resp_text(&v->list[0]).n <= TIER_JOB_CURSOR;
    if (!is_scan)
        return false;
    struct slice cursor = resp_text(&v->list[0]);
    memcpy(j->next, cursor.at, cursor.n);
    j->n_next = cursor.n;
    return cursor.n > 0;
}

/* false: this is no answer to a scan. */
static bool on_scanned(struct tier_job *j, const struct resp_value *v)
{
    struct resp_command c;
    if (!read_scan(j, v))
        return false;
    unsigned n = count_ours(j, &v->list[1]);
    if (n == 0) {
        move_cursor(j);
        return true;
    }
    j->step = TIER_JOB_FOUND;
    j->is_asking =
        send_found(j, &c, &v->list[1], n) && tier_link_end(&j->store->link, &c, &j->wait);
    if (!j->is_asking)
        begin_anew(j);
    return true;
}

/* What is left of the sets is found again by the same scan. */
static bool on_found(struct tier_job *j, const struct resp_value *v)
{
    uint64_t n;
    if (!resp_number(v, &n))
        return false;
    if (n && j->kind == CACHE_PURGE_PREFIX)
        j->step = TIER_JOB_SCAN;
    else
        move_cursor(j);
    return true;
}

/* The next step, after the answer to this one; false: it was none. */
static bool advance(struct tier_job *j, const struct resp_value *v)
{
    switch (j->step) {
    case TIER_JOB_PURGE:
    case TIER_JOB_TELL:
        return v->kind == RESP_INTEGER;
    case TIER_JOB_STAMP:
        j->step = TIER_JOB_SCAN;
        return v->kind == RESP_INTEGER;
    case TIER_JOB_SCAN:
        return on_scanned(j, v);
    case TIER_JOB_FOUND:
        return on_found(j, v);
    }
    return false;
}

/* false: the purge has failed. */
static bool takes_answer(struct tier_job *j, struct resp_value *v)
{
    bool is_anew = !v || tier_store_has_forgotten(j->store, v);
    if (!is_anew)
        return advance(j, v) && ++j->n_steps <= STEPS_MAX;
    begin_anew(j);
    return ++j->n_restarts <= RESTARTS_MAX;
}

static bool is_last(const struct tier_job *j, const struct resp_value *v)
{
    if (!v || v->kind != RESP_INTEGER)
        return false;
    return j->step == TIER_JOB_TELL || (j->step == TIER_JOB_PURGE && v->number == 0);
}

static void on_answer(struct tier_wait *w, struct resp_value *v)
{
    struct tier_job *j = LIST_OWNER(w, struct tier_job, wait);
    bool was_last = is_last(j, v);
    j->is_asking = false;
    if (!takes_answer(j, v))
        j->on_end(j, false);
    else if (was_last)
        j->on_end(j, true);
    else if (v)
        j->on_step(j);
}

struct tier_job *tier_job_new(struct tier_store *s, enum cache_purge_kind kind, struct slice label)
{
    struct tier_job *j = calloc(1, sizeof *j);
    char *copy = malloc(label.n);
    CHECK(j && copy);
    memcpy(copy, label.at, label.n);
    j->store = s;
    j->kind = kind;
    j->label = (struct slice){copy, label.n};
    j->wait.on_answer = on_answer;
    begin_anew(j);
    return j;
}

void tier_job_free(struct tier_job *j)
{
    free((char *)j->label.at);
    free(j);
}
