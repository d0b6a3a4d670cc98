/* compare.c - decimals are compared digit by digit, so none is lost */
#include "json/compare.h"

#include <stdlib.h>

#include "json/text.h"
#include "json/walk.h"

enum {
    EXPONENT_MAX = 1000000000, /* larger ones count as this one */
};

/* A number as 0.d1d2d3... times ten to the exponent; d1 is not 0 unless the number is. */
struct decimal {
    bool is_negative;
    const char *at, *end; /* digits with perhaps a point among them */
    int64_t exponent;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int64_t read_exponent(const char *at, const char *end)
{
    bool is_negative = *at == '-';
    int64_t n = 0;
    for (at += !is_digit(*at); at < end && n < EXPONENT_MAX; at++)
        n = n * 10 + (*at - '0');
    return is_negative ? -n : n;
}

/* The first digit that counts, past zeros and the point; each zero behind the point lowers the
 * exponent. */
static void skip_zeros(struct decimal *d)
{
    const char *point = memchr(d->at, '.', (size_t)(d->end - d->at));
    d->exponent += (point ? point : d->end) - d->at;
    while (d->at < d->end && (*d->at == '0' || *d->at == '.')) {
        d->exponent -= *d->at == '0';
        d->at++;
    }
}

static struct decimal decimal_of(struct slice text)
{
    struct decimal d = {.is_negative = text.at[0] == '-', .end = text.at + text.n};
    const char *end = d.end;
    d.at = text.at + d.is_negative;
    for (const char *at = d.at; at < end; at++)
        if (*at == 'e' || *at == 'E') {
            d.end = at;
            d.exponent = read_exponent(at + 1, end);
            break;
        }
    skip_zeros(&d);
    if (d.at == d.end)
        d.is_negative = false;
    return d;
}

/* The next digit, 0 past the last. */
static int next_digit(struct decimal *d)
{
    if (d->at < d->end && *d->at == '.')
        d->at++;
    return d->at < d->end ? *d->at++ - '0' : 0;
}

static int magnitude_order(struct decimal a, struct decimal b)
{
    bool is_zero = a.at == a.end, is_other_zero = b.at == b.end;
    if (is_zero || is_other_zero)
        return is_other_zero - is_zero;
    if (a.exponent != b.exponent)
        return a.exponent < b.exponent ? -1 : 1;
    int difference = 0;
    while (difference == 0 && (a.at < a.end || b.at < b.end))
        difference = next_digit(&a) - next_digit(&b);
    return difference;
}

static int number_order(struct slice left, struct slice right)
{
    struct decimal a = decimal_of(left), b = decimal_of(right);
    if (a.is_negative != b.is_negative)
        return a.is_negative ? -1 : 1;
    return a.is_negative ? magnitude_order(b, a) : magnitude_order(a, b);
}

static bool are_equal(struct slice a, struct slice b)
{
    return compare_json(a, b) == COMPARE_EQUAL;
}

static bool are_arrays_equal(struct slice a, struct slice b)
{
    struct walk left = walk_begin(a), right = walk_begin(b);
    struct json_value x, y;
    bool has_left = walk_element(&left, &x), has_right = walk_element(&right, &y);
    while (has_left && has_right) {
        if (!are_equal(x.text, y.text))
            return false;
        has_left = walk_element(&left, &x);
        has_right = walk_element(&right, &y);
    }
    return has_left == has_right;
}

static bool find_member(struct slice object, struct slice quoted, struct json_value *found)
{
    struct walk w = walk_begin(object);
    struct slice name;
    struct json_value value;
    bool has_found = false;
    while (walk_member(&w, &name, &value))
        if (text_order(name, quoted) == 0) {
            *found = value;
            has_found = true;
        }
    return has_found;
}

static bool is_small(struct slice object)
{
    struct walk w = walk_begin(object);
    struct slice name;
    struct json_value value;
    unsigned n = 0;
    if (object.n > COMPARE_BYTES_MAX)
        return false;
    while (n <= COMPARE_MEMBERS_MAX && walk_member(&w, &name, &value))
        n++;
    return n <= COMPARE_MEMBERS_MAX;
}

/* Has the other an equal member for each that holds here? */
static bool covers(struct slice object, struct slice other)
{
    struct walk w = walk_begin(object);
    struct slice name;
    struct json_value value, held, found;
    while (walk_member(&w, &name, &value)) {
        bool holds = find_member(object, name, &held) && held.text.at == value.text.at;
        if (holds && !(find_member(other, name, &found) && are_equal(value.text, found.text)))
            return false;
    }
    return true;
}

static bool has_all_names(struct slice object, struct slice other)
{
    struct walk w = walk_begin(other);
    struct slice name;
    struct json_value value, found;
    while (walk_member(&w, &name, &value))
        if (!find_member(object, name, &found))
            return false;
    return true;
}

static bool are_objects_equal(struct slice a, struct slice b)
{
    return is_small(a) && is_small(b) && covers(a, b) && has_all_names(a, b);
}

static enum compare_order order_of(int difference)
{
    if (difference == 0)
        return COMPARE_EQUAL;
    return difference < 0 ? COMPARE_LESS : COMPARE_GREATER;
}

enum compare_order compare_json(struct slice a, struct slice b)
{
    struct json_value left = find_root(a), right = find_root(b);
    if (left.kind != right.kind)
        return COMPARE_DIFFERENT;
    switch (left.kind) {
    case JSON_NUMBER:
        return order_of(number_order(left.text, right.text));
    case JSON_STRING:
        return order_of(text_order(left.text, right.text));
    case JSON_ARRAY:
        return are_arrays_equal(left.text, right.text) ? COMPARE_EQUAL : COMPARE_DIFFERENT;
    case JSON_OBJECT:
        return are_objects_equal(left.text, right.text) ? COMPARE_EQUAL : COMPARE_DIFFERENT;
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        break;
    }
    return COMPARE_EQUAL;
}
