/* template_expand.c - a compiled template filled with values (RFC 6570 3.2.1)
 *
 * A path segment that holds an expression is looked at when it ends: it must have become neither
 * empty nor dots. What comes before the first slash is no segment, nor is a query.
 */
#include "wire/template_internal.h"
#include "wire/token.h"

struct filling {
    struct buffer *out;
    const struct template_value *values;
    bool is_text;
    bool is_plain;     /* any byte may stand */
    enum fault fault;  /* the first one; nothing is written after it */
    uint32_t variable; /* whose value is being written */
    bool in_segment;
    size_t segment; /* where it begins in out */
    size_t culprit; /* the first variable of an expression in it */
    bool has_culprit;
};

static void put(struct filling *f, struct slice bytes)
{
    if (!f->fault && !buffer_append(f->out, bytes))
        f->fault = FAULT_LIMIT;
}

static void put_byte(struct filling *f, char c)
{
    put(f, (struct slice){&c, 1});
}

static size_t encoded_size(struct slice value)
{
    size_t n = value.n;
    for (size_t i = 0; i < value.n; i++)
        n += token_has((unsigned char)value.at[i], TOKEN_UNRESERVED) ? 0 : 2;
    return n;
}

static void put_encoded(struct filling *f, struct slice value)
{
    if (f->fault)
        return;
    char *to = buffer_reserve(f->out, encoded_size(value));
    if (to)
        f->out->n += (size_t)(template_encode(to, value) - to);
    else
        f->fault = FAULT_LIMIT;
}

static void put_value(struct filling *f, struct slice value)
{
    if (!f->is_text) {
        put_encoded(f, value);
    } else if (f->is_plain || token_is_value(value)) {
        put(f, value);
    } else if (!f->fault) {
        f->fault = FAULT_CLIENT;
        f->culprit = f->variable;
    }
}

/* "." or "..", also where a literal of the template writes a dot as %2e, or ";..." follows. A slash
 * that a value brought along is encoded and part of the name: "..%2Fa" is no dot segment. */
static bool is_dots(struct slice segment)
{
    unsigned n_dots = 0;
    while (segment.n > 0 && segment.at[0] != ';') {
        bool is_encoded =
            segment.n >= 3 && slice_equal_nocase((struct slice){segment.at, 3}, SLICE("%2e"));
        if (!is_encoded && segment.at[0] != '.')
            return false;
        segment = slice_after(segment, is_encoded ? 3 : 1);
        n_dots++;
    }
    return n_dots == 1 || n_dots == 2;
}

static void end_segment(struct filling *f, size_t end)
{
    if (!f->in_segment || !f->has_culprit || f->fault)
        return;
    struct slice segment = {f->out->at + f->segment, end - f->segment};
    if (segment.n == 0 || segment.at[0] == ';' || is_dots(segment))
        f->fault = FAULT_CLIENT;
}

static void begin_segment(struct filling *f, size_t start)
{
    f->in_segment = true;
    f->segment = start;
    f->has_culprit = false;
}

static void blame(struct filling *f, uint32_t variable)
{
    if (f->has_culprit || f->fault)
        return;
    f->has_culprit = true;
    f->culprit = variable;
}

static void put_literal(struct filling *f, const struct template_part *p)
{
    size_t start = f->out->n;
    put(f, p->literal);
    if (p->segment_end == TEMPLATE_NOWHERE)
        return;
    end_segment(f, start + p->segment_end);
    f->in_segment = false;
    if (p->segment_start != TEMPLATE_NOWHERE)
        begin_segment(f, start + p->segment_start);
}

/* What stands before a value: the operator's sign, and the name where the operator has names. */
static void put_lead(struct filling *f, const struct template_part *p, const struct template_use *u,
                     bool *is_first, bool is_empty)
{
    const struct template_rule *rule = &template_rules[p->operator];
    char sign = *is_first ? rule->first : rule->separator;
    *is_first = false;
    bool is_slash = p->in_path && p->operator== TEMPLATE_SEGMENT;
    if (is_slash)
        end_segment(f, f->out->n);
    if (sign)
        put_byte(f, sign);
    if (is_slash) {
        begin_segment(f, f->out->n);
        blame(f, u->variable);
    }
    if (!rule->is_named)
        return;
    put(f, u->name);
    if (!is_empty || rule->keeps_sign)
        put_byte(f, '=');
}

static void put_list(struct filling *f, const struct template_part *p, const struct template_use *u,
                     bool *is_first)
{
    const struct template_value *v = &f->values[u->variable];
    for (size_t i = 0; i < v->n_items; i++) {
        if (u->explodes)
            put_lead(f, p, u, is_first, v->items[i].n == 0);
        else if (i > 0)
            put_byte(f, ',');
        put_value(f, v->items[i]);
    }
}

static void put_use(struct filling *f, const struct template_part *p, const struct template_use *u,
                    bool *is_first)
{
    const struct template_value *v = &f->values[u->variable];
    f->variable = u->variable;
    if (!v->is_defined || (v->is_list && v->n_items == 0))
        return;
    if (!v->is_list || !u->explodes)
        put_lead(f, p, u, is_first, v->is_list ? v->n_items == 1 && !v->items[0].n : !v->text.n);
    if (v->is_list)
        put_list(f, p, u, is_first);
    else
        put_value(f, v->text);
}

static void put_expression(struct filling *f, const struct template_part *p)
{
    bool is_first = true;
    if (p->in_path && p->operator!= TEMPLATE_SEGMENT && p->operator!= TEMPLATE_QUERY)
        blame(f, p->uses[0].variable);
    if (p->operator== TEMPLATE_QUERY) {
        end_segment(f, f->out->n);
        f->in_segment = false;
    }
    for (uint32_t i = 0; i < p->n_uses; i++)
        put_use(f, p, &p->uses[i], &is_first);
}

static void fill(struct filling *f, const struct template *t)
{
    for (uint32_t i = 0; i < t->n_parts && !f->fault; i++) {
        if (t->parts[i].n_uses)
            put_expression(f, &t->parts[i]);
        else
            put_literal(f, &t->parts[i]);
    }
    end_segment(f, f->out->n);
}

enum fault template_expand(const struct template *t, const struct template_value *values,
                           struct buffer *out, size_t *culprit)
{
    struct filling f = {.out = out, .values = values, .is_text = t->is_text};
    fill(&f, t);
    *culprit = f.culprit;
    return f.fault;
}

enum fault template_expand_plain(const struct template *t, const struct template_value *values,
                                 struct buffer *out)
{
    struct filling f = {.out = out, .values = values, .is_text = true, .is_plain = true};
    fill(&f, t);
    return f.fault;
}
