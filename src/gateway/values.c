/* values.c - parameters, header fields and places in answers become texts */
#include "gateway/values.h"

#include "base/check.h"
#include "gateway/gateway_internal.h"
#include "json/text.h"

static struct template_value of_parameter(const struct visit *v, unsigned index)
{
    const struct parameters_value *p = &v->parameters.values[index];
    return (struct template_value){
        .is_defined = p->is_present,
        .is_list = p->is_list,
        .text = p->text,
        .items = p->items,
        .n_items = p->n_items,
    };
}

static struct template_value of_header(const struct visit *v, struct slice name)
{
    const struct field *f = exchange_field(&v->exchange->request, name);
    return (struct template_value){.is_defined = f, .text = f ? f->value : SLICE_NONE};
}

static struct template_value of_request(const struct visit *v, const struct config_variable *from)
{
    if (from->origin == CONFIG_FROM_HEADER)
        return of_header(v, from->header);
    return of_parameter(v, from->index);
}

/* Why a value of this kind cannot be written; NULL: it can. */
static const char *unfit(enum json_kind kind)
{
    switch (kind) {
    case JSON_NULL:
        return "null";
    case JSON_ARRAY:
        return "an array";
    case JSON_OBJECT:
        return "an object";
    case JSON_FALSE:
    case JSON_TRUE:
    case JSON_NUMBER:
    case JSON_STRING:
        break;
    }
    return NULL;
}

static bool unquote(struct arena *arena, struct slice quoted, struct slice *text)
{
    char *at = arena_take(arena, quoted.n);
    if (!at)
        return false;
    *text = (struct slice){at, text_unquote(at, quoted)};
    return true;
}

static enum values_verdict of_source(struct run *r, const struct config_variable *from,
                                     struct template_value *out, const char **why)
{
    struct json_value found;
    *why = "missing";
    if (!find_path(r->sources[from->index].value, from->path, &found))
        return VALUES_MISSING;
    *why = unfit(found.kind);
    if (*why)
        return VALUES_MISSING;
    *out = (struct template_value){.is_defined = true, .text = found.text};
    if (found.kind == JSON_STRING && !unquote(&r->visit->exchange->arena, found.text, &out->text))
        return VALUES_NO_ROOM;
    return VALUES_GOOD;
}

static enum values_verdict tell_missing(struct run *r, const struct config_template *t, size_t i,
                                        const char *why, struct values_missing *missing)
{
    missing->source = (int)t->variables[i].index;
    missing->detail = arena_print(&r->visit->exchange->arena, "%.*s is %s",
                                  SLICE_ARG(template_variable(t->compiled, i)), why);
    return missing->detail.at ? VALUES_MISSING : VALUES_NO_ROOM;
}

enum values_verdict values_fill(struct run *r, const struct config_template *t,
                                struct values_missing *missing)
{
    struct template_value *values = r->gateway->values;
    size_t n = template_n_variables(t->compiled);
    for (size_t i = 0; i < n; i++) {
        const struct config_variable *from = &t->variables[i];
        if (from->origin != CONFIG_FROM_SOURCE) {
            values[i] = of_request(r->visit, from);
            continue;
        }
        const char *why;
        enum values_verdict verdict = of_source(r, from, &values[i], &why);
        if (verdict == VALUES_MISSING)
            return tell_missing(r, t, i, why, missing);
        if (verdict != VALUES_GOOD)
            return verdict;
    }
    return VALUES_GOOD;
}

void values_fill_early(struct run *r, const struct config_template *t)
{
    struct template_value *values = r->gateway->values;
    size_t n = template_n_variables(t->compiled);
    for (size_t i = 0; i < n; i++) {
        const struct config_variable *from = &t->variables[i];
        if (from->origin == CONFIG_FROM_SOURCE)
            values[i] = (struct template_value){.is_defined = true, .text = SLICE("x")};
        else
            values[i] = of_request(r->visit, from);
    }
}
