/* selection.c - `fields` and `view` of a request, and views that its headers choose */
#include "gateway/selection.h"

#include "gateway/gateway_internal.h"
#include "gateway/visit.h"
#include "wire/target.h"

enum {
    MAX_UNKNOWN = 16,    /* names that are told */
    MAX_TOLD_BYTES = 64, /* of a name */
};

static const struct slice view_name = SLICE_INIT("view");
static const struct fields nothing = {0};

/* A parameter as it was asked for. */
struct asked {
    struct slice name;
    struct slice raw;  /* of its first occurrence */
    struct slice text; /* decoded; empty: absent */
    unsigned n;
};

struct reading {
    struct visit *visit;
    struct arena *arena;
    const struct config_endpoint *endpoint;
    const struct place_tree *places;
    struct asked fields, view;
};

static bool is_encoded(struct slice raw)
{
    return raw.n && (memchr(raw.at, '%', raw.n) || memchr(raw.at, '+', raw.n));
}

static bool give(struct asked *a, struct slice name, struct slice raw)
{
    if (!slice_equal(a->name, name))
        return false;
    if (a->n++ == 0)
        a->raw = raw;
    return true;
}

/* A name that cannot be decoded is nobody's. */
static bool gather_pair(struct reading *r, struct slice name, struct slice raw)
{
    bool is_given = give(&r->fields, name, raw) || give(&r->view, name, raw);
    if (is_given || name.n < strlen("%66") || !is_encoded(name))
        return true;
    enum fault fault = target_decode(name, true, r->arena, &name);
    if (fault)
        return fault == FAULT_CLIENT;
    if (!give(&r->fields, name, raw))
        (void)give(&r->view, name, raw);
    return true;
}

static bool gather(struct reading *r, struct slice query)
{
    struct slice rest = query, name, raw;
    while (target_next_pair(&rest, &name, &raw))
        if (!gather_pair(r, name, raw))
            return false;
    return true;
}

static bool refuse(struct reading *r, const struct asked *a, struct slice message)
{
    return message.at && parameters_refuse(&r->visit->parameters, a->name, message, r->arena);
}

static bool decode(struct reading *r, struct asked *a)
{
    if (a->n == 0)
        return true;
    if (a->n > 1)
        return refuse(r, a, SLICE("given more than once"));
    a->text = a->raw;
    if (!is_encoded(a->raw))
        return true; /* a target is ASCII */
    enum fault fault = target_decode(a->raw, true, r->arena, &a->text);
    if (fault == FAULT_CLIENT)
        a->text = SLICE_NONE;
    return !fault ||
           (fault == FAULT_CLIENT && refuse(r, a, SLICE("must be percent-encoded UTF-8")));
}

static struct slice shortened(struct slice name)
{
    return (struct slice){name.at, name.n < MAX_TOLD_BYTES ? name.n : MAX_TOLD_BYTES};
}

struct slice selection_complaint(const struct fields_result *f, struct arena *arena)
{
    switch (f->verdict) {
    case FIELDS_BAD_TOKEN:
        if (f->token.n == 0)
            return arena_print(arena, "ends at offset %zu, where %s is due", f->offset,
                               f->expected);
        return arena_print(arena, "bad token \"%.*s\" at offset %zu, where %s is due",
                           SLICE_ARG(shortened(f->token)), f->offset, f->expected);
    case FIELDS_TOO_LONG:
        return arena_print(arena, "is longer than %d bytes", FIELDS_TEXT_MAX);
    case FIELDS_TOO_DEEP:
    case FIELDS_TOO_MANY:
        return arena_print(arena, "\"%.*s\" at offset %zu is too much: %s may be given",
                           SLICE_ARG(shortened(f->token)), f->offset, f->expected);
    case FIELDS_GOOD:
    case FIELDS_NO_ROOM:
        break;
    }
    return SLICE_NONE;
}

/* The first names that the endpoint does not know. */
static bool refuse_unknown(struct reading *r, const struct fields *f)
{
    unsigned n_told = 0;
    for (unsigned i = 0; i < f->n_members && n_told < MAX_UNKNOWN; i++) {
        const struct fields_member *m = &f->members[i];
        if (config_has_place(r->endpoint, m->name))
            continue;
        n_told++;
        if (!refuse(r, &r->fields,
                    arena_print(r->arena, "unknown name \"%.*s\" at offset %zu",
                                SLICE_ARG(shortened(m->name)), m->offset)))
            return false;
    }
    return true;
}

/* *out NULL: nothing is asked for by this parameter, or what is wrong with it was told. */
static bool read_fields(struct reading *r, const struct fields **out)
{
    *out = NULL;
    if (!decode(r, &r->fields))
        return false;
    if (r->fields.text.n == 0)
        return true;
    struct fields_result f = fields_parse(r->fields.text, r->arena);
    if (f.verdict == FIELDS_NO_ROOM)
        return false;
    if (f.verdict != FIELDS_GOOD)
        return refuse(r, &r->fields, selection_complaint(&f, r->arena));
    *out = f.fields;
    return refuse_unknown(r, f.fields);
}

/* Any field of that name will do. */
static bool has_header(const struct reading *r, const struct config_view_header *h)
{
    const struct request *q = &r->visit->exchange->request;
    struct pattern_scratch *scratch = r->visit->gateway->context.scratch;
    for (unsigned i = 0; i < q->n_fields; i++)
        if (slice_equal_nocase(q->fields[i].name, h->name) && target_is_utf8(q->fields[i].value) &&
            pattern_match(h->pattern, scratch, q->fields[i].value) == PATTERN_MATCH)
            return true;
    return false;
}

static bool matches(const struct reading *r, const struct config_view *view)
{
    for (unsigned i = 0; i < view->n_headers; i++)
        if (!has_header(r, &view->headers[i]))
            return false;
    return view->n_headers;
}

static const struct config_view *find_matching(const struct reading *r)
{
    for (unsigned i = 0; i < r->endpoint->n_views; i++) {
        const struct config_view *view = &r->endpoint->views[i];
        if (matches(r, view) && selection_view_applies(r->endpoint, view))
            return view;
    }
    return NULL;
}

static const struct config_view *find_named(const struct reading *r)
{
    for (unsigned i = 0; i < r->endpoint->n_views; i++)
        if (slice_equal(r->endpoint->views[i].name, r->view.text))
            return &r->endpoint->views[i];
    return NULL;
}

/* *out NULL: there is none. */
static bool read_view(struct reading *r, const struct config_view **out)
{
    *out = NULL;
    if (!decode(r, &r->view))
        return false;
    if (r->view.text.n == 0) {
        *out = find_matching(r);
        return true;
    }
    const struct config_view *view = find_named(r);
    if (!view)
        return refuse(
            r, &r->view,
            arena_print(r->arena, "there is no view \"%.*s\"", SLICE_ARG(shortened(r->view.text))));
    if (selection_view_applies(r->endpoint, view))
        *out = view;
    return true;
}

static bool read_both(struct reading *r)
{
    const struct fields *fields;
    const struct config_view *view;
    if (!read_fields(r, &fields) || !read_view(r, &view))
        return false;
    if (view && fields && !fields_intersect(view->fields, fields, r->arena, &fields))
        return false;
    if (view && !fields)
        fields = r->fields.text.n ? &nothing : view->fields;
    struct selection *s = &r->visit->selection;
    if (!selection_choose(s, r->endpoint, r->places, fields, r->arena))
        return false;
    s->view = view;
    return true;
}

bool selection_read(struct visit *v, struct slice query)
{
    const struct config_endpoint *e = v->plan->config;
    struct reading r = {
        .visit = v,
        .arena = &v->exchange->arena,
        .endpoint = e,
        .places = &v->plan->places,
        .fields = {.name = e->select},
        .view = {.name = view_name},
    };
    v->selection = (struct selection){.called = v->plan->all, .shown = r.places->shown};
    if (query.n && e->select.n && !gather(&r, query))
        return false;
    return !r.fields.n && !r.view.n && !e->n_views ? true : read_both(&r);
}
