/* node_json.c - a YAML value as JSON text
 *
 * By YAML 1.2's core schema (10.3.2): only what stands without quotes can be more than a string.
 * Numbers keep the digits that somebody wrote, so that 1.50 stays 1.50; those that JSON would write
 * otherwise (+1, 007, .5, 0x1f) are rewritten with as little change as can be.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "config/node_internal.h"
#include "json/scan.h"
#include "json/text.h"

enum {
    JSON_MAX = 16 * 1024 * 1024,
    NUMBER_MAX = 400
};

struct writer {
    struct reading *r;
    struct buffer out;
    bool failed;
};

static void put(struct writer *w, struct slice text)
{
    w->failed |= !buffer_append(&w->out, text);
}

static bool is_one_of(const struct node *n, const char *lower, const char *title, const char *upper)
{
    return node_is(n, lower) || node_is(n, title) || node_is(n, upper);
}

static bool all_in(struct slice text, const char *allowed)
{
    for (size_t i = 0; i < text.n; i++)
        if (!strchr(allowed, text.at[i]) || text.at[i] == '\0')
            return false;
    return text.n > 0;
}

/* JSON's own grammar of numbers, by JSON's own reader. */
static bool is_json_number(struct slice text)
{
    bool may_be = text.n > 0 && (text.at[0] == '-' || (text.at[0] >= '0' && text.at[0] <= '9'));
    return may_be && all_in(text, "0123456789+-.eE") && scan_json(text, 1).verdict == SCAN_OK;
}

/* 0o17 and 0x1f. */
static bool read_based(struct slice text, uint64_t *value)
{
    bool is_octal = slice_starts(text, SLICE("0o"));
    if (!is_octal && !slice_starts(text, SLICE("0x")))
        return false;
    struct slice digits = slice_after(text, 2);
    if (!all_in(digits, is_octal ? "01234567" : "0123456789abcdefABCDEF") ||
        digits.n > (is_octal ? 21 : 16))
        return false;
    *value = strtoull(digits.at, NULL, is_octal ? 8 : 16);
    return true;
}

static bool has_digit(struct slice text, size_t i)
{
    return i < text.n && text.at[i] >= '0' && text.at[i] <= '9';
}

/* What YAML calls a number and JSON does not: +1, 007, .5, 5., +.5e3. The digits stay. */
static bool put_yaml_number(struct writer *w, struct slice text)
{
    char number[NUMBER_MAX];
    size_t n = 0;
    bool has_sign = text.n > 0 && (text.at[0] == '-' || text.at[0] == '+');
    size_t i = has_sign;
    bool is_fraction = i < text.n && text.at[i] == '.';
    if (text.n + 2 > sizeof number || !has_digit(text, i + is_fraction))
        return false;
    if (has_sign && text.at[0] == '-')
        number[n++] = '-';
    if (is_fraction)
        number[n++] = '0';
    while (text.at[i] == '0' && has_digit(text, i + 1))
        i++;
    for (; i < text.n; i++)
        if (text.at[i] != '.' || has_digit(text, i + 1))
            number[n++] = text.at[i];
    struct slice result = {number, n};
    if (!is_json_number(result))
        return false;
    put(w, result);
    return true;
}

static bool is_infinite(const struct node *n)
{
    struct slice text = n->text;
    if (text.n && (text.at[0] == '-' || text.at[0] == '+'))
        text = slice_after(text, 1);
    return slice_equal(text, SLICE(".inf")) || slice_equal(text, SLICE(".Inf")) ||
           slice_equal(text, SLICE(".INF")) || is_one_of(n, ".nan", ".NaN", ".NAN");
}

static void put_plain(struct writer *w, const struct node *n)
{
    char based[24];
    uint64_t value = 0;
    if (node_is_null(n)) {
        put(w, SLICE("null"));
    } else if (is_one_of(n, "true", "True", "TRUE")) {
        put(w, SLICE("true"));
    } else if (is_one_of(n, "false", "False", "FALSE")) {
        put(w, SLICE("false"));
    } else if (is_json_number(n->text)) {
        put(w, n->text);
    } else if (read_based(n->text, &value)) {
        snprintf(based, sizeof based, "%" PRIu64, value);
        put(w, slice_of(based));
    } else if (is_infinite(n)) {
        reading_complain(w->r, RULE_JSON, n->place,
                         "JSON has no number '%s'; use null, or quote it",
                         reading_show(w->r, n->text));
        w->failed = true;
    } else if (!put_yaml_number(w, n->text)) {
        w->failed |= !text_quote(&w->out, n->text);
    }
}

static void put_node(struct writer *w, const struct node *n);

static void put_list(struct writer *w, const struct node *n)
{
    put(w, SLICE("["));
    for (size_t i = 0; i < n->n && !w->failed; i++) {
        if (i > 0)
            put(w, SLICE(","));
        put_node(w, n->items[i]);
    }
    put(w, SLICE("]"));
}

static void put_map(struct writer *w, const struct node *n)
{
    put(w, SLICE("{"));
    for (size_t i = 0; i < n->n && !w->failed; i++) {
        if (i > 0)
            put(w, SLICE(","));
        w->failed |= !text_quote(&w->out, n->pairs[i].key->text);
        put(w, SLICE(":"));
        put_node(w, n->pairs[i].value);
    }
    put(w, SLICE("}"));
}

static void put_node(struct writer *w, const struct node *n)
{
    if (n->kind == NODE_LIST)
        put_list(w, n);
    else if (n->kind == NODE_MAP)
        put_map(w, n);
    else if (n->is_plain)
        put_plain(w, n);
    else
        w->failed |= !text_quote(&w->out, n->text);
}

bool node_json(struct reading *r, struct node *n, struct slice *out)
{
    if (!n->json.at) {
        struct writer w = {.r = r};
        unsigned told_before = r->diagnostics.n;
        buffer_init(&w.out, JSON_MAX);
        put_node(&w, n);
        if (w.failed && r->diagnostics.n == told_before)
            reading_complain(r, RULE_BIG, n->place, "this is too long as JSON; 16 MiB is the most");
        if (!w.failed)
            n->json = reading_copy(r, buffer_slice(&w.out));
        buffer_done(&w.out);
    }
    *out = n->json;
    return n->json.at != NULL;
}
