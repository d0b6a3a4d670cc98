/* explain_choice.c - a request without a client */
#include "app/explain_choice.h"

#include "base/check.h"

enum {
    CHUNK = 16 * 1024
};

static const struct fields nothing = {0};

static bool refuse(struct explain_choice *c, struct slice complaint)
{
    CHECK(complaint.at);
    c->complaint = complaint;
    return false;
}

static bool choose_fields(struct explain_choice *c, const struct config_endpoint *e,
                          const char *text, const struct fields **out)
{
    struct fields_result r = fields_parse(slice_of(text), &c->arena);
    if (r.verdict != FIELDS_GOOD)
        return refuse(c, arena_print(&c->arena, "takes no such --fields: %.*s",
                                     SLICE_ARG(selection_complaint(&r, &c->arena))));
    for (unsigned i = 0; i < r.fields->n_members; i++) {
        const struct fields_member *m = &r.fields->members[i];
        if (!config_has_place(e, m->name))
            return refuse(c,
                          arena_print(&c->arena, "has nothing called '%.*s'", SLICE_ARG(m->name)));
    }
    *out = r.fields;
    return true;
}

static const struct config_view *find_view(const struct config_endpoint *e, const char *name)
{
    for (unsigned i = 0; i < e->n_views; i++)
        if (slice_equal(e->views[i].name, slice_of(name)))
            return &e->views[i];
    return NULL;
}

static bool choose_view(struct explain_choice *c, const struct config_endpoint *e, const char *name,
                        const struct config_view **out)
{
    const struct config_view *view = find_view(e, name);
    if (!view)
        return refuse(c, arena_print(&c->arena, "has no view '%s'", name));
    *out = selection_view_applies(e, view) ? view : NULL;
    return true;
}

/* What is empty counts as absent, as it does in a request. */
static const char *unless_empty(const char *text)
{
    return text && text[0] ? text : NULL;
}

bool explain_choose(struct explain_choice *c, const struct config_endpoint *e,
                    const struct command_line *line)
{
    const struct config_view *view = NULL;
    const struct fields *fields = NULL;
    const char *asked = unless_empty(line->fields);
    const char *named = unless_empty(line->view);
    *c = (struct explain_choice){0};
    arena_init(&c->arena, CHUNK, SIZE_MAX / 2);
    place_compile(&c->places, e, &c->arena);
    if ((asked || named) && !e->select.n)
        return refuse(c, SLICE("lets no client select"));
    if (asked && !choose_fields(c, e, asked, &fields))
        return false;
    if (named && !choose_view(c, e, named, &view))
        return false;
    if (view && fields) {
        CHECK(fields_intersect(view->fields, fields, &c->arena, &fields));
        fields = fields ? fields : &nothing;
    } else if (view) {
        fields = view->fields;
    }
    CHECK(selection_choose(&c->selection, e, &c->places, fields, &c->arena));
    c->selection.view = view;
    return true;
}

void explain_choice_done(struct explain_choice *c)
{
    arena_done(&c->arena);
}
