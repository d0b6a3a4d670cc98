/* description_answer.c - the schema of an answer: what each place has, and who may be absent */
#include "app/description_internal.h"

bool description_is_shown(const struct description_work *w, const struct place *p)
{
    return p->covered & w->selection->shown;
}

static bool is_source_shown(const struct description_work *w, const struct place *p)
{
    return p->source >= 0 && (w->selection->shown >> p->source & 1);
}

static bool is_conditional(const struct description_work *w, unsigned source)
{
    return w->places.conditional >> source & 1;
}

/* Does something stand there in each answer? */
static bool is_certain(const struct description_work *w, const struct place *p)
{
    return p->covered & w->selection->shown & ~w->places.conditional;
}

static struct draft *properties_of(struct draft *object)
{
    return draft_find(object, "properties");
}

static void require(struct draft *object, struct slice name)
{
    if (!schema_requires(object, name))
        draft_add_text(draft_find(object, "required"), name);
}

/* Of equal names at the top level the earlier one holds, wherever it is there. */
static void put_behind(const struct description_work *w, struct draft *object, struct slice name,
                       struct draft *value, bool is_certain)
{
    struct draft *before = draft_find_slice(properties_of(object), name);
    if (before && schema_requires(object, name))
        return;
    draft_put(properties_of(object), name, before ? schema_either(before, value) : value);
    if (is_certain && !draft_find_slice(w->vague, name))
        require(object, name);
}

/* In another's value what is placed there replaces a member of it. */
static void put_over(struct draft *object, struct slice name, struct draft *value, bool is_certain)
{
    struct draft *before = draft_find_slice(properties_of(object), name);
    bool is_either = before && !is_certain;
    draft_put(properties_of(object), name, is_either ? schema_either(before, value) : value);
    if (is_certain)
        require(object, name);
}

/* What it is not known to have, it may have. */
static void join(const struct description_work *w, struct draft *object, const struct draft *joined,
                 bool is_certain)
{
    const struct draft *rest = draft_find(joined, "additionalProperties");
    bool is_plain = schema_is_plain_object(joined);
    if (!is_plain || (rest && !draft_is_word(rest, "false")))
        draft_set_word(object, "additionalProperties", "true");
    const struct draft *properties = is_plain ? draft_find(joined, "properties") : NULL;
    for (const struct draft_part *p = properties ? properties->first : NULL; p; p = p->next)
        if (!slice_equal(p->name, SLICE("errors")))
            put_behind(w, object, p->name, p->value,
                       is_certain && schema_requires(joined, p->name));
}

static void put_joined(struct description_work *w, struct draft *object, const struct place *p)
{
    struct draft *shown = description_shown(w, p);
    struct draft *other = description_stand_in(w, p);
    join(w, object, schema_resolve(shown, w->sources[p->source].names),
         !other && !is_conditional(w, (unsigned)p->source));
    if (other && !draft_is_text(draft_find(other, "type"), "null"))
        join(w, object, other, false);
    description_find_vague(w, p);
}

/* Where the source is skipped, what lies in it lies in an object of its own. */
static struct draft *value_at(struct description_work *w, const struct place *p)
{
    struct draft *value = description_value(w, p);
    bool has_inside = p->inside & w->selection->shown;
    return has_inside && is_conditional(w, (unsigned)p->source)
               ? schema_either(value, description_inside(w, NULL, NULL, p))
               : value;
}

static void put_places(struct description_work *w, struct draft *object, const struct draft *names,
                       const struct place *parent)
{
    bool is_hosting = parent->is_hosted || parent->source >= 0;
    for (const struct place *p = parent->first; p; p = p->next) {
        if (!description_is_shown(w, p))
            continue;
        if (p->is_joined) {
            put_joined(w, object, p);
            continue;
        }
        struct draft *before = is_hosting ? draft_find_slice(properties_of(object), p->name) : NULL;
        struct draft *value =
            is_source_shown(w, p) ? value_at(w, p) : description_inside(w, before, names, p);
        if (is_hosting)
            put_over(object, p->name, value, is_certain(w, p));
        else
            put_behind(w, object, p->name, value, is_certain(w, p));
    }
}

/* The object with the places in it; of one that is not known at all, only these are. */
static struct draft *extend(struct description_work *w, const struct draft *known,
                            const struct draft *names, const struct place *p)
{
    struct arena *arena = &w->d->arena;
    bool is_any = schema_is_any(known);
    struct draft *object = is_any ? draft_object(arena) : draft_copy(known);
    struct draft *properties = draft_find(object, "properties");
    struct draft *required = draft_find(object, "required");
    draft_set(object, "properties", properties ? draft_copy(properties) : draft_object(arena));
    draft_set(object, "required", required ? draft_copy(required) : draft_list(arena));
    put_places(w, object, names, p);
    draft_drop_empty(object, "required");
    if (is_any)
        draft_set_word(object, "additionalProperties", "true");
    return object;
}

static struct draft *inside_alternatives(struct description_work *w, const struct draft *known,
                                         const struct draft *names, const struct place *p)
{
    struct draft *copy = draft_copy(known);
    const char *word = draft_find(known, "anyOf") ? "anyOf" : "oneOf";
    struct draft *list = draft_list(&w->d->arena);
    const struct draft *alternatives = draft_find(known, word);
    for (const struct draft_part *a = alternatives->first; a; a = a->next)
        draft_add(list, description_inside(w, a->value, names, p));
    draft_set(copy, word, list);
    return copy;
}

struct draft *description_inside(struct description_work *w, struct draft *s,
                                 const struct draft *names, const struct place *p)
{
    s = s ? s : schema_of_type(&w->d->arena, "object");
    const struct draft *known = schema_resolve(s, names);
    if (!(schema_kinds(known, names) & 1U << JSON_OBJECT))
        return s;
    if (draft_find(known, "anyOf") || draft_find(known, "oneOf"))
        return inside_alternatives(w, known, names, p);
    return extend(w, draft_find(known, "allOf") ? schema_any(s->arena) : known, names, p);
}

/* Last, and absent where nothing went wrong. */
static void put_errors(struct description_work *w, struct draft *object)
{
    struct arena *arena = &w->d->arena;
    struct draft *entry = w->config->errors_as_text
                              ? schema_of_type(arena, "string")
                              : schema_reference(arena, SLICE(DESCRIPTION_ERROR));
    draft_set(properties_of(object), "errors", schema_list_of(entry));
}

struct draft *description_answer(struct description_work *w)
{
    struct draft *object = schema_of_type(&w->d->arena, "object");
    draft_set(object, "properties", draft_object(&w->d->arena));
    draft_set(object, "required", draft_list(&w->d->arena));
    w->vague = draft_object(&w->d->arena);
    put_places(w, object, NULL, &w->places.root);
    put_errors(w, object);
    draft_drop_empty(object, "required");
    return object;
}
