/* condition.c - a condition becomes instructions, by descent through its grammar */
#include "config/condition_internal.h"
#include "json/text.h"

enum {
    TEXT_MAX = 4096,
    INSTRUCTIONS_MAX = 256,
    NESTING_MAX = 32,
    MESSAGE_MAX = 256,
};

struct compiler {
    struct reading *r;
    const struct node *node; /* its text escaped */
    struct slice written;
    struct condition_token token; /* the next one */
    struct condition_instruction code[INSTRUCTIONS_MAX];
    unsigned n;
    unsigned depth;
    bool is_compared; /* the next value is what another one is compared with */
    bool is_bad;      /* told */
};

static bool is_next(const struct compiler *c, enum condition_token_kind kind)
{
    return !c->is_bad && c->token.kind == kind;
}

/* The first mistake is told: what follows it cannot be read for sure. */
static void tell(struct compiler *c, size_t at, const char *what, const char *instead)
{
    if (!c->is_bad)
        reading_complain(c->r, RULE_CONDITION, node_place_in(c->r, c->node, at), "%s; %s", what,
                         instead);
    c->is_bad = true;
}

/* What the environment gives is part of one literal or path, and nothing around it. */
static void check_environment(struct compiler *c, size_t before)
{
    const struct condition_token *t = &c->token;
    bool is_value = t->kind == CONDITION_LITERAL || t->kind == CONDITION_PATH;
    struct slice outside = slice_after(c->node->text, before);
    outside.n = t->at - before + (is_value ? 0 : t->text.n);
    if (reading_is_masked(c->r, outside))
        tell(c, before, "a value of the environment is more than one literal or name here",
             "write it in quotes, as \"${NAME}\", and the rest of the condition around it");
}

static void advance(struct compiler *c)
{
    size_t before = c->token.at + c->token.text.n;
    c->token = condition_next_token(c->node->text, before);
    check_environment(c, before);
}

static void tell_unexpected(struct compiler *c, const char *expected)
{
    const struct condition_token *t = &c->token;
    if (t->kind == CONDITION_END)
        tell(c, t->at, "the condition ends too early", expected);
    else
        tell(c, t->at,
             reading_print(c->r, "'%s' cannot stand here in a condition",
                           reading_show(c->r, t->text)),
             t->kind == CONDITION_WRONG && t->instead ? t->instead : expected);
}

/* NULL: there are too many (told). */
static struct condition_instruction *emit(struct compiler *c, enum condition_code code)
{
    if (c->n == INSTRUCTIONS_MAX) {
        tell(c, c->token.at, "the condition is too long", "split it over several sources");
        return NULL;
    }
    struct condition_instruction *i = &c->code[c->n++];
    *i = (struct condition_instruction){.code = code};
    return i;
}

/* "length(", as other languages have it. */
static bool is_function(const struct compiler *c)
{
    size_t end = c->token.at + c->token.text.n;
    return end < c->node->text.n && c->node->text.at[end] == '(';
}

static void read_path(struct compiler *c, struct config_variable *out)
{
    if (is_function(c)) {
        tell_unexpected(c, "has(path) is the only function");
        return;
    }
    if (!is_next(c, CONDITION_PATH)) {
        tell_unexpected(c, "a path is due, as product.inStock");
        return;
    }
    bool is_good = c->is_compared
                       ? config_read_operand(c->r, c->node, c->token.text, out)
                       : config_read_variable(c->r, c->node, c->token.at, c->token.text.n, out);
    c->is_bad |= !is_good;
    advance(c);
}

static void read_operand(struct compiler *c, struct condition_operand *out)
{
    out->is_literal = is_next(c, CONDITION_LITERAL);
    if (out->is_literal) {
        out->literal = reading_copy(c->r, c->token.text);
        advance(c);
        return;
    }
    if (!is_next(c, CONDITION_PATH))
        tell_unexpected(c, "a value is due, as product.inStock or \"yes\"");
    else
        read_path(c, &out->variable);
}

/* Takes the token away where it is next; tells where it is not. */
static void take(struct compiler *c, enum condition_token_kind kind, const char *expected)
{
    if (!is_next(c, kind))
        tell_unexpected(c, expected);
    else
        advance(c);
}

static void read_has(struct compiler *c)
{
    struct condition_operand path = {0};
    advance(c);
    take(c, CONDITION_OPEN, "write has(product.price)");
    read_path(c, &path.variable);
    take(c, CONDITION_CLOSE, "write has(product.price)");
    struct condition_instruction *i = c->is_bad ? NULL : emit(c, CONDITION_HAS);
    if (i)
        i->left = path;
}

/* The regular expression is a JSON string. */
static struct pattern *read_expression(struct compiler *c)
{
    struct reading *r = c->r;
    char message[MESSAGE_MAX];
    size_t offset;
    char *text = reading_scratch(r, c->token.text.n, 1);
    struct slice expression = {text, text_unquote(text, c->token.text)};
    struct pattern *p = pattern_new(expression, false, &offset, message, sizeof message);
    if (p)
        config_keep_pattern(r, p);
    else
        tell(c, c->token.at,
             reading_print(r, "the regular expression is wrong at character %zu: %s", offset + 1,
                           message),
             "expressions are those of PCRE2");
    return p;
}

static void read_matches(struct compiler *c, const struct condition_operand *left)
{
    const char *expected = "write product.sku matches \"^A-\"";
    advance(c);
    if (left->is_literal || !is_next(c, CONDITION_LITERAL) || c->token.text.at[0] != '"') {
        tell_unexpected(c, expected);
        return;
    }
    struct pattern *pattern = read_expression(c);
    advance(c);
    struct condition_instruction *i = c->is_bad ? NULL : emit(c, CONDITION_MATCHES);
    if (i) {
        i->left = *left;
        i->pattern = pattern;
    }
}

static void read_test(struct compiler *c)
{
    struct condition_operand left = {0}, right = {0};
    enum condition_code code = CONDITION_HOLDS;
    read_operand(c, &left);
    if (is_next(c, CONDITION_MATCHES_WORD)) {
        read_matches(c, &left);
        return;
    }
    if (is_next(c, CONDITION_COMPARE)) {
        code = c->token.code;
        advance(c);
        c->is_compared = true;
        read_operand(c, &right);
        c->is_compared = false;
    }
    if (is_next(c, CONDITION_COMPARE))
        tell_unexpected(c, "compare two values at a time, as a < b and b < c");
    struct condition_instruction *i = c->is_bad ? NULL : emit(c, code);
    if (i) {
        i->left = left;
        i->right = right;
    }
}

static void read_or(struct compiler *c);

static void read_group(struct compiler *c)
{
    advance(c);
    read_or(c);
    take(c, CONDITION_CLOSE, "close the parenthesis");
}

static void read_not(struct compiler *c)
{
    bool is_negated = false;
    for (; is_next(c, CONDITION_NEGATE); is_negated = !is_negated)
        advance(c);
    if (is_next(c, CONDITION_OPEN))
        read_group(c);
    else if (is_next(c, CONDITION_HAS_WORD))
        read_has(c);
    else
        read_test(c);
    if (is_negated && !c->is_bad)
        emit(c, CONDITION_NOT);
}

/* Parts with the same word between them: behind each a jump over the next. */
static void read_chain(struct compiler *c, enum condition_token_kind word, enum condition_code jump,
                       void (*read_part)(struct compiler *c))
{
    read_part(c);
    while (is_next(c, word)) {
        advance(c);
        unsigned at = c->n;
        if (!emit(c, jump))
            return;
        read_part(c);
        c->code[at].target = c->n;
    }
}

static void read_and(struct compiler *c)
{
    read_chain(c, CONDITION_AND, CONDITION_JUMP_IF_FALSE, read_not);
}

static void read_or(struct compiler *c)
{
    if (++c->depth > NESTING_MAX)
        tell(c, c->token.at, "the condition nests too deep", "use fewer parentheses");
    else
        read_chain(c, CONDITION_OR, CONDITION_JUMP_IF_TRUE, read_and);
    c->depth--;
}

static const struct condition *keep(const struct compiler *c)
{
    struct condition *kept = reading_keep(c->r, 1, sizeof *kept);
    struct condition_instruction *code = reading_keep(c->r, c->n, sizeof *code);
    memcpy(code, c->code, c->n * sizeof *code);
    *kept = (struct condition){code, c->n, reading_copy(c->r, c->written)};
    return kept;
}

/* What the environment gives stays in the text that it stands in. */
static const struct reading_escape escapes[] = {
    {'"', SLICE_INIT("\\\"")}, {'\\', SLICE_INIT("\\\\")}, {'\n', SLICE_INIT("\\n")},
    {'\r', SLICE_INIT("\\r")}, {'\t', SLICE_INIT("\\t")},  {0, {0}}};

static void compile(struct reading *r, const struct node *value, struct config_source *s)
{
    struct compiler *c = reading_scratch(r, 1, sizeof *c);
    struct node escaped = *value;
    escaped.text = reading_escaped(r, value->text, escapes);
    c->r = r;
    c->node = &escaped;
    c->written = reading_written(r, value->text);
    advance(c);
    read_or(c);
    if (!c->is_bad && c->token.kind != CONDITION_END)
        tell_unexpected(c, "join tests by and, or");
    if (!c->is_bad)
        s->when = keep(c);
}

static void read_when(struct reading *r, const struct option *row, struct node *value, void *object)
{
    (void)row;
    if (!option_scalar(r, value, "a condition, as flag == \"yes\""))
        return;
    if (value->text.n > TEXT_MAX)
        reading_complain(r, RULE_CONDITION, value->place,
                         "a condition is at most 4 KiB long; shorten it");
    else
        compile(r, value, object);
}

const struct option_kind config_kind_when = {
    "condition",
    "{\"type\":[\"string\",\"boolean\"]}",
    read_when,
};
