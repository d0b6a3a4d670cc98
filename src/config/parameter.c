/* parameter.c - types, patterns, enumerations and ranges */
#include "config/parameter.h"

#include "json/compare.h"

static size_t count_digits(struct slice s)
{
    size_t n = 0;
    while (n < s.n && s.at[n] >= '0' && s.at[n] <= '9')
        n++;
    return n;
}

/* Takes the integer part of a number: no zero in front, no plus. */
static bool take_integer(struct slice *s)
{
    if (s->n && s->at[0] == '-')
        *s = slice_after(*s, 1);
    size_t n = count_digits(*s);
    if (n == 0 || (n > 1 && s->at[0] == '0'))
        return false;
    *s = slice_after(*s, n);
    return true;
}

static bool is_integer(struct slice s)
{
    return take_integer(&s) && s.n == 0;
}

static bool take_some_digits(struct slice *s)
{
    size_t n = count_digits(*s);
    *s = slice_after(*s, n);
    return n > 0;
}

static bool is_number(struct slice s)
{
    if (!take_integer(&s))
        return false;
    if (s.n && s.at[0] == '.') {
        s = slice_after(s, 1);
        if (!take_some_digits(&s))
            return false;
    }
    if (s.n && (s.at[0] | 0x20) == 'e') {
        s = slice_after(s, 1);
        if (s.n && (s.at[0] == '+' || s.at[0] == '-'))
            s = slice_after(s, 1);
        if (!take_some_digits(&s))
            return false;
    }
    return s.n == 0;
}

static bool has_type(enum config_type type, struct slice text)
{
    switch (type) {
    case CONFIG_STRING:
        break;
    case CONFIG_INTEGER:
        return is_integer(text);
    case CONFIG_NUMBER:
        return is_number(text);
    case CONFIG_BOOLEAN:
        return slice_equal(text, SLICE("true")) || slice_equal(text, SLICE("false"));
    }
    return true;
}

bool parameter_is_numeric(const struct config_parameter *p)
{
    return p->type == CONFIG_INTEGER || p->type == CONFIG_NUMBER;
}

static bool is_allowed(const struct config_parameter *p, struct slice text)
{
    bool is_numeric = parameter_is_numeric(p);
    for (unsigned i = 0; i < p->n_allowed; i++)
        if (is_numeric ? compare_json(p->allowed[i], text) == COMPARE_EQUAL
                       : slice_equal(p->allowed[i], text))
            return true;
    return p->n_allowed == 0;
}

static unsigned judge_pattern(const struct config_parameter *p, struct slice text,
                              struct pattern_scratch *scratch)
{
    switch (p->pattern ? pattern_match(p->pattern, scratch, text) : PATTERN_MATCH) {
    case PATTERN_MATCH:
        break;
    case PATTERN_NO_MATCH:
        return PARAMETER_PATTERN;
    case PATTERN_TOO_COSTLY:
        return PARAMETER_COSTLY;
    }
    return 0;
}

static unsigned judge_range(const struct config_parameter *p, struct slice text)
{
    unsigned faults = 0;
    if (p->min.n && compare_json(text, p->min) == COMPARE_LESS)
        faults |= PARAMETER_MIN;
    if (p->max.n && compare_json(text, p->max) == COMPARE_GREATER)
        faults |= PARAMETER_MAX;
    return faults;
}

unsigned parameter_judge(const struct config_parameter *p, struct slice text,
                         struct pattern_scratch *scratch)
{
    if (!has_type(p->type, text))
        return PARAMETER_TYPE;
    unsigned faults = judge_pattern(p, text, scratch);
    if (!is_allowed(p, text))
        faults |= PARAMETER_ENUM;
    return parameter_is_numeric(p) ? faults | judge_range(p, text) : faults;
}
