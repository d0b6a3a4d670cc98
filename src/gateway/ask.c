/* ask.c - what a message says, and a path and a query with its values in them */
#include "gateway/ask.h"

#include "base/check.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"
#include "wire/target.h"
#include "wire/template.h"

_Static_assert(ASK_ID_MAX == 256 && ASK_PARAMS_MAX == 64, "sentences of this file name them");

static bool is_id(struct json_value v)
{
    return (v.kind == JSON_STRING || v.kind == JSON_NUMBER) && v.text.n <= ASK_ID_MAX;
}

static bool is_absent(struct json_value v)
{
    return v.kind == JSON_NULL;
}

/* Where a member goes; NULL: *why says what is wrong with it. */
static struct slice *place_of(struct ask *a, struct slice name, struct json_value v,
                              const char **why)
{
    if (text_is(name, SLICE("id"))) {
        *why = "id is a string or a number of at most 256 bytes";
        return is_id(v) || is_absent(v) ? &a->id : NULL;
    }
    if (text_is(name, SLICE("cancel"))) {
        *why = "cancel is the id of an ask";
        return is_id(v) ? &a->cancel : NULL;
    }
    if (text_is(name, SLICE("fields"))) {
        *why = "fields is a string";
        return v.kind == JSON_STRING || is_absent(v) ? &a->fields : NULL;
    }
    if (text_is(name, SLICE("params"))) {
        *why = "params is an object";
        return v.kind == JSON_OBJECT || is_absent(v) ? &a->params : NULL;
    }
    *why = "there is id, fields, params, cancel, and nothing else";
    return NULL;
}

bool ask_read(struct slice text, unsigned max_depth, struct ask *out, const char **why)
{
    struct scan_result scan = scan_json(text, max_depth);
    struct json_value v;
    struct slice name;
    bool is_good = true;
    *out = (struct ask){0};
    *why = "a message is a JSON object";
    if (scan.verdict != SCAN_OK || walk_root(scan.value).kind != JSON_OBJECT)
        return false;
    for (struct walk w = walk_begin(scan.value); walk_member(&w, &name, &v);) {
        const char *complaint;
        struct slice *place = place_of(out, name, v, &complaint);
        if (place && place->n) {
            complaint = "a member is there twice";
            place = NULL;
        }
        if (place && !is_absent(v))
            *place = v.text;
        if (!place && is_good)
            *why = complaint;
        is_good &= place != NULL;
    }
    if (is_good && out->cancel.n && (out->id.n || out->fields.n || out->params.n)) {
        *why = "cancel stands alone";
        is_good = false;
    }
    return is_good;
}

struct param {
    struct slice name; /* as it is quoted */
    struct json_value value;
};

struct composing {
    const struct ask *ask;
    struct param params[ASK_PARAMS_MAX]; /* read once, however many pairs there are */
    unsigned n_params;
    const struct config_endpoint *endpoint;
    struct buffer out;
    struct arena *arena;
    bool has_room; /* in the target */
    bool has_query;
};

enum {
    ROOM = 4 /* times the limit: room for a value is taken as if all of it were encoded */
};

static void put(struct composing *c, struct slice bytes)
{
    c->has_room = c->has_room && buffer_append(&c->out, bytes);
}

static void put_encoded(struct composing *c, struct slice bytes)
{
    char *to = buffer_reserve(&c->out, 3 * bytes.n);
    c->has_room = c->has_room && to;
    if (to)
        c->out.n += (size_t)(template_encode(to, bytes) - to);
}

/* A string's characters, or a number's or a boolean's text. */
static struct slice plain(struct composing *c, struct json_value v)
{
    if (v.kind != JSON_STRING)
        return v.text;
    char *text = arena_take(c->arena, v.text.n);
    c->has_room = c->has_room && text;
    return text ? (struct slice){text, text_unquote(text, v.text)} : SLICE("");
}

/* Commas stay: they divide a list. */
static void put_divided(struct composing *c, struct slice text)
{
    while (text.n) {
        const char *comma = memchr(text.at, ',', text.n);
        size_t n = comma ? (size_t)(comma - text.at) : text.n;
        put_encoded(c, (struct slice){text.at, n});
        if (comma)
            put(c, SLICE(","));
        text = slice_after(text, comma ? n + 1 : n);
    }
}

static void read_params(struct composing *c)
{
    struct param p;
    if (!c->ask->params.n)
        return;
    for (struct walk w = walk_begin(c->ask->params); walk_member(&w, &p.name, &p.value);) {
        CHECK(c->n_params < ASK_PARAMS_MAX); /* complaint_of() has counted them */
        c->params[c->n_params++] = p;
    }
}

/* By its plain name. */
static bool find(const struct composing *c, struct slice plain_name, struct json_value *v)
{
    for (unsigned i = 0; i < c->n_params; i++)
        if (text_is(c->params[i].name, plain_name)) {
            *v = c->params[i].value;
            return true;
        }
    return false;
}

static bool is_of_path(const struct config_endpoint *e, struct slice quoted_name)
{
    for (unsigned i = 0; i < e->n_segments; i++)
        if (e->segments[i].kind == CONFIG_PARAMETER &&
            text_is(quoted_name, e->parameters[e->segments[i].parameter].name))
            return true;
    return false;
}

static void put_segment(struct composing *c, unsigned i, struct slice raw)
{
    const struct config_endpoint *e = c->endpoint;
    struct json_value v;
    put(c, SLICE("/"));
    if (i < e->n_segments && e->segments[i].kind == CONFIG_PARAMETER &&
        find(c, e->parameters[e->segments[i].parameter].name, &v))
        put_encoded(c, v.kind == JSON_NULL ? SLICE("") : plain(c, v));
    else
        put(c, raw);
}

static void put_path(struct composing *c, struct slice path)
{
    for (unsigned i = 0; path.n; i++) {
        path = slice_after(path, 1); /* the slash */
        const char *end = path.n ? memchr(path.at, '/', path.n) : NULL;
        struct slice segment = {path.at, end ? (size_t)(end - path.at) : path.n};
        put_segment(c, i, segment);
        path = slice_after(path, segment.n);
    }
}

static void begin_pair(struct composing *c)
{
    put(c, c->has_query ? SLICE("&") : SLICE("?"));
    c->has_query = true;
}

static void put_name(struct composing *c, struct slice name)
{
    begin_pair(c);
    put_encoded(c, name);
    put(c, SLICE("="));
}

/* A name that cannot be decoded is nobody's. */
static bool is_replaced(struct composing *c, struct slice name)
{
    struct json_value v;
    if (target_decode(name, true, c->arena, &name))
        return true;
    return find(c, name, &v) || (c->ask->fields.n && slice_equal(name, c->endpoint->select));
}

static void put_old_pairs(struct composing *c, struct slice query)
{
    struct slice name, value;
    while (target_next_pair(&query, &name, &value)) {
        if (is_replaced(c, name))
            continue;
        begin_pair(c);
        put(c, name);
        put(c, SLICE("="));
        put(c, value);
    }
}

static void put_list(struct composing *c, struct slice name, struct slice array)
{
    struct json_value v;
    for (struct walk w = walk_begin(array); walk_element(&w, &v);) {
        put_name(c, name);
        put_encoded(c, plain(c, v));
    }
}

static void put_new_pairs(struct composing *c)
{
    for (unsigned i = 0; i < c->n_params; i++) {
        struct json_value v = c->params[i].value;
        struct slice name = plain(c, (struct json_value){JSON_STRING, c->params[i].name});
        if (v.kind == JSON_NULL || is_of_path(c->endpoint, c->params[i].name))
            continue;
        if (v.kind == JSON_ARRAY) {
            put_list(c, name, v.text);
            continue;
        }
        put_name(c, name);
        put_divided(c, plain(c, v));
    }
}

static bool is_scalar(struct json_value v)
{
    return v.kind != JSON_ARRAY && v.kind != JSON_OBJECT;
}

static bool is_list_of_scalars(struct json_value list)
{
    struct json_value v;
    if (list.kind != JSON_ARRAY)
        return false;
    for (struct walk w = walk_begin(list.text); walk_element(&w, &v);)
        if (!is_scalar(v) || v.kind == JSON_NULL)
            return false;
    return true;
}

/* What is wrong with the values themselves; NULL: nothing. */
static const char *complaint_of(const struct ask *a, const struct config_endpoint *e)
{
    struct slice name;
    struct json_value v;
    unsigned n = 0;
    if (a->fields.n && !e->select.n)
        return "nothing can be selected here";
    if (!a->params.n)
        return NULL;
    for (struct walk w = walk_begin(a->params); walk_member(&w, &name, &v);) {
        if (++n > ASK_PARAMS_MAX)
            return "there are more than 64 params";
        if (!is_scalar(v) && (is_of_path(e, name) || !is_list_of_scalars(v)))
            return "a parameter is a string, a number, a boolean, null, or a list of them";
    }
    return NULL;
}

static void compose(struct composing *c, const struct target *t)
{
    put_path(c, t->path);
    put_old_pairs(c, t->query);
    put_new_pairs(c);
    if (!c->ask->fields.n)
        return;
    put_name(c, c->endpoint->select);
    put_encoded(c, plain(c, (struct json_value){JSON_STRING, c->ask->fields}));
}

unsigned ask_target(const struct ask *a, const struct ask_handshake *of, struct arena *arena,
                    struct slice *out, const char **why)
{
    struct composing c = {.ask = a, .endpoint = of->endpoint, .arena = arena, .has_room = true};
    struct target t;
    *why = complaint_of(a, of->endpoint);
    if (*why || !target_split(of->target, &t, why))
        return 400;
    read_params(&c);
    buffer_init(&c.out, ROOM * of->limit);
    compose(&c, &t);
    bool fits = c.has_room && c.out.n <= of->limit;
    *out = fits ? arena_copy(arena, buffer_slice(&c.out)) : SLICE_NONE;
    buffer_done(&c.out);
    *why = "the parameters are too long";
    return out->at ? 0 : 414;
}
