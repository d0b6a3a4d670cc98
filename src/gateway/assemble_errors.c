/* assemble_errors.c - what went wrong, in declared order, then in the order of elements */
#include "base/put.h"
#include "base/quote.h"
#include "gateway/assemble.h"
#include "gateway/items.h"

enum {
    MAX_DIGITS = 10, /* of a status, of an index */
    /* bytes of an error entry besides its names, kind and message */
    ENTRY_FRAME =
        sizeof "{\"source\":\"\",\"kind\":\"\",\"message\":\"\",\"status\":,\"path\":[]}," +
        2 * MAX_DIGITS,
};

struct slice assemble_message(struct run *r, unsigned source)
{
    struct slice name = r->sources[source].plan->message;
    struct slice detail = r->sources[source].outcome.detail;
    char *text = arena_take(&r->visit->exchange->arena, name.n + detail.n);
    if (!text)
        return SLICE_NONE;
    memcpy(text, name.at, name.n);
    if (detail.n)
        memcpy(text + name.n, detail.at, detail.n);
    return (struct slice){text, name.n + detail.n};
}

/* One thing that went wrong after the other. */
struct failures {
    struct run *run;
    uint64_t sources;         /* that are looked at */
    unsigned source, element; /* to be looked at next */
    /* The one that was found: */
    const struct run_source *of;
    const struct outcome *outcome;
    int index; /* of the element; -1: the source itself */
};

static bool next_element(struct failures *f, const struct run_source *s)
{
    while (f->element < s->items->n) {
        unsigned i = f->element++;
        f->outcome = &items_at(s->items, i)->outcome;
        f->index = (int)i;
        if (items_at(s->items, i)->is_known && f->outcome->kind != OUTCOME_OK)
            return true;
    }
    f->element = 0;
    return false;
}

/* Has it settled, or are its elements told as they become known? */
static bool is_looked_at(const struct run *r, unsigned source)
{
    return ((r->settled | (r->plan->streamed & r->started)) >> source) & 1;
}

/* false: there is no further one. */
static bool next_failure(struct failures *f)
{
    for (; f->source < f->run->plan->n_sources; f->source++) {
        const struct run_source *s = &f->run->sources[f->source];
        f->of = s;
        if (!(f->sources >> f->source & 1) || !is_looked_at(f->run, f->source))
            continue;
        if (run_has_failed(f->run, f->source)) {
            f->source++;
            f->outcome = &s->outcome;
            f->index = -1;
            return true;
        }
        if (s->items && s->items->has_failed && next_element(f, s))
            return true;
    }
    return false;
}

/* "name: detail" as a JSON string. A source's name has nothing to escape; the opening quote of the
 * detail falls on the last byte before it, which is put back. */
static char *put_message(char *at, const struct failures *f)
{
    *at++ = '"';
    at = put(at, f->of->plan->message);
    char last = at[-1];
    char *end = at - 1 + quote_json_into(at - 1, f->outcome->detail);
    at[-1] = last;
    return end;
}

static char *put_object(char *at, const struct failures *f)
{
    at = put(at, f->of->plan->error_start);
    at = put(at, slice_of(outcome_kind_name(f->outcome->kind)));
    at = put(at, SLICE("\",\"message\":"));
    at = put_message(at, f);
    if (f->outcome->status)
        at = put_number(put(at, SLICE(",\"status\":")), f->outcome->status);
    if (f->index >= 0) {
        at = put_number(put(at, f->of->plan->error_path), (unsigned)f->index);
        *at++ = ']';
    }
    return put(at, SLICE("}"));
}

static size_t entry_size(const struct failures *f)
{
    const struct plan_source *p = f->of->plan;
    return ENTRY_FRAME + p->error_start.n + p->error_path.n + p->message.n +
           slice_of(outcome_kind_name(f->outcome->kind)).n + quote_json_size(f->outcome->detail);
}

static char *put_entry(char *at, const struct failures *f)
{
    return f->run->plan->config->errors_as_text ? put_message(at, f) : put_object(at, f);
}

struct slice assemble_errors_of(struct run *r, uint64_t sources)
{
    size_t size = 0;
    struct failures f = {.run = r, .sources = sources};
    while (next_failure(&f))
        size += entry_size(&f);
    if (size == 0)
        return SLICE("");
    char *text = arena_take(&r->visit->exchange->arena, size + 1);
    if (!text)
        return SLICE_NONE;
    char *at = text;
    for (f = (struct failures){.run = r, .sources = sources}; next_failure(&f);
         at = put_entry(at + 1, &f))
        *at = at == text ? '[' : ',';
    *at++ = ']';
    return (struct slice){text, (size_t)(at - text)};
}

struct slice assemble_error_of_element(struct run *r, unsigned source, unsigned element)
{
    const struct run_source *s = &r->sources[source];
    const struct failures f = {
        .run = r,
        .of = s,
        .outcome = &items_at(s->items, element)->outcome,
        .index = (int)element,
    };
    if (f.outcome->kind == OUTCOME_OK)
        return SLICE("");
    char *text = arena_take(&r->visit->exchange->arena, entry_size(&f));
    return text ? (struct slice){text, (size_t)(put_entry(text, &f) - text)} : SLICE_NONE;
}

struct slice assemble_errors(struct run *r)
{
    return assemble_errors_of(r, r->plan->all);
}
