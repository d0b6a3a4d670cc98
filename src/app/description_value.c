/* description_value.c - the schema of what a source shows in the answer */
#include "app/description_internal.h"
#include "base/check.h"

static const struct config_source *source_of(const struct description_work *w,
                                             const struct place *p)
{
    return &w->config->sources[p->source];
}

static const struct fields *selected_of(const struct description_work *w, const struct place *p)
{
    return w->selection->of ? w->selection->of[p->source] : NULL;
}

/* A batch hands out the elements of its answer. */
static struct draft *element_of(struct draft *s, const struct draft *names)
{
    struct draft *items = draft_find(schema_resolve(s, names), "items");
    return items ? items : schema_any(s->arena);
}

/* With jq the schema speaks of what the program makes. */
static struct draft *cut_answer(const struct description_work *w, const struct place *p,
                                const struct fields *selected)
{
    const struct config_source *config = source_of(w, p);
    const struct description_source *s = &w->sources[p->source];
    if (config->jq.n)
        return schema_cut(s->answer, s->names, NULL, selected);
    struct draft *shown = schema_unwrap(s->answer, s->names, config->unwrap);
    if (config->each.batch.n)
        shown = element_of(shown, s->names);
    return schema_cut(shown, s->names, config->has_shape ? &config->shape : NULL, selected);
}

struct draft *description_shown(const struct description_work *w, const struct place *p)
{
    return cut_answer(w, p, selected_of(w, p));
}

static void add_vague(struct description_work *w, const struct draft *known,
                      const struct draft *names, const struct fields *selected)
{
    bool is_plain = schema_is_plain_object(known);
    const struct draft *properties = is_plain ? draft_find(known, "properties") : NULL;
    for (const struct draft_part *p = properties ? properties->first : NULL; p; p = p->next) {
        const struct fields *below = fields_below(selected, p->name);
        bool is_part = below && !below->is_all;
        if (is_part && (schema_kinds(p->value, names) & ~SCHEMA_CONTAINERS))
            draft_put(w->vague, p->name, p->value);
    }
}

void description_find_vague(struct description_work *w, const struct place *p)
{
    const struct config_source *config = source_of(w, p);
    const struct draft *names = w->sources[p->source].names;
    const struct fields *selected = selected_of(w, p);
    if (!selected)
        return;
    add_vague(w, schema_resolve(cut_answer(w, p, NULL), names), names, selected);
    if (config->has_fallback)
        add_vague(w, schema_of_value(draft_read(&w->d->arena, config->fallback)), NULL, selected);
}

static bool is_worth_a_name(const struct draft *s)
{
    return draft_find(s, "properties") || draft_find(s, "anyOf") || draft_find(s, "oneOf") ||
           draft_find(s, "allOf");
}

static struct draft *name_value(struct description_work *w, const struct place *p, struct draft *s)
{
    const struct config_source *config = source_of(w, p);
    if (!is_worth_a_name(s))
        return s;
    struct slice words = description_words(w->d, w->name, config->name);
    if (config->each.is_given)
        words = arena_print(&w->d->arena, "%.*sItem", SLICE_ARG(words));
    CHECK(words.at);
    struct slice name = description_claim(w->d, words);
    draft_append(w->parts, name, s);
    return schema_reference(s->arena, name);
}

/* Of one answer, with what stands in it. What is whole has a name, and is the same in each view. */
static struct draft *one_value(struct description_work *w, const struct place *p)
{
    struct description_source *source = &w->sources[p->source];
    bool is_alone = !(p->inside & w->selection->shown);
    if (source->value && is_alone && !selected_of(w, p))
        return source->value;
    struct draft *s = description_shown(w, p);
    if (!is_alone)
        s = description_inside(w, s, source->names, p);
    if (w->selection->of)
        return s;
    s = name_value(w, p, s);
    source->value = is_alone ? s : NULL;
    return s;
}

struct draft *description_stand_in(struct description_work *w, const struct place *p)
{
    const struct config_source *config = source_of(w, p);
    if (!config->has_fallback)
        return config->is_required ? NULL : schema_of_type(&w->d->arena, "null");
    struct draft *s = schema_of_value(draft_read(&w->d->arena, config->fallback));
    s = schema_cut(s, NULL, NULL, selected_of(w, p));
    return p->inside & w->selection->shown ? description_inside(w, s, NULL, p) : s;
}

struct draft *description_value(struct description_work *w, const struct place *p)
{
    struct draft *value = one_value(w, p);
    if (source_of(w, p)->each.is_given)
        value = schema_list_of(schema_or_null(value));
    struct draft *other = description_stand_in(w, p);
    if (!other)
        return value;
    return draft_is_text(draft_find(other, "type"), "null") ? schema_or_null(value)
                                                            : schema_either(value, other);
}
