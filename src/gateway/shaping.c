/* shaping.c - step by step, and only those that are asked for
 *
 * The value that others may read is set before anything is left out of it. What is shown are slices
 * of the same bytes; jq alone makes new ones, and then the service's are kept only where somebody
 * reads them.
 */
#include "gateway/shaping.h"

#include "base/check.h"
#include "gateway/gateway_internal.h"
#include "service/service_body.h"

static const struct slice null = SLICE_INIT("null");

static const struct plan_source *plan_of(const struct shaping *s)
{
    return s->run->sources[s->source].plan;
}

static struct arena *arena_of(const struct shaping *s)
{
    return &s->run->visit->exchange->arena;
}

/* A stale entry of which nothing can be made stands in for nothing: the failure stays what it was.
 */
static void fail(const struct shaping *s, enum outcome_kind kind, struct slice detail)
{
    bool has_failed = s->outcome->has_stale;
    s->outcome->has_stale = false;
    if (has_failed)
        return;
    s->outcome->kind = kind;
    s->outcome->detail = detail;
}

static void fail_for_room(const struct shaping *s)
{
    fail(s, OUTCOME_OVERLOADED, SLICE("no memory is left for the answer"));
}

static const struct fields *selected(const struct shaping *s)
{
    const struct fields **of = s->run->visit->selection.of;
    return of ? of[s->source] : NULL;
}

static void show_whole(const struct shaping *s)
{
    *s->shown = (struct pieces){.at = s->value, .n = 1, .capacity = 1, .n_bytes = s->value->n};
}

/* The limit of an exchange's arena is made for answers of a usual size; what is cut out of a larger
 * one brings room of its own: for pieces, copies of small ones, and their places in the answer. */
enum {
    USUAL = 16 * 1024, /* bytes of a value */
    SHAPE_ROOM = 4     /* bytes for each of a value's */
};

static void make_room(const struct shaping *s, size_t n)
{
    if (n > USUAL && n < service_memory_left(&s->run->gateway->calls) / SHAPE_ROOM)
        arena_of(s)->limit += n * SHAPE_ROOM;
}

/* What joins the top level has its names there even where nothing is shown of a member. false: the
 * arena is full. */
static bool apply(const struct shaping *s, const struct shape *shape, const struct fields *fields,
                  struct slice json)
{
    *s->shown = pieces_in(arena_of(s));
    if (!shape && !fields)
        return pieces_add(s->shown, json);
    struct shape own = shape ? *shape : (struct shape){0};
    own.keeps_names = plan_of(s)->config->into.is_joined;
    make_room(s, json.n);
    return shape_apply(&own, fields, json, s->shown) == SHAPE_GOOD;
}

bool shaping_unwrap(const struct shaping *s)
{
    const struct plan_source *p = plan_of(s);
    *s->value = s->outcome->value;
    if (!p->config->unwrap.n_steps || s->outcome->is_empty)
        return true;
    make_room(s, s->outcome->value.n); /* what lies in arrays is put together anew */
    switch (shape_unwrap(s->outcome->value, p->config->unwrap, arena_of(s), s->value)) {
    case SHAPE_GOOD:
        return true;
    case SHAPE_ABSENT:
        fail(s, OUTCOME_INVALID, p->nothing_to_unwrap);
        break;
    case SHAPE_NO_ROOM:
        fail_for_room(s);
        break;
    }
    return false;
}

/* What joins the top level has members, or is null. */
static bool can_be_placed(const struct shaping *s, struct slice json)
{
    if (!plan_of(s)->config->into.is_joined || json.at[0] == '{' || slice_equal(json, null))
        return true;
    fail(s, OUTCOME_INVALID, SLICE("what would join the top level is no object"));
    return false;
}

static struct jq_job *begin_program(const struct shaping *s, jq_done *done, void *owner)
{
    const struct config_source *config = plan_of(s)->config;
    struct slice document = *s->value;
    if (config->has_shape) {
        document = apply(s, &config->shape, NULL, *s->value) ? pieces_join(s->shown) : SLICE_NONE;
        if (!document.at) {
            fail_for_room(s);
            return NULL;
        }
    }
    struct jq *jq = s->run->gateway->context.jq;
    const struct jq_work work = {
        .program = config->jq, .document = document, .time_ms = config->jq_time_ms};
    struct jq_job *job = jq ? jq_begin(jq, &work, done, owner) : NULL;
    if (!job)
        fail(s, OUTCOME_OVERLOADED, SLICE("too many answers wait for jq"));
    return job;
}

struct jq_job *shaping_begin(const struct shaping *s, jq_done *done, void *owner)
{
    const struct config_source *config = plan_of(s)->config;
    const struct fields *fields = selected(s);
    if (s->outcome->is_empty) {
        show_whole(s);
        return NULL;
    }
    if (config->jq.n)
        return begin_program(s, done, owner);
    if (!can_be_placed(s, *s->value))
        return NULL;
    if (!config->has_shape && !fields)
        show_whole(s);
    else if (!apply(s, config->has_shape ? &config->shape : NULL, fields, *s->value))
        fail_for_room(s);
    return NULL;
}

/* The service's bytes are needed no longer, unless others read of them. */
static void replace_blob(const struct shaping *s, struct blob *blob)
{
    struct blob *before = s->outcome->blob;
    s->outcome->blob = blob;
    if (!before)
        return;
    if (plan_of(s)->is_read)
        *s->read = before;
    else
        blob_release(&s->run->gateway->loop->blobs, before);
}

static bool has_line_break(const struct pieces *p)
{
    for (unsigned i = 0; i < p->n; i++)
        if (memchr(p->at[i].at, '\n', p->at[i].n) || memchr(p->at[i].at, '\r', p->at[i].n))
            return true;
    return false;
}

/* Behind a shape whose own blob others read of there is nothing more to keep. */
static void keep_line(const struct shaping *s, struct blob *line)
{
    struct blob *before = s->outcome->blob;
    if (before && plan_of(s)->is_read && *s->read) {
        blob_release(&s->run->gateway->loop->blobs, before);
        s->outcome->blob = line;
    } else {
        replace_blob(s, line);
    }
}

/* In JSON a line break stands between tokens alone. */
bool shaping_to_one_line(const struct shaping *s)
{
    struct service_body line;
    if (!has_line_break(s->shown))
        return true;
    if (!service_body_make(&line, &s->run->gateway->calls, arena_of(s), s->shown->n_bytes))
        return false;
    char *at = line.at;
    for (unsigned i = 0; i < s->shown->n; i++)
        at = mempcpy(at, s->shown->at[i].at, s->shown->at[i].n);
    for (size_t i = 0; i < line.n; i++)
        if (line.at[i] == '\n' || line.at[i] == '\r')
            line.at[i] = ' ';
    *s->shown = pieces_in(arena_of(s));
    keep_line(s, line.blob);
    return pieces_add(s->shown, (struct slice){line.at, line.n});
}

static void take_result(const struct shaping *s, struct slice result)
{
    struct service_body kept;
    if (!can_be_placed(s, result))
        return;
    bool is_kept = service_body_make(&kept, &s->run->gateway->calls, arena_of(s), result.n);
    if (is_kept) {
        memcpy(kept.at, result.at, result.n);
        replace_blob(s, kept.blob);
    }
    if (!is_kept || !apply(s, NULL, selected(s), (struct slice){kept.at, kept.n}))
        fail_for_room(s);
}

/* An operator hears why, and hears it once: what fails may fail with each request. */
static void tell_why(const struct shaping *s, struct slice why)
{
    struct gateway *g = s->run->gateway;
    uint64_t *told = &g->told_programs[s->run->plan->index];
    if ((*told >> s->source & 1) || !g->context.on_program_failed)
        return;
    *told |= (uint64_t)1 << s->source;
    g->context.on_program_failed(g->context.owner, s->run->plan->config, plan_of(s)->config, why);
}

void shaping_end(const struct shaping *s, const struct jq_result *result)
{
    switch (result->verdict) {
    case JQ_GOOD:
        take_result(s, result->value);
        break;
    case JQ_FAILED:
        tell_why(s, result->why);
        fail(s, OUTCOME_INVALID, SLICE("jq cannot make one value of the answer"));
        break;
    case JQ_LATE:
        fail(s, OUTCOME_INVALID, plan_of(s)->late_program);
        break;
    case JQ_DIED:
        fail(s, OUTCOME_INVALID, SLICE("jq ended over the answer"));
        break;
    case JQ_TOO_LARGE:
        fail(s, OUTCOME_TOO_LARGE, SLICE("what jq makes of the answer is too large"));
        break;
    }
}

void shaping_stand_in(const struct shaping *s, struct slice fallback)
{
    const struct fields *fields = selected(s);
    *s->value = fallback;
    if (fields && apply(s, NULL, fields, fallback))
        return;
    show_whole(s); /* the whole of a fallback is no secret */
}
