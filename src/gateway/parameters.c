/* parameters.c - parameters are gathered from path, query and headers, then decoded */
#include "gateway/parameters.h"

#include "gateway/parameters_check.h"
#include "wire/target.h"
#include "wire/token.h"

enum {
    MAX_BAD_ITEMS = 16, /* of one list that are looked at */
};

/* One place where a parameter was given. */
struct occurrence {
    struct slice raw;
    struct occurrence *next;
};

struct reading {
    struct parameters *out;
    const struct config_endpoint *endpoint;
    const struct parameters_input *in;
    struct arena *arena;
    struct given {
        struct occurrence *first;
        struct occurrence **last;
        unsigned n;
    } * given; /* by index of the parameter */
};

static bool is_told(const struct parameters *p, struct slice parameter, struct slice message)
{
    const struct parameters_violation *v = p->violations;
    while (v && !(slice_equal(v->parameter, parameter) && slice_equal(v->message, message)))
        v = v->next;
    return v;
}

bool parameters_refuse(struct parameters *p, struct slice parameter, struct slice message,
                       struct arena *arena)
{
    p->n_refused++;
    if (is_told(p, parameter, message))
        return true;
    struct parameters_violation *v = arena_take(arena, sizeof *v);
    if (!v)
        return false;
    *v = (struct parameters_violation){parameter, message, NULL};
    *p->last = v;
    p->last = &v->next;
    return true;
}

static bool give(struct reading *r, unsigned parameter, struct slice raw)
{
    struct given *g = &r->given[parameter];
    struct occurrence *o = arena_take(r->arena, sizeof *o);
    if (!o)
        return false;
    *o = (struct occurrence){raw, NULL};
    if (!g->first)
        g->last = &g->first;
    *g->last = o;
    g->last = &o->next;
    g->n++;
    return true;
}

static bool gather_path(struct reading *r)
{
    const struct config_endpoint *e = r->endpoint;
    for (unsigned i = 0; i < e->n_segments; i++)
        if (e->segments[i].kind == CONFIG_PARAMETER &&
            !give(r, e->segments[i].parameter, r->in->segments[i]))
            return false;
    return true;
}

static bool is_encoded(struct slice raw)
{
    return raw.n && (memchr(raw.at, '%', raw.n) || memchr(raw.at, '+', raw.n));
}

/* A name that cannot be decoded is nobody's. */
static bool gather_pair(struct reading *r, struct slice name, struct slice value)
{
    if (is_encoded(name)) {
        enum fault fault = target_decode(name, true, r->arena, &name);
        if (fault)
            return fault == FAULT_CLIENT;
    }
    for (unsigned i = 0; i < r->endpoint->n_parameters; i++) {
        const struct config_parameter *p = &r->endpoint->parameters[i];
        if (p->place == CONFIG_IN_QUERY && slice_equal(p->name, name))
            return give(r, i, value);
    }
    return true;
}

static bool gather_query(struct reading *r)
{
    struct slice rest = r->in->query, name, value;
    while (target_next_pair(&rest, &name, &value))
        if (!gather_pair(r, name, value))
            return false;
    return true;
}

static bool gather_header(struct reading *r, unsigned parameter)
{
    const struct request *q = r->in->request;
    for (unsigned i = 0; i < q->n_fields; i++)
        if (slice_equal_nocase(q->fields[i].name, r->endpoint->parameters[parameter].name) &&
            !give(r, parameter, q->fields[i].value))
            return false;
    return true;
}

static bool gather(struct reading *r)
{
    bool wants_query = false;
    for (unsigned i = 0; i < r->endpoint->n_parameters; i++) {
        enum config_place place = r->endpoint->parameters[i].place;
        wants_query |= place == CONFIG_IN_QUERY;
        if (place == CONFIG_IN_HEADER && !gather_header(r, i))
            return false;
    }
    return gather_path(r) && (!wants_query || gather_query(r));
}

/* FAULT_CLIENT: bad percent-encoding, or no UTF-8. */
static enum fault decode(struct reading *r, enum config_place place, struct slice raw,
                         struct slice *text)
{
    *text = raw;
    if (place == CONFIG_IN_HEADER)
        return target_is_utf8(raw) ? FAULT_NONE : FAULT_CLIENT;
    if (!is_encoded(raw))
        return FAULT_NONE; /* a target is ASCII */
    return target_decode(raw, place == CONFIG_IN_QUERY, r->arena, text);
}

/* Decodes and checks one value; an empty one leaves *text empty. */
static bool read_value(struct reading *r, const struct config_parameter *declared, struct slice raw,
                       struct slice *text)
{
    enum fault fault = decode(r, declared->place, raw, text);
    if (fault == FAULT_CLIENT)
        return parameters_refuse(r->out, declared->name,
                                 declared->place == CONFIG_IN_HEADER
                                     ? SLICE("must be UTF-8")
                                     : SLICE("must be percent-encoded UTF-8"),
                                 r->arena);
    if (fault)
        return false;
    return text->n == 0 || parameters_check(r->out, declared, *text, r->in->scratch, r->arena);
}

static unsigned count_items(const struct given *g)
{
    unsigned n = 0;
    for (const struct occurrence *o = g->first; o; o = o->next) {
        n++;
        for (size_t i = 0; i < o->raw.n; i++)
            n += o->raw.at[i] == ',';
    }
    return n;
}

static struct slice take_item(struct slice *rest, bool is_trimmed)
{
    const char *comma = rest->n ? memchr(rest->at, ',', rest->n) : NULL;
    struct slice item = {rest->at, comma ? (size_t)(comma - rest->at) : rest->n};
    *rest = comma ? slice_after(*rest, item.n + 1) : SLICE_NONE;
    return is_trimmed ? token_trim(item) : item;
}

/* Behind a few bad items no further one is looked at. */
static bool read_list(struct reading *r, const struct config_parameter *declared,
                      const struct given *g, struct parameters_value *out)
{
    struct slice *items = arena_take(r->arena, count_items(g) * sizeof *items);
    if (!items)
        return false;
    out->items = items;
    unsigned most = r->out->n_refused + MAX_BAD_ITEMS;
    for (const struct occurrence *o = g->first; o; o = o->next) {
        struct slice rest = o->raw;
        while (rest.n && r->out->n_refused < most) {
            struct slice item = take_item(&rest, declared->place == CONFIG_IN_HEADER);
            if (!read_value(r, declared, item, &items[out->n_items]))
                return false;
            out->n_items += items[out->n_items].n > 0;
        }
    }
    out->is_present = out->n_items > 0;
    return true;
}

static bool read_one(struct reading *r, const struct config_parameter *declared,
                     const struct given *g, struct parameters_value *out)
{
    if (g->n > 1)
        return parameters_refuse(r->out, declared->name, SLICE("given more than once"), r->arena);
    if (!read_value(r, declared, g->first->raw, &out->text))
        return false;
    out->is_present = out->text.n > 0;
    return true;
}

static void use_default(const struct config_parameter *declared, struct parameters_value *out)
{
    out->is_present = true;
    out->text = declared->default_text;
    out->items = declared->default_items;
    out->n_items = declared->n_default_items;
}

static bool read_parameter(struct reading *r, unsigned i)
{
    const struct config_parameter *declared = &r->endpoint->parameters[i];
    const struct given *g = &r->given[i];
    struct parameters_value *out = &r->out->values[i];
    struct parameters_violation **before = r->out->last;
    out->is_list = declared->is_list;
    bool fits = true;
    if (g->n)
        fits = declared->is_list ? read_list(r, declared, g, out) : read_one(r, declared, g, out);
    bool is_absent = fits && !out->is_present && r->out->last == before;
    if (is_absent && declared->has_default)
        use_default(declared, out);
    else if (is_absent && declared->is_required)
        fits = parameters_refuse(r->out, declared->name, SLICE("required"), r->arena);
    return fits;
}

bool parameters_read(struct parameters *p, const struct config_endpoint *endpoint,
                     const struct parameters_input *in, struct arena *arena)
{
    struct reading r = {.out = p, .endpoint = endpoint, .in = in, .arena = arena};
    unsigned n = endpoint->n_parameters;
    *p = (struct parameters){.last = &p->violations};
    if (n == 0)
        return true;
    p->values = arena_take_zero(arena, n, sizeof *p->values);
    r.given = arena_take_zero(arena, n, sizeof *r.given);
    if (!p->values || !r.given || !gather(&r))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!read_parameter(&r, i))
            return false;
    return true;
}
