/* values.c - parameters, header fields and places in JSON become texts */
#include "gateway/values.h"

#include "base/check.h"
#include "base/quote.h"
#include "gateway/gateway_internal.h"
#include "json/text.h"
#include "json/walk.h"

/* One variable being looked up. */
struct lookup {
    struct run *run;
    const struct values_item *item;
    const struct config_variable *from;
    struct template_value *out;
    const char *why; /* VALUES_MISSING, VALUES_UNFIT: what it is instead */
};

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

bool values_text(struct arena *arena, struct slice json, struct slice *text)
{
    *text = json;
    if (json.at[0] != '"')
        return true;
    *text = (struct slice){json.at + 1, json.n - 2};
    if (!memchr(text->at, '\\', text->n))
        return true;
    char *at = arena_take(arena, json.n);
    if (!at)
        return false;
    *text = (struct slice){at, text_unquote(at, json)};
    return true;
}

static enum values_verdict of_scalar(struct lookup *l, const struct json_value *value)
{
    l->why = unfit(value->kind);
    if (l->why)
        return VALUES_MISSING;
    *l->out = (struct template_value){.is_defined = true};
    if (!values_text(&l->run->visit->exchange->arena, value->text, &l->out->text))
        return VALUES_NO_ROOM;
    return VALUES_GOOD;
}

static enum values_verdict of_place(struct lookup *l, struct slice json)
{
    struct json_value found;
    l->why = "missing";
    return find_path(json, l->from->path, &found) ? of_scalar(l, &found) : VALUES_MISSING;
}

static unsigned count_elements(struct slice array)
{
    struct walk w = walk_begin(array);
    struct json_value element;
    unsigned n = 0;
    while (walk_element(&w, &element))
        n++;
    return n;
}

/* An array of scalars that the client sent is a list. */
static enum values_verdict of_array(struct lookup *l, struct slice array)
{
    struct arena *arena = &l->run->visit->exchange->arena;
    struct walk w = walk_begin(array);
    struct json_value element;
    unsigned n = count_elements(array);
    struct slice *items = arena_take_zero(arena, n, sizeof *items);
    if (!items)
        return VALUES_NO_ROOM;
    *l->out = (struct template_value){.is_defined = true, .is_list = true, .items = items};
    while (walk_element(&w, &element)) {
        l->why = unfit(element.kind) ? "an array whose elements are no texts or numbers" : NULL;
        if (l->why)
            return VALUES_UNFIT;
        if (!values_text(arena, element.text, &items[l->out->n_items++]))
            return VALUES_NO_ROOM;
    }
    return VALUES_GOOD;
}

/* Of the client: where it has nothing, or null, the variable is undefined. */
static enum values_verdict of_request(struct lookup *l, struct slice json)
{
    struct json_value found;
    *l->out = (struct template_value){.is_defined = false};
    if (json.n == 0 || !find_path(json, l->from->path, &found) || found.kind == JSON_NULL)
        return VALUES_GOOD;
    if (found.kind == JSON_ARRAY)
        return of_array(l, found.text);
    enum values_verdict verdict = of_scalar(l, &found);
    return verdict == VALUES_MISSING ? VALUES_UNFIT : verdict;
}

static enum values_verdict of_items(struct lookup *l)
{
    const struct values_item *item = l->item;
    CHECK(item);
    *l->out = (struct template_value){
        .is_defined = true, .is_list = true, .items = item->texts, .n_items = item->n};
    return VALUES_GOOD;
}

static enum values_verdict look_up(struct lookup *l)
{
    const struct visit *v = l->run->visit;
    switch (l->from->origin) {
    case CONFIG_FROM_PARAMETER:
        *l->out = of_parameter(v, l->from->index);
        break;
    case CONFIG_FROM_HEADER:
        *l->out = of_header(v, l->from->header);
        break;
    case CONFIG_FROM_SOURCE:
        return of_place(l, l->run->sources[l->from->index].value);
    case CONFIG_FROM_BODY:
        return of_request(l, v->body);
    case CONFIG_FROM_CLAIMS:
        return of_request(l, v->identity.claims);
    case CONFIG_FROM_ITEM:
        CHECK(l->item);
        return of_place(l, l->item->element);
    case CONFIG_FROM_ITEMS:
        return of_items(l);
    }
    return VALUES_GOOD;
}

static enum values_verdict tell_missing(const struct lookup *l, struct slice name,
                                        enum values_verdict verdict, struct values_missing *missing)
{
    bool is_source = l->from->origin == CONFIG_FROM_SOURCE;
    missing->source = is_source ? (int)l->from->index : -1;
    missing->name = name;
    missing->why = slice_of(l->why);
    missing->detail =
        arena_print(&l->run->visit->exchange->arena, "%.*s is %s", SLICE_ARG(name), l->why);
    return missing->detail.at ? verdict : VALUES_NO_ROOM;
}

enum values_verdict values_fill(struct run *r, const struct values_item *item,
                                const struct config_template *t, struct values_missing *missing)
{
    size_t n = template_n_variables(t->compiled);
    for (size_t i = 0; i < n; i++) {
        struct lookup l = {r, item, &t->variables[i], &r->gateway->values[i], NULL};
        enum values_verdict verdict = look_up(&l);
        if (verdict == VALUES_MISSING || verdict == VALUES_UNFIT)
            return tell_missing(&l, template_variable(t->compiled, i), verdict, missing);
        if (verdict != VALUES_GOOD)
            return verdict;
    }
    return VALUES_GOOD;
}

bool values_are_of_request(const struct config_variable *from)
{
    return from->origin == CONFIG_FROM_PARAMETER || from->origin == CONFIG_FROM_HEADER ||
           from->origin == CONFIG_FROM_BODY || from->origin == CONFIG_FROM_CLAIMS;
}

static bool is_of_item(const struct config_variable *from)
{
    return from->origin == CONFIG_FROM_ITEM || from->origin == CONFIG_FROM_ITEMS;
}

enum values_verdict values_fill_early(struct run *r, const struct values_item *item,
                                      const struct config_template *t,
                                      struct values_missing *missing)
{
    size_t n = template_n_variables(t->compiled);
    for (size_t i = 0; i < n; i++) {
        struct lookup l = {r, item, &t->variables[i], &r->gateway->values[i], NULL};
        enum values_verdict verdict = VALUES_GOOD;
        *l.out = (struct template_value){.is_defined = true, .text = SLICE("x")};
        if (values_are_of_request(l.from) || (item && is_of_item(l.from)))
            verdict = look_up(&l);
        if (verdict == VALUES_MISSING || verdict == VALUES_UNFIT)
            return tell_missing(&l, template_variable(t->compiled, i), verdict, missing);
        if (verdict != VALUES_GOOD)
            return verdict;
    }
    return VALUES_GOOD;
}

static bool quote(struct arena *arena, struct slice text, struct slice *json)
{
    char *at = arena_take(arena, quote_json_size(text));
    *json = (struct slice){at, at ? quote_json_into(at, text) : 0};
    return at;
}

static bool is_text(const struct run *r, unsigned parameter)
{
    return r->plan->config->parameters[parameter].type == CONFIG_STRING;
}

/* What `[`, the pieces with commas between them, and `]` take. */
static size_t array_size(const struct slice *items, size_t n, bool are_texts)
{
    size_t size = 2;
    for (size_t i = 0; i < n; i++)
        size += 1 + (are_texts ? quote_json_size(items[i]) : items[i].n);
    return size;
}

static bool join(struct arena *arena, const struct slice *items, size_t n, bool are_texts,
                 struct slice *json)
{
    char *text = arena_take(arena, array_size(items, n, are_texts));
    char *at = text;
    if (!text)
        return false;
    *at++ = '[';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            *at++ = ',';
        if (are_texts)
            at += quote_json_into(at, items[i]);
        else
            at = mempcpy(at, items[i].at, items[i].n);
    }
    *at++ = ']';
    *json = (struct slice){text, (size_t)(at - text)};
    return true;
}

/* Numbers and booleans were checked to be JSON when they came. */
static bool parameter_json(struct run *r, unsigned index, struct slice *json)
{
    const struct parameters_value *p = &r->visit->parameters.values[index];
    struct arena *arena = &r->visit->exchange->arena;
    bool are_texts = is_text(r, index);
    if (!p->is_present)
        return true;
    if (p->is_list)
        return join(arena, p->items, p->n_items, are_texts, json);
    *json = p->text;
    return !are_texts || quote(arena, p->text, json);
}

static bool header_json(struct run *r, struct slice name, struct slice *json)
{
    const struct field *f = exchange_field(&r->visit->exchange->request, name);
    return !f || quote(&r->visit->exchange->arena, f->value, json);
}

static void place_json(struct slice document, struct json_path path, struct slice *json)
{
    struct json_value found;
    if (document.n && find_path(document, path, &found))
        *json = found.text;
}

bool values_json(struct run *r, const struct values_item *item, const struct config_variable *from,
                 struct slice *json)
{
    *json = SLICE_NONE;
    switch (from->origin) {
    case CONFIG_FROM_PARAMETER:
        return parameter_json(r, from->index, json);
    case CONFIG_FROM_HEADER:
        return header_json(r, from->header, json);
    case CONFIG_FROM_SOURCE:
        place_json(r->sources[from->index].value, from->path, json);
        break;
    case CONFIG_FROM_BODY:
        place_json(r->visit->body, from->path, json);
        break;
    case CONFIG_FROM_CLAIMS:
        place_json(r->visit->identity.claims, from->path, json);
        break;
    case CONFIG_FROM_ITEM:
        CHECK(item);
        place_json(item->element, from->path, json);
        break;
    case CONFIG_FROM_ITEMS:
        CHECK(item);
        return join(&r->visit->exchange->arena, item->jsons, item->n, false, json);
    }
    return true;
}
