/* assemble.c - braces, names and commas around what came back */
#include "gateway/assemble.h"

#include "base/check.h"
#include "base/quote.h"

enum {
    MAX_STATUS_DIGITS = 10,
    /* bytes of an error entry besides its name, kind and message */
    ENTRY_FRAME =
        sizeof "{\"source\":\"\",\"kind\":\"\",\"message\":,\"status\":}," + MAX_STATUS_DIGITS,
};

static void add(struct assembly *a, struct slice bytes, struct run_source *source)
{
    a->parts[a->n++] = (struct assemble_part){bytes, source};
    a->n_bytes += bytes.n;
}

static bool has_settled(const struct run *r, unsigned source)
{
    return r->settled >> source & 1;
}

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

static char *put(char *at, struct slice bytes)
{
    return mempcpy(at, bytes.at, bytes.n);
}

/* Statuses have three digits. */
static char *put_status(char *at, unsigned status)
{
    at = put(at, SLICE(",\"status\":"));
    *at++ = (char)('0' + status / 100 % 10);
    *at++ = (char)('0' + status / 10 % 10);
    *at++ = (char)('0' + status % 10);
    return at;
}

static char *put_object(char *at, const struct run_source *s, struct slice message)
{
    at = put(at, s->plan->error_start);
    at = put(at, slice_of(outcome_kind_name(s->outcome.kind)));
    at = put(at, SLICE("\",\"message\":"));
    at += quote_json_into(at, message);
    if (s->outcome.status)
        at = put_status(at, s->outcome.status);
    return put(at, SLICE("}"));
}

/* Room for one entry; its message is written meanwhile. */
static size_t entry_size(const struct run_source *s, struct slice message)
{
    return ENTRY_FRAME + s->plan->error_start.n + slice_of(outcome_kind_name(s->outcome.kind)).n +
           quote_json_size(message);
}

/* Gathers the messages of those that failed; false: the arena is full. */
static bool gather_messages(struct run *r, struct slice *messages, size_t *size)
{
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        messages[i] = SLICE_NONE;
        if (!has_settled(r, i) || !run_has_failed(r, i))
            continue;
        messages[i] = assemble_message(r, i);
        if (!messages[i].at)
            return false;
        *size += entry_size(&r->sources[i], messages[i]);
    }
    return true;
}

struct slice assemble_errors(struct run *r)
{
    struct slice messages[CONFIG_MAX_SOURCES];
    size_t size = 0;
    if (!gather_messages(r, messages, &size))
        return SLICE_NONE;
    if (size == 0)
        return SLICE("");
    char *text = arena_take(&r->visit->exchange->arena, size + 1);
    if (!text)
        return SLICE_NONE;
    char *at = text;
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        if (!messages[i].at)
            continue;
        *at = at == text ? '[' : ',';
        at++;
        if (r->plan->config->errors_as_text)
            at += quote_json_into(at, messages[i]);
        else
            at = put_object(at, &r->sources[i], messages[i]);
    }
    *at++ = ']';
    return (struct slice){text, (size_t)(at - text)};
}

static void add_members(struct run *r, struct assembly *a)
{
    add(a, SLICE("{"), NULL);
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        struct run_source *s = &r->sources[i];
        add(a, slice_after(s->plan->member, i == 0), NULL);
        add(a, s->value, run_has_failed(r, i) ? NULL : s);
    }
}

bool assemble_document(struct run *r, struct assembly *a)
{
    CHECK(r->settled == r->plan->all);
    *a = (struct assembly){0};
    unsigned n = 2 * r->plan->n_sources + 4;
    a->parts = arena_take(&r->visit->exchange->arena, n * sizeof *a->parts);
    struct slice errors = assemble_errors(r);
    if (!a->parts || !errors.at)
        return false;
    add_members(r, a);
    a->is_complete = errors.n == 0;
    if (!a->is_complete) {
        add(a, r->plan->n_sources ? SLICE(",\"errors\":") : SLICE("\"errors\":"), NULL);
        add(a, errors, NULL);
    }
    add(a, SLICE("}"), NULL);
    return true;
}
