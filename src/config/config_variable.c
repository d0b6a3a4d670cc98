/* config_variable.c - what a variable of a template or a condition stands for (CONTRACT 3.1, 3.2)
 *
 *   id, params.id       a parameter of the path or the query
 *   headers.x-tenant    a header, declared as a parameter or not
 *   body.lines[0].sku   a path into the request's body
 *   claims.sub          a path into the claims of the token that a policy has verified
 *   product.seller.id   a path into the answer of a source, which has to settle before
 *   item, item.id       the element that a call of `each` is for
 *   ids                 the list of a batch, by the name that `batch` gave it
 * They share one name space, so there is never a doubt.
 */
#include "config/config_variable.h"

#include <ctype.h>
#include <stdlib.h>

enum {
    STEPS_MAX = 32,
    INDEX_DIGITS_MAX = 9
};

struct resolver {
    struct reading *r;
    struct place place; /* of the variable */
    struct slice name;  /* as written between the braces */
    bool has_items;     /* item, and the list of a batch, may be meant */
    struct config_variable *out;
    bool may_be_text; /* a text in quotes could stand in its place */
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

bool config_variable_path(struct reading *r, struct slice written, struct slice path,
                          struct place place, struct json_path *out)
{
    struct json_step steps[STEPS_MAX];
    unsigned n = 0;
    while (path.n > 0) {
        if (n == STEPS_MAX || !is_head_end(path.at[0]) || !next_step(&path, &steps[n])) {
            reading_complain(r, RULE_VARIABLE_PATH, place,
                             "'%s' is no path into a value; write it as product.seller.id or "
                             "product.images[0].url",
                             reading_show(r, written));
            return false;
        }
        n++;
    }
    struct json_step *kept = reading_keep(r, n, sizeof *kept);
    for (unsigned i = 0; i < n; i++) {
        kept[i] = steps[i];
        kept[i].name = steps[i].is_index ? SLICE_NONE : reading_copy(r, steps[i].name);
    }
    *out = (struct json_path){n, kept};
    return true;
}

static bool resolve_path(struct resolver *v, struct slice path)
{
    return config_variable_path(v->r, v->name, path, v->place, &v->out->path);
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
                     reading_show(v->r, written), reading_hint(v->r, &near, ""));
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

/* What the list of a batch is called; empty: it is no batch. */
static struct slice batch_of(const struct resolver *v)
{
    return v->r->source->each.batch;
}

/* false, as the variable is no good. */
static bool tell_unknown(struct resolver *v, struct slice head)
{
    const char *otherwise = "declare it under `query`, or as a source of this endpoint";
    const struct config_endpoint *e = v->r->endpoint;
    struct suggestion near;
    if (v->r->unread & READING_NAMES)
        return false;
    suggestion_begin(&near, head);
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (e->parameters[i].place != CONFIG_IN_HEADER)
            suggestion_offer(&near, e->parameters[i].name);
    for (unsigned i = 0; i < e->n_sources; i++)
        suggestion_offer(&near, e->sources[i].name);
    if (v->has_items && v->r->source->each.is_given)
        suggestion_offer(&near, batch_of(v).n ? batch_of(v) : SLICE("item"));
    if (v->may_be_text && slice_equal(head, v->name))
        otherwise = reading_print(v->r, "write \"%s\" where it is a text, else %s",
                                  reading_show(v->r, head), otherwise);
    reading_complain(v->r, RULE_VARIABLE, v->place, "no parameter or source is called '%s'; %s",
                     reading_show(v->r, head), reading_hint(v->r, &near, otherwise));
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

/* A value of one piece: nothing may stand behind its name. */
static bool is_alone(struct resolver *v, struct slice rest, const char *what)
{
    struct slice name = {v->name.at, v->name.n - rest.n};
    if (rest.n > 0)
        reading_complain(v->r, RULE_VARIABLE_PATH, v->place,
                         "'%s' is %s and has no members; write %s alone", reading_show(v->r, name),
                         what, reading_show(v->r, name));
    return rest.n == 0;
}

/* params.id, for those who want to be told apart from sources. */
static bool resolve_param(struct resolver *v, struct slice written)
{
    struct slice name = head_of(written);
    if (!find_parameter(v, false, name))
        return tell_unknown(v, name);
    return is_alone(v, slice_after(written, name.n), "a parameter");
}

/* Only some methods have one: a slip would wait for a body that never comes. */
static bool resolve_body(struct resolver *v, struct slice rest)
{
    struct config_endpoint *e = v->r->endpoint;
    bool has_none = slice_equal(e->method, SLICE("GET")) || slice_equal(e->method, SLICE("HEAD"));
    if (has_none && !(v->r->unread & READING_METHOD)) {
        reading_complain(v->r, RULE_BODY_ABSENT, v->place,
                         "a %s request has no body; give the endpoint `method: POST`",
                         reading_show(v->r, e->method));
        return false;
    }
    v->out->origin = CONFIG_FROM_BODY;
    e->reads_body = true;
    return resolve_path(v, rest);
}

/* Where nobody asks for a token there never is a claim. */
static bool resolve_claims(struct resolver *v, struct slice rest)
{
    if (!config_has_claims(v->r->endpoint) && !(v->r->unread & READING_TOKENS)) {
        reading_complain(v->r, RULE_CLAIMS, v->place,
                         "no policy of the endpoint asks for a token, so there are no claims; give "
                         "it the `auth` of a policy with `jwt`");
        return false;
    }
    v->out->origin = CONFIG_FROM_CLAIMS;
    return resolve_path(v, rest);
}

static bool tell_item(struct resolver *v, const char *message)
{
    reading_complain(v->r, RULE_ITEM, v->place, "%s", message);
    return false;
}

static bool resolve_item(struct resolver *v, struct slice rest)
{
    const struct config_each *each = &v->r->source->each;
    v->out->origin = CONFIG_FROM_ITEM;
    if (v->r->unread & READING_EACH)
        return false;
    if (!v->has_items)
        return tell_item(v, "'item' belongs to each call, and this to all of them; write a path "
                            "into a parameter or a source");
    if (!each->is_given)
        return tell_item(v, "'item' is an element of `each`, which this source lacks; add "
                            "each: list.ids");
    if (each->batch.n)
        return tell_item(
            v, reading_print(v->r, "a batch is one call for all elements; write their list, {%s}",
                             reading_show(v->r, each->batch)));
    if (each->list.origin == CONFIG_FROM_PARAMETER)
        return is_alone(v, rest, "a value of a list parameter");
    return resolve_path(v, rest);
}

static bool resolve_batch(struct resolver *v, struct slice rest)
{
    v->out->origin = CONFIG_FROM_ITEMS;
    if (!v->has_items)
        return tell_item(v, "the list of a batch belongs to its call; write a path into a "
                            "parameter or a source");
    return is_alone(v, rest, "the list of the batch");
}

static bool resolve(struct resolver *v)
{
    struct slice head = head_of(v->name);
    struct slice rest = slice_after(v->name, head.n);
    bool has_member = rest.n > 1 && rest.at[0] == '.';
    if (slice_equal(head, SLICE("headers")) && has_member)
        return resolve_header(v, slice_after(rest, 1));
    if (slice_equal(head, SLICE("params")) && has_member)
        return resolve_param(v, slice_after(rest, 1));
    if (slice_equal(head, SLICE("body")))
        return resolve_body(v, rest);
    if (slice_equal(head, SLICE("claims")))
        return resolve_claims(v, rest);
    if (slice_equal(head, SLICE("item")))
        return resolve_item(v, rest);
    bool is_batch = head.n && slice_equal(head, batch_of(v));
    if (is_batch && v->has_items)
        return resolve_batch(v, rest);
    if (find_parameter(v, false, head))
        return is_alone(v, rest, "a parameter");
    if (is_batch)
        return resolve_batch(v, rest);
    if (!find_source(v, head))
        return tell_unknown(v, head);
    note_need(v->r, v->out->index, v->place);
    return resolve_path(v, rest);
}

bool config_variable_resolve(struct reading *r, struct slice name, struct place place,
                             bool has_items, struct config_variable *out)
{
    struct resolver v = {r, place, name, has_items, out, false};
    return resolve(&v);
}

bool config_read_variable(struct reading *r, const struct node *text, size_t skip, size_t n,
                          struct config_variable *out)
{
    struct slice name = {text->text.at + skip, n};
    return config_variable_resolve(r, name, node_place_in(r, text, skip), false, out);
}

bool config_read_operand(struct reading *r, const struct node *text, struct slice name,
                         struct config_variable *out)
{
    size_t skip = (size_t)(name.at - text->text.at);
    struct resolver v = {r, node_place_in(r, text, skip), name, false, out, true};
    return resolve(&v);
}

struct slice config_variable_header(const struct config_endpoint *e,
                                    const struct config_variable *v)
{
    if (v->origin == CONFIG_FROM_HEADER)
        return v->header;
    if (v->origin != CONFIG_FROM_PARAMETER || e->parameters[v->index].place != CONFIG_IN_HEADER)
        return SLICE_NONE;
    return e->parameters[v->index].name;
}

const struct config_variable *config_variable_sent(const struct config_source *s,
                                                   const struct config_variable *v)
{
    bool is_of_list = v->origin == CONFIG_FROM_ITEM || v->origin == CONFIG_FROM_ITEMS;
    return is_of_list ? &s->each.list : v;
}
