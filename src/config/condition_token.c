/* condition_token.c - words, signs and JSON literals of a condition */
#include <ctype.h>

#include "config/condition_internal.h"
#include "json/scan.h"

enum {
    LITERAL_DEPTH_MAX = 16
};

static const struct {
    struct slice text;
    enum condition_code code;
} signs[] = {
    {SLICE_INIT("=="), CONDITION_EQUAL},   {SLICE_INIT("!="), CONDITION_UNEQUAL},
    {SLICE_INIT("<="), CONDITION_AT_MOST}, {SLICE_INIT(">="), CONDITION_AT_LEAST},
    {SLICE_INIT("<"), CONDITION_LESS},     {SLICE_INIT(">"), CONDITION_GREATER},
};

static const struct {
    struct slice text;
    enum condition_token_kind kind;
} words[] = {
    {SLICE_INIT("and"), CONDITION_AND},
    {SLICE_INIT("or"), CONDITION_OR},
    {SLICE_INIT("not"), CONDITION_NEGATE},
    {SLICE_INIT("has"), CONDITION_HAS_WORD},
    {SLICE_INIT("matches"), CONDITION_MATCHES_WORD},
    {SLICE_INIT("true"), CONDITION_LITERAL},
    {SLICE_INIT("false"), CONDITION_LITERAL},
    {SLICE_INIT("null"), CONDITION_LITERAL},
};

/* What people of other languages write; none of it is ours. */
static const struct {
    struct slice text;
    const char *instead;
} foreign[] = {
    {SLICE_INIT("&&"), "write and"},
    {SLICE_INIT("||"), "write or"},
    {SLICE_INIT("="), "write == to compare"},
    {SLICE_INIT("!"), "write not"},
    {SLICE_INIT("'"), "texts stand in double quotes, as \"yes\""},
    {SLICE_INIT("{"), "paths stand without braces here, as product.inStock"},
};

static struct condition_token token(enum condition_token_kind kind, struct slice rest, size_t n)
{
    return (struct condition_token){.kind = kind, .text = {rest.at, n}};
}

static struct condition_token wrong(struct slice rest, size_t n, const char *instead)
{
    struct condition_token t = token(CONDITION_WRONG, rest, n);
    t.instead = instead;
    return t;
}

static bool is_path_byte(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("_-.[]@$#", c));
}

/* Behind a string that begins here; 0: it does not end. */
static size_t string_end(struct slice rest, size_t at)
{
    for (at++; at < rest.n && rest.at[at] != '"'; at++)
        at += rest.at[at] == '\\';
    return at < rest.n ? at + 1 : 0;
}

/* Behind a string, or an array or object with what is in it; 0: it does not end. */
static size_t bracketed_end(struct slice rest)
{
    unsigned depth = 0;
    size_t at = 0;
    do {
        char c = rest.at[at];
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        at = c == '"' ? string_end(rest, at) : at + 1;
    } while (at && at < rest.n && depth);
    return depth ? 0 : at;
}

static size_t number_end(struct slice rest)
{
    size_t n = 1;
    while (n < rest.n && (isalnum((unsigned char)rest.at[n]) || strchr(".+-", rest.at[n])))
        n++;
    return n;
}

static struct condition_token read_literal(struct slice rest)
{
    bool is_number = rest.at[0] == '-' || isdigit((unsigned char)rest.at[0]);
    size_t n = is_number ? number_end(rest) : bracketed_end(rest);
    if (n == 0)
        return wrong(rest, 1, "it is not closed");
    if (scan_json((struct slice){rest.at, n}, LITERAL_DEPTH_MAX).verdict == SCAN_OK)
        return token(CONDITION_LITERAL, rest, n);
    if (rest.at[0] == '{')
        return wrong(rest, n, "paths stand without braces here, as product.inStock");
    return wrong(rest, n, "literals are JSON");
}

static struct condition_token read_sign(struct slice rest)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (slice_starts(rest, signs[i].text)) {
            struct condition_token t = token(CONDITION_COMPARE, rest, signs[i].text.n);
            t.code = signs[i].code;
            return t;
        }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (slice_starts(rest, foreign[i].text))
            return wrong(rest, foreign[i].text.n, foreign[i].instead);
    return wrong(rest, 1, NULL);
}

static struct condition_token read_word(struct slice rest)
{
    size_t n = 0;
    while (n < rest.n && is_path_byte(rest.at[n]))
        n++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_equal((struct slice){rest.at, n}, words[i].text))
            return token(words[i].kind, rest, n);
    return token(CONDITION_PATH, rest, n);
}

static struct condition_token read_token(struct slice rest)
{
    char c = rest.at[0];
    if (c == '(' || c == ')')
        return token(c == '(' ? CONDITION_OPEN : CONDITION_CLOSE, rest, 1);
    if (c == '"' || c == '[' || c == '{' || c == '-' || isdigit((unsigned char)c))
        return read_literal(rest);
    return is_path_byte(c) ? read_word(rest) : read_sign(rest);
}

struct condition_token condition_next_token(struct slice text, size_t at)
{
    while (at < text.n && isspace((unsigned char)text.at[at]))
        at++;
    struct slice rest = slice_after(text, at);
    struct condition_token t = rest.n ? read_token(rest) : token(CONDITION_END, rest, 0);
    t.at = at;
    return t;
}
