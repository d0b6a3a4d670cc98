/* parameters_check.c - types, patterns, enumerations and ranges of parameters */
#include "gateway/parameters_check.h"

#include <stdlib.h>

#include "base/buffer.h"

/* What is being checked, and where to complain. */
struct check {
    struct parameters *parameters;
    const struct config_parameter *declared;
    struct slice value;
    struct pattern_scratch *scratch;
    struct arena *arena;
};

static bool refuse(const struct check *c, struct slice message)
{
    return message.at && parameters_refuse(c->parameters, c->declared->name, message, c->arena);
}

static size_t count_digits(struct slice s)
{
    size_t n = 0;
    while (n < s.n && s.at[n] >= '0' && s.at[n] <= '9')
        n++;
    return n;
}

/* Takes the integer part of a JSON number (RFC 8259 section 6): no zero in front, no plus. */
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

/* What the type wants instead; SLICE_NONE where the value has it. */
static struct slice wrong_type(const struct check *c)
{
    switch (c->declared->type) {
    case CONFIG_STRING:
        break;
    case CONFIG_INTEGER:
        if (!is_integer(c->value))
            return SLICE("must be an integer");
        break;
    case CONFIG_NUMBER:
        if (!is_number(c->value))
            return SLICE("must be a number");
        break;
    case CONFIG_BOOLEAN:
        if (!slice_equal(c->value, SLICE("true")) && !slice_equal(c->value, SLICE("false")))
            return SLICE("must be true or false");
        break;
    }
    return SLICE_NONE;
}

static bool check_pattern(const struct check *c)
{
    struct slice text = c->declared->pattern_text;
    if (!c->declared->pattern)
        return true;
    switch (pattern_match(c->declared->pattern, c->scratch, c->value)) {
    case PATTERN_MATCH:
        return true;
    case PATTERN_NO_MATCH:
        return refuse(c, arena_print(c->arena, "must match %.*s", SLICE_ARG(text)));
    case PATTERN_TOO_COSTLY:
        break;
    }
    return refuse(
        c, arena_print(c->arena, "must match %.*s, which takes too long to tell", SLICE_ARG(text)));
}

static bool is_allowed(const struct check *c)
{
    for (unsigned i = 0; i < c->declared->n_allowed; i++)
        if (slice_equal(c->declared->allowed[i], c->value))
            return true;
    return false;
}

static bool check_allowed(const struct check *c)
{
    const struct config_parameter *d = c->declared;
    if (d->n_allowed == 0 || is_allowed(c))
        return true;
    struct buffer text;
    buffer_init(&text, c->arena->limit);
    bool fits = buffer_append(&text, SLICE("must be one of "));
    for (unsigned i = 0; i < d->n_allowed && fits; i++)
        fits = buffer_print(&text, i ? ", %.*s" : "%.*s", SLICE_ARG(d->allowed[i]));
    struct slice message = fits ? arena_copy(c->arena, buffer_slice(&text)) : SLICE_NONE;
    buffer_done(&text);
    return refuse(c, message);
}

/* For numbers; the value is one. */
static bool check_range(const struct check *c)
{
    const struct config_parameter *d = c->declared;
    if (!d->has_min && !d->has_max)
        return true;
    struct slice text = arena_copy(c->arena, c->value); /* ended by a NUL */
    if (!text.at)
        return false;
    double value = strtod(text.at, NULL);
    if (d->has_min && value < d->min)
        return refuse(c, arena_print(c->arena, "must be at least %.15g", d->min));
    if (d->has_max && value > d->max)
        return refuse(c, arena_print(c->arena, "must be at most %.15g", d->max));
    return true;
}

bool parameters_check(struct parameters *p, const struct config_parameter *declared,
                      struct slice value, struct pattern_scratch *scratch, struct arena *arena)
{
    const struct check c = {p, declared, value, scratch, arena};
    struct slice wanted = wrong_type(&c);
    if (wanted.n)
        return refuse(&c, wanted);
    if (!check_pattern(&c) || !check_allowed(&c))
        return false;
    bool is_numeric = declared->type == CONFIG_INTEGER || declared->type == CONFIG_NUMBER;
    return !is_numeric || check_range(&c);
}
