/* template_compile.c - from the text of a template to its parts (RFC 6570 2)
 *
 * One pass. Whatever a value could use to leave its place is refused here, with what would be
 * right.
 */
#include "wire/template_internal.h"
#include "wire/token.h"

struct compiler {
    struct slice text;
    size_t at; /* next byte of the text */
    struct arena *arena;
    struct template *t;
    struct template_error *error;
    bool in_path; /* no "?" has come yet */
};

static enum fault refuse(struct compiler *c, size_t offset, const char *what, const char *instead)
{
    *c->error = (struct template_error){offset, what, instead};
    return FAULT_CONFIG;
}

static bool is_at(const struct compiler *c, char wanted)
{
    return c->at < c->text.n && c->text.at[c->at] == wanted;
}

/* A name ends at these, and at white space. */
static bool is_name_byte(char c)
{
    return (unsigned char)c > ' ' && c != '\x7f' && !strchr("{},:*|", c);
}

static struct slice take_name(struct compiler *c)
{
    size_t start = c->at;
    while (c->at < c->text.n && is_name_byte(c->text.at[c->at]))
        c->at++;
    return (struct slice){c->text.at + start, c->at - start};
}

/* Room for every variable that the text can have: each stands behind a brace or a comma. */
static size_t max_uses(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.at[i] == '{' || text.at[i] == ',';
    return n;
}

static enum fault begin(struct compiler *c, bool is_text)
{
    size_t n = max_uses(c->text);
    if (c->text.n >= TEMPLATE_NOWHERE / 3)
        return FAULT_LIMIT;
    c->text = arena_copy(c->arena, c->text); /* names stay slices of it */
    c->t = arena_take_zero(c->arena, 1, sizeof *c->t);
    if (!c->t || !c->text.at)
        return FAULT_LIMIT;
    c->t->is_text = is_text;
    c->t->parts = arena_take_zero(c->arena, 2 * n + 1, sizeof *c->t->parts);
    c->t->variables = arena_take_zero(c->arena, n, sizeof *c->t->variables);
    return c->t->parts && c->t->variables ? FAULT_NONE : FAULT_LIMIT;
}

static uint32_t variable_index(struct template *t, struct slice name, size_t offset)
{
    uint32_t i = 0;
    while (i < t->n_variables && !slice_equal(t->variables[i].name, name))
        i++;
    if (i == t->n_variables)
        t->variables[t->n_variables++] = (struct template_variable){name, offset, false};
    return i;
}

/* Names in a query or a parameter: encoded but for what already is. */
static struct slice encode_name(struct arena *arena, struct slice name)
{
    char *start = arena_take(arena, name.n * 3);
    char *to = start;
    for (size_t i = 0; start && i < name.n; i++) {
        bool is_triplet = template_is_triplet(slice_after(name, i));
        if (is_triplet)
            *to++ = name.at[i];
        else
            to = template_encode(to, (struct slice){name.at + i, 1});
    }
    return (struct slice){start, (size_t)(to - start)};
}

/* Takes "name" or "name*". */
static enum fault take_use(struct compiler *c, struct template_part *p)
{
    size_t offset = c->at;
    struct slice name = take_name(c);
    if (name.n == 0)
        return refuse(c, offset,
                      is_at(c, '{') ? "a variable has one brace on each side"
                                    : "a variable's name is missing",
                      "{name}");
    if (is_at(c, ':'))
        return refuse(c, c->at, "a prefix (\":n\") is not supported", "the whole value");
    struct template_use *u = &p->uses[p->n_uses++];
    u->explodes = is_at(c, '*') && !c->t->is_text;
    c->at += u->explodes;
    u->variable = variable_index(c->t, name, offset);
    c->t->variables[u->variable].takes_list |=
        u->explodes || p->operator== TEMPLATE_QUERY || p->operator== TEMPLATE_CONTINUE;
    if (!template_rules[p->operator].is_named)
        return FAULT_NONE;
    u->name = encode_name(c->arena, name);
    return u->name.at ? FAULT_NONE : FAULT_LIMIT;
}

static enum fault take_operator(struct compiler *c, struct template_part *p)
{
    char sign = c->at < c->text.n ? c->text.at[c->at] : '\0';
    if (sign == '+' || sign == '#')
        return refuse(c, c->at,
                      "the operators \"+\" and \"#\" would let a value write reserved "
                      "characters",
                      "{name}");
    if (sign && strchr("=,!@|", sign))
        return refuse(c, c->at, "no such operator", "{name}");
    for (unsigned i = 1; i < TEMPLATE_N_OPERATORS; i++) {
        if (sign && sign == template_rules[i].sign)
            p->operator=(enum template_operator) i;
    }
    if (p->operator== TEMPLATE_SIMPLE)
        return FAULT_NONE;
    if (c->t->is_text)
        return refuse(c, c->at, "operators belong to URI templates", "{name}");
    c->at++;
    return FAULT_NONE;
}

static enum fault take_uses(struct compiler *c, struct template_part *p)
{
    for (;;) {
        enum fault fault = take_use(c, p);
        if (fault)
            return fault;
        if (is_at(c, '}'))
            return FAULT_NONE;
        if (!is_at(c, ',') || c->t->is_text)
            return refuse(c, c->at, "the expression does not end behind the variable", "{name}");
        c->at++;
    }
}

static enum fault take_expression(struct compiler *c)
{
    size_t open = c->at++;
    struct slice rest = slice_after(c->text, open);
    const char *close = memchr(rest.at, '}', rest.n);
    if (!close)
        return refuse(c, open, "\"{\" is not closed", "{name}");
    struct template_part *p = &c->t->parts[c->t->n_parts++];
    struct slice inside = {rest.at, (size_t)(close - rest.at)};
    p->in_path = c->in_path;
    p->uses = arena_take_zero(c->arena, max_uses(inside), sizeof *p->uses);
    if (!p->uses)
        return FAULT_LIMIT;
    enum fault fault = take_operator(c, p);
    if (!fault)
        fault = take_uses(c, p);
    if (fault)
        return fault;
    c->in_path &= p->operator!= TEMPLATE_QUERY;
    c->at++;
    return FAULT_NONE;
}

/* Where path segments end and begin in a whole literal. */
static void mark_segments(struct compiler *c, struct template_part *p)
{
    p->segment_end = p->segment_start = TEMPLATE_NOWHERE;
    for (uint32_t i = 0; i < p->literal.n && c->in_path; i++) {
        char byte = p->literal.at[i];
        if (byte != '/' && byte != '?')
            continue;
        if (p->segment_end == TEMPLATE_NOWHERE)
            p->segment_end = i;
        p->segment_start = byte == '/' ? i + 1 : TEMPLATE_NOWHERE;
        c->in_path = byte == '/';
    }
}

/* One byte of a URI's literal, encoded where a URI may not hold it. */
static enum fault put_uri_byte(struct compiler *c, char **to)
{
    char byte = c->text.at[c->at];
    if (byte == '}')
        return refuse(c, c->at, "\"}\" without \"{\"", "%7D");
    if (byte == '#')
        return refuse(c, c->at, "a fragment is never sent", "%23");
    if ((unsigned char)byte < ' ' || byte == '\x7f')
        return refuse(c, c->at, "a control character", NULL);
    bool is_triplet = template_is_triplet(slice_after(c->text, c->at));
    if (byte == '%' && !is_triplet)
        return refuse(c, c->at, "\"%\" without two hexadecimal digits", "%25");
    if (is_triplet || token_has((unsigned char)byte, TOKEN_RESERVED))
        *(*to)++ = byte;
    else
        *to = template_encode(*to, (struct slice){&byte, 1});
    c->at++;
    return FAULT_NONE;
}

/* One byte of a text's literal; a pair of braces is one. */
static enum fault put_text_byte(struct compiler *c, char **to)
{
    char byte = c->text.at[c->at++];
    if (byte == '{' || byte == '}') {
        if (!is_at(c, byte))
            return refuse(c, c->at - 1, "\"}\" without \"{\"", "}}");
        c->at++;
    }
    *(*to)++ = byte;
    return FAULT_NONE;
}

static bool begins_expression(const struct compiler *c)
{
    if (!is_at(c, '{'))
        return false;
    return !c->t->is_text || c->at + 1 == c->text.n || c->text.at[c->at + 1] != '{';
}

/* The most that the literal ahead can become. */
static size_t literal_room(const struct compiler *c)
{
    struct slice rest = slice_after(c->text, c->at);
    const char *brace = c->t->is_text ? NULL : memchr(rest.at, '{', rest.n);
    return (brace ? (size_t)(brace - rest.at) : rest.n) * 3;
}

static enum fault take_literal(struct compiler *c)
{
    char *start = arena_take(c->arena, literal_room(c));
    if (!start)
        return FAULT_LIMIT;
    char *to = start;
    while (c->at < c->text.n && !begins_expression(c)) {
        enum fault fault = c->t->is_text ? put_text_byte(c, &to) : put_uri_byte(c, &to);
        if (fault)
            return fault;
    }
    struct template_part *p = &c->t->parts[c->t->n_parts++];
    p->literal = (struct slice){start, (size_t)(to - start)};
    mark_segments(c, p);
    return FAULT_NONE;
}

static enum fault compile(struct compiler *c, bool is_text, struct template **out)
{
    enum fault fault = begin(c, is_text);
    c->in_path = !is_text;
    while (!fault && c->at < c->text.n)
        fault = begins_expression(c) ? take_expression(c) : take_literal(c);
    *out = c->t;
    return fault;
}

enum fault template_compile(struct slice text, struct arena *arena, struct template **out,
                            struct template_error *error)
{
    struct compiler c = {.text = text, .arena = arena, .error = error};
    return compile(&c, false, out);
}

enum fault template_compile_text(struct slice text, struct arena *arena, struct template **out,
                                 struct template_error *error)
{
    struct compiler c = {.text = text, .arena = arena, .error = error};
    return compile(&c, true, out);
}
