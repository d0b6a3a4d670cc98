/* openapi_pattern.c - patterns of parameters as JSON Schema has them: expressions of ECMAScript
 *
 * Read is what PCRE2 with Unicode (wire/pattern.h) and ECMA-262 with its flag u both have, and take
 * for the same; all else is foreign. So \d, \w, \s and \b are: here they are of Unicode, there of
 * ASCII. Some that both have, as named groups, lookbehind and \p{L}, are not read either: they
 * count as foreign. The dot, which stops at fewer characters here, is written as what it means.
 * PCRE2 has accepted the expression: what is wrong for both needs no look.
 */
#include "app/openapi_internal.h"
#include "base/check.h"

enum {
    DEPTH_MAX = 63,                   /* of groups: a bit each */
    GROWTH_MAX = sizeof "[^\\n]" - 1, /* of a byte */
    FRAME = sizeof "^(?:)$" - 1,
};

struct reader {
    struct slice left;
    char *out;
    size_t n;
    uint64_t assertions; /* bits of the groups that are one, the innermost lowest */
    unsigned depth;
    bool may_repeat; /* an atom is behind us */
};

static void put(struct reader *r, struct slice text)
{
    memcpy(r->out + r->n, text.at, text.n);
    r->n += text.n;
}

static void pass(struct reader *r, size_t n)
{
    put(r, (struct slice){r->left.at, n});
    r->left = slice_after(r->left, n);
}

static bool is_next(const struct reader *r, const char *one_of)
{
    return r->left.n && r->left.at[0] && strchr(one_of, r->left.at[0]);
}

/* A character after a backslash that stands for itself, or for the same control character. A hyphen
 * may have one in a class alone. */
static bool pass_escape(struct reader *r, bool is_in_class)
{
    char c = r->left.n > 1 ? r->left.at[1] : '\0';
    bool is_common = c && strchr("^$\\.*+?()[]{}|/nrtf", c);
    if (!is_common && !(c == '-' && is_in_class))
        return false;
    pass(r, 2);
    r->may_repeat = true;
    return true;
}

/* The first bracket of a class is no end to PCRE2, and the end to the other. */
static bool pass_class(struct reader *r)
{
    pass(r, 1);
    if (is_next(r, "^"))
        pass(r, 1);
    if (is_next(r, "]"))
        return false;
    while (r->left.n && !is_next(r, "]")) {
        if (slice_starts(r->left, SLICE("[:")))
            return false;
        if (!is_next(r, "\\"))
            pass(r, 1);
        else if (!pass_escape(r, true))
            return false;
    }
    pass(r, r->left.n ? 1 : 0);
    r->may_repeat = true;
    return true;
}

static bool pass_group(struct reader *r)
{
    bool is_assertion = slice_starts(r->left, SLICE("(?=")) || slice_starts(r->left, SLICE("(?!"));
    bool is_other = slice_starts(r->left, SLICE("(?")) || slice_starts(r->left, SLICE("(*"));
    bool is_plain = slice_starts(r->left, SLICE("(?:"));
    if ((is_other && !is_assertion && !is_plain) || r->depth == DEPTH_MAX)
        return false;
    pass(r, is_other ? 3 : 1);
    r->depth++;
    r->assertions = r->assertions << 1 | is_assertion;
    r->may_repeat = false;
    return true;
}

/* An assertion cannot be repeated. */
static void pass_group_end(struct reader *r)
{
    pass(r, 1);
    r->may_repeat = !(r->assertions & 1);
    r->assertions >>= 1;
    r->depth--;
}

/* {2}, {2,} or {2,3}: how long it is; 0: it is none. */
static size_t count_length(struct slice text)
{
    size_t i = 1;
    size_t n_digits = 0;
    bool has_comma = false;
    for (; i < text.n && text.at[i] != '}'; i++) {
        bool is_digit = text.at[i] >= '0' && text.at[i] <= '9';
        if (!is_digit && (text.at[i] != ',' || has_comma || !n_digits))
            return 0;
        n_digits += is_digit;
        has_comma |= !is_digit;
    }
    return i < text.n && n_digits ? i + 1 : 0;
}

/* Lazy ones are the same, as the whole text has to match; possessive ones are not. */
static bool pass_quantifier(struct reader *r)
{
    size_t n = is_next(r, "{") ? count_length(r->left) : 1;
    if (!n || !r->may_repeat)
        return false;
    pass(r, n);
    if (is_next(r, "?"))
        pass(r, 1);
    r->may_repeat = false;
    return !is_next(r, "+");
}

/* PCRE2's dollar also stands before a last line's end: where nothing may follow, that is the same.
 */
static bool pass_dollar(struct reader *r)
{
    pass(r, 1);
    r->may_repeat = false;
    return r->left.n == 0 || (r->depth == 0 && is_next(r, "|"));
}

/* false: it is foreign. */
static bool pass_next(struct reader *r)
{
    switch (r->left.at[0]) {
    case '\\':
        return pass_escape(r, false);
    case '[':
        return pass_class(r);
    case '(':
        return pass_group(r);
    case ')':
        pass_group_end(r);
        return true;
    case '*':
    case '+':
    case '?':
    case '{':
        return pass_quantifier(r);
    case ']':
    case '}':
        return false;
    case '$':
        return pass_dollar(r);
    case '.':
        put(r, SLICE("[^\\n]"));
        r->left = slice_after(r->left, 1);
        r->may_repeat = true;
        return true;
    default:
        r->may_repeat = !is_next(r, "|^");
        pass(r, 1);
        return true;
    }
}

struct slice openapi_pattern(struct slice pattern, struct arena *arena)
{
    struct reader r = {.left = pattern};
    r.out = arena_take(arena, pattern.n * GROWTH_MAX + FRAME);
    CHECK(r.out);
    put(&r, SLICE("^(?:"));
    while (r.left.n)
        if (!pass_next(&r))
            return SLICE_NONE;
    put(&r, SLICE(")$"));
    return (struct slice){r.out, r.n};
}
