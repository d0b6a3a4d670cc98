/* config_template.c - compiles templates and finds out what their variables are
 *
 * wire/template.h knows the braces; here each variable gets an owner (CONTRACT 3.1):
 *   id                  a parameter of the path or the query
 *   headers.x-tenant    a header, declared as a parameter or not
 *   product.seller.id   a path into the answer of a source, which has to settle before
 * Parameters and sources share one name space, so there is never a doubt.
 */
#include <ctype.h>
#include <stdlib.h>

#include "config/config_internal.h"
#include "wire/token.h"

enum {
    TEMPLATE_MAX = 8192,
    STEPS_MAX = 32,
    INDEX_DIGITS_MAX = 9
};

struct resolver {
    struct reading *r;
    struct place place; /* of the variable */
    struct slice name;  /* as written between the braces */
    struct config_variable *out;
};

static bool is_head_end(char c)
{
    return c == '.' || c == '[';
}

/* Up to the first dot or bracket. */
static struct slice head_of(struct slice name)
{
    size_t n = 0;
    while (n < name.n && !is_head_end(name.at[n]))
        n++;
    return (struct slice){name.at, n};
}

/* Takes the next step off a path: ".name" or "[7]". */
static bool next_step(struct slice *rest, struct json_step *step)
{
    size_t n = 1;
    step->is_index = rest->at[0] == '[';
    if (!step->is_index) {
        struct slice name = head_of(slice_after(*rest, 1));
        step->name = name;
        *rest = slice_after(*rest, name.n + 1);
        return name.n > 0 && !memchr(name.at, ']', name.n);
    }
    for (step->index = 0;
         n < rest->n && n <= INDEX_DIGITS_MAX && isdigit((unsigned char)rest->at[n]); n++)
        step->index = step->index * 10 + (uint32_t)(rest->at[n] - '0');
    if (n == 1 || n == rest->n || rest->at[n] != ']')
        return false;
    *rest = slice_after(*rest, n + 1);
    return rest->n == 0 || is_head_end(rest->at[0]);
}

static bool resolve_path(struct resolver *v, struct slice rest)
{
    struct json_step steps[STEPS_MAX];
    unsigned n = 0;
    while (rest.n > 0) {
        if (n == STEPS_MAX || !next_step(&rest, &steps[n])) {
            reading_complain(v->r, RULE_VARIABLE_PATH, v->place,
                             "'%s' is no path into an answer; write it as product.seller.id or "
                             "product.images[0].url",
                             reading_show(v->r, v->name));
            return false;
        }
        n++;
    }
    struct json_step *kept = reading_keep(v->r, n, sizeof *kept);
    for (unsigned i = 0; i < n; i++) {
        kept[i] = steps[i];
        kept[i].name = steps[i].is_index ? SLICE_NONE : reading_copy(v->r, steps[i].name);
    }
    v->out->path = (struct json_path){n, kept};
    return true;
}

static bool is_parameter(const struct config_parameter *p, bool in_header, struct slice name)
{
    return (p->place == CONFIG_IN_HEADER) == in_header && slice_equal(p->name, name);
}

/* Makes it the variable's origin where there is one. */
static bool find_parameter(struct resolver *v, bool in_header, struct slice name)
{
    const struct config_endpoint *e = v->r->endpoint;
    v->out->origin = CONFIG_FROM_PARAMETER;
    for (v->out->index = 0; v->out->index < e->n_parameters; v->out->index++)
        if (is_parameter(&e->parameters[v->out->index], in_header, name))
            return true;
    return false;
}

/* A header need not be declared; one that is nearly a declared one is a slip. */
static bool resolve_header(struct resolver *v, struct slice written)
{
    struct node name = {.kind = NODE_SCALAR, .place = v->place, .text = written};
    const struct config_endpoint *e = v->r->endpoint;
    struct suggestion near;
    if (!config_read_header_name(v->r, &name, CONFIG_HEADER_READ, &v->out->header))
        return false;
    if (find_parameter(v, true, v->out->header))
        return true;
    v->out->origin = CONFIG_FROM_HEADER;
    suggestion_begin(&near, v->out->header);
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (e->parameters[i].place == CONFIG_IN_HEADER)
            suggestion_offer(&near, e->parameters[i].name);
    if (!suggestion_is_near(&near))
        return true;
    reading_complain(v->r, RULE_VARIABLE, v->place, "no header '%s' is declared; %s",
                     v->out->header.at, reading_hint(v->r, &near, ""));
    return false;
}

static bool find_source(struct resolver *v, struct slice name)
{
    const struct config_endpoint *e = v->r->endpoint;
    v->out->origin = CONFIG_FROM_SOURCE;
    for (v->out->index = 0; v->out->index < e->n_sources; v->out->index++)
        if (slice_equal(e->sources[v->out->index].name, name))
            return true;
    return false;
}

/* false, as the variable is no good. */
static bool tell_unknown(struct resolver *v, struct slice head)
{
    const struct config_endpoint *e = v->r->endpoint;
    struct suggestion near;
    suggestion_begin(&near, head);
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (e->parameters[i].place != CONFIG_IN_HEADER)
            suggestion_offer(&near, e->parameters[i].name);
    for (unsigned i = 0; i < e->n_sources; i++)
        suggestion_offer(&near, e->sources[i].name);
    reading_complain(
        v->r, RULE_VARIABLE, v->place, "no parameter or source is called '%s'; %s",
        reading_show(v->r, head),
        reading_hint(v->r, &near, "declare it under `query`, or as a source of this endpoint"));
    return false;
}

/* The place of the first reference is where a cycle is told. */
static void note_need(struct reading *r, unsigned needed, struct place place)
{
    uint64_t bit = UINT64_C(1) << needed;
    if (!(r->source->needs & bit))
        r->needed_at[r->source - r->endpoint->sources][needed] = place;
    r->source->needs |= bit;
}

static bool resolve(struct resolver *v)
{
    struct slice head = head_of(v->name);
    struct slice rest = slice_after(v->name, head.n);
    if (slice_equal(head, SLICE("headers")) && rest.n > 1)
        return resolve_header(v, slice_after(rest, 1));
    if (find_parameter(v, false, head)) {
        if (rest.n == 0)
            return true;
        reading_complain(v->r, RULE_VARIABLE_PATH, v->place,
                         "'%s' is a parameter and has no members; write {%s}",
                         reading_show(v->r, head), reading_show(v->r, head));
        return false;
    }
    if (!find_source(v, head))
        return tell_unknown(v, head);
    note_need(v->r, v->out->index, v->place);
    return resolve_path(v, rest);
}

/* A template in a scalar, behind the first bytes of it. */
struct site {
    const struct node *text;
    size_t skip;
    bool is_text;
};

static bool compile(struct reading *r, const struct site *site, struct config_template *out)
{
    struct template_error error = {0};
    if (site->text->text.n > TEMPLATE_MAX) {
        reading_complain(r, RULE_TEMPLATE, site->text->place,
                         "a template is at most 8 KiB long; shorten it");
        return false;
    }
    struct slice text = reading_copy(r, slice_after(site->text->text, site->skip));
    enum fault fault = site->is_text
                           ? template_compile_text(text, &r->config->arena, &out->compiled, &error)
                           : template_compile(text, &r->config->arena, &out->compiled, &error);
    if (fault == FAULT_LIMIT)
        reading_end(r, site->text->place);
    else if (fault != FAULT_NONE)
        reading_complain(r, RULE_TEMPLATE, node_place_in(site->text, site->skip + error.offset),
                         "%s; write %s", error.what,
                         error.instead ? error.instead : "it as /products/{id}{?currency}");
    return fault == FAULT_NONE;
}

static bool read_template(struct reading *r, const struct site *site, struct config_template *out)
{
    if (!compile(r, site, out))
        return false;
    size_t n = template_n_variables(out->compiled);
    out->variables = reading_keep(r, n, sizeof *out->variables);
    bool is_good = true;
    for (size_t i = 0; i < n; i++) {
        size_t offset = site->skip + template_variable_offset(out->compiled, i);
        struct resolver v = {
            .r = r,
            .place = node_place_in(site->text, offset),
            .name = template_variable(out->compiled, i),
            .out = &out->variables[i],
        };
        is_good &= resolve(&v);
    }
    return is_good;
}

bool config_read_template(struct reading *r, const struct node *text, size_t skip,
                          struct config_template *out)
{
    return read_template(r, &(struct site){text, skip, false}, out);
}

bool config_read_text_template(struct reading *r, const struct node *text,
                               struct config_template *out)
{
    return read_template(r, &(struct site){text, 0, true}, out);
}
