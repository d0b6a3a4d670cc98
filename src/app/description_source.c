/* description_source.c - what is known of one source: its own schema, under names of ours */
#include "app/description_internal.h"
#include "base/check.h"

/* Schemas that come from a configuration, while their references change. */
struct import {
    struct arena *arena;
    struct draft *renamed; /* by "#/$defs/NAME", the reference that it has here */
};

static bool is_one_of(struct slice name, const char *const *words)
{
    while (*words && !slice_equal(slice_of(*words), name))
        words++;
    return *words;
}

static struct draft *import_schema(struct import *in, const struct draft *s);

static struct draft *import_parts(struct import *in, const struct draft *all)
{
    struct draft *copy = all->kind == DRAFT_LIST ? draft_list(in->arena) : draft_object(in->arena);
    for (const struct draft_part *p = all->first; p; p = p->next) {
        if (all->kind == DRAFT_LIST)
            draft_add(copy, import_schema(in, p->value));
        else
            draft_append(copy, p->name, import_schema(in, p->value));
    }
    return copy;
}

static struct draft *import_keyword(struct import *in, struct slice name, struct draft *value)
{
    static const char *const values[] = {"const", "enum", "default", "examples", NULL};
    static const char *const maps[] = {"properties", "patternProperties", "dependentSchemas", NULL};
    struct draft *renamed =
        slice_equal(name, SLICE("$ref")) ? draft_find_slice(in->renamed, value->text) : NULL;
    if (renamed)
        return renamed;
    if (value->kind == DRAFT_SCALAR || is_one_of(name, values))
        return value;
    return value->kind == DRAFT_LIST || is_one_of(name, maps) ? import_parts(in, value)
                                                              : import_schema(in, value);
}

/* What only told where the schema comes from, and what it refers to, stays behind. */
static struct draft *import_schema(struct import *in, const struct draft *s)
{
    static const char *const left_out[] = {"$schema", "$id", "$comment", "$defs", NULL};
    if (s->kind != DRAFT_OBJECT)
        return draft_copy(s);
    struct draft *copy = draft_object(in->arena);
    for (const struct draft_part *p = s->first; p; p = p->next)
        if (!is_one_of(p->name, left_out) && !draft_find_slice(copy, p->name))
            draft_append(copy, p->name, import_keyword(in, p->name, p->value));
    return copy;
}

/* What it refers to gets names of the description. */
static void import_source(struct description_work *w, const struct config_source *config,
                          struct description_source *out)
{
    struct arena *arena = &w->d->arena;
    struct import in = {arena, draft_object(arena)};
    struct draft *root = draft_read(arena, config->schema);
    const struct draft *inner = draft_find(root, "$defs");
    struct slice before = description_words(w->d, w->name, config->name);
    out->names = draft_object(arena);
    for (const struct draft_part *p = inner ? inner->first : NULL; p; p = p->next) {
        struct slice name = description_claim(w->d, description_words(w->d, before, p->name));
        struct slice old = arena_print(arena, "#/$defs/%.*s", SLICE_ARG(p->name));
        CHECK(old.at);
        const struct draft *reference = schema_reference(arena, name);
        draft_append(in.renamed, draft_text(arena, old)->text, draft_find(reference, "$ref"));
        draft_append(out->names, name, p->value);
    }
    for (struct draft_part *p = out->names->first; p; p = p->next) {
        p->value = import_schema(&in, p->value);
        draft_append(w->parts, p->name, p->value);
    }
    out->answer = import_schema(&in, root);
}

void description_begin_source(struct description_work *w, unsigned i)
{
    const struct config_source *config = &w->config->sources[i];
    struct description_source *s = &w->sources[i];
    bool is_text = config->format == CONFIG_FORMAT_TEXT || config->format == CONFIG_FORMAT_BASE64;
    if (config->schema.n)
        import_source(w, config, s);
    else if (is_text && !config->jq.n)
        s->answer = schema_of_type(&w->d->arena, "string");
    else
        s->answer = schema_any(&w->d->arena);
}
