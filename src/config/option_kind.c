/* option_kind.c - the kinds of values that say nothing about gateways: numbers, words, files
 *
 * A kind reads one node into one place of a struct, or tells what is wrong and leaves the place as
 * it is; whoever reads on needs no care, since a configuration with a complaint is never used.
 */
#include "config/option_kind.h"

#include "config/quantity.h"
#include "json/scan.h"

enum {
    SHOWN_VALUE_MAX = 40
};

/* What somebody wrote, in words; "a list" where a duration was due. */
static const char *kind_of(const struct node *n)
{
    if (n->kind == NODE_LIST)
        return "a list";
    if (n->kind == NODE_MAP)
        return "a map";
    return node_is_null(n) ? "nothing" : "a single value";
}

/* {product.id} is a map with one key and nothing behind it. */
static bool is_bare_template(const struct node *n)
{
    return n->kind == NODE_MAP && n->is_flow && n->n == 1 && node_is_null(n->pairs[0].value);
}

bool option_scalar(struct reading *r, const struct node *value, const char *due)
{
    if (value->kind == NODE_SCALAR && !node_is_null(value))
        return !value->is_told;
    if (value->kind == NODE_SCALAR && value->is_told)
        return false;
    if (value->kind == NODE_SCALAR)
        reading_complain(r, RULE_EMPTY, value->place, "nothing is given here; %s is due", due);
    else if (is_bare_template(value))
        reading_complain(r, RULE_KIND_QUOTE, value->place,
                         "braces without quotes are a map in YAML, and %s is due; quote it:"
                         " \"{%s}\"",
                         due, reading_show(r, value->pairs[0].key->text));
    else if (value->is_flow)
        reading_complain(r, RULE_KIND_QUOTE, value->place,
                         "%s without quotes begins %s in YAML, and %s is due; quote it",
                         value->kind == NODE_MAP ? "a brace" : "a bracket", kind_of(value), due);
    else
        reading_complain(r, RULE_KIND, value->place, "this is %s; %s is due", kind_of(value), due);
    return false;
}

bool option_is_given(struct reading *r, const struct node *value, const char *due)
{
    if (node_is_null(value) && !value->is_told)
        reading_complain(r, RULE_EMPTY, value->place, "nothing is given here; %s", due);
    return !node_is_null(value);
}

/* The only line breaks are at its end: of several lines somebody else tells. */
static bool is_line_and_break(struct slice text)
{
    const char *first = text.n ? memchr(text.at, '\n', text.n) : NULL;
    for (const char *at = first; at && at < text.at + text.n; at++)
        if (*at != '\n')
            return false;
    return first;
}

bool option_line(struct reading *r, const struct node *value, const char *due)
{
    if (!option_scalar(r, value, due))
        return false;
    if (!is_line_and_break(value->text))
        return true;
    if (scalar_is_block(value->style))
        reading_complain(r, RULE_LINE_BREAK, value->place,
                         "a line break ends this text; write %s-, which leaves it out",
                         value->style == SCALAR_FOLDED ? ">" : "|");
    else
        reading_complain(r, RULE_LINE_BREAK, value->place,
                         "a line break ends this text; leave it out");
    return false;
}

bool option_map(struct reading *r, const struct node *value, const char *due)
{
    if (value->kind == NODE_MAP || node_is_null(value))
        return true;
    reading_complain(r, RULE_KIND, value->place, "this is %s; %s", kind_of(value), due);
    return false;
}

bool option_list(struct reading *r, const struct node *value, const char *due)
{
    if (value->kind == NODE_LIST || node_is_null(value))
        return true;
    reading_complain(r, RULE_KIND, value->place, "this is %s; %s", kind_of(value), due);
    return false;
}

bool option_is_boolean(const struct node *value, bool *out)
{
    static const char *const words[2][3] = {{"off", "no", "false"}, {"on", "yes", "true"}};
    for (unsigned i = 0; i < 6 && value->kind == NODE_SCALAR; i++) {
        *out = i >= 3;
        if (slice_equal_nocase(value->text, slice_of(words[i / 3][i % 3])))
            return true;
    }
    return false;
}

struct slice option_choice(const char *choices, unsigned i)
{
    for (; choices && i > 0; i--) {
        choices = strchr(choices, '|');
        choices = choices ? choices + 1 : NULL;
    }
    return choices ? (struct slice){choices, strcspn(choices, "|")} : SLICE_NONE;
}

static void read_boolean(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    bool *out = option_at(object, row);
    if (option_is_boolean(value, out) || !option_line(r, value, "true or false"))
        return;
    reading_complain(r, RULE_BOOLEAN, value->place,
                     "'%s' is neither true nor false; %s is on, yes or true, or off, no or false",
                     reading_show(r, value->text), row->name);
}

/* A row without max has no bounds. The bounds are told in the unit of the option. */
static bool in_bounds(struct reading *r, const struct option *row, const struct node *value,
                      enum quantity_unit unit, uint64_t number)
{
    char low[SHOWN_VALUE_MAX];
    char high[SHOWN_VALUE_MAX];
    if (row->max == 0 || (number >= row->min && number <= row->max))
        return true;
    quantity_write(low, sizeof low, unit, row->min);
    quantity_write(high, sizeof high, unit, row->max);
    reading_complain(r, RULE_BOUND, value->place, "%s cannot be %s; it is between %s and %s",
                     row->name, reading_show(r, value->text), low, high);
    return false;
}

/* How each unit is asked for. */
static const struct {
    const char *due;
    enum rule rule;
    const char *instead;
} quantities[] = {
    [QUANTITY_COUNT] = {"a whole number", RULE_COUNT, "write digits alone, as 64"},
    [QUANTITY_DURATION] = {"a duration", RULE_DURATION,
                           "write digits and ms, s, m or h, as 300ms or 2s"},
    [QUANTITY_SIZE] = {"a size", RULE_SIZE, "write digits and B, KiB, MiB or GiB, as 64KiB"},
    [QUANTITY_SHARE] = {"a share", RULE_SHARE, "write digits and %, as 20%"},
    [QUANTITY_RATE] = {"a rate", RULE_RATE, "write digits and /s, /m or /h, as 100/s"},
};

static bool read_quantity(struct reading *r, const struct option *row, const struct node *value,
                          enum quantity_unit unit, uint64_t *out)
{
    if (!option_line(r, value, quantities[unit].due))
        return false;
    switch (quantity_read(value->text, unit, out)) {
    case QUANTITY_GOOD:
        return in_bounds(r, row, value, unit, *out);
    case QUANTITY_TOO_LARGE:
        *out = UINT64_MAX;
        return in_bounds(r, row, value, unit, *out);
    case QUANTITY_MALFORMED:
        break;
    }
    reading_complain(r, quantities[unit].rule, value->place, "'%s' is not %s; %s%s%s",
                     reading_show(r, value->text), quantities[unit].due, quantities[unit].instead,
                     row->choices ? ", or " : "", row->choices ? row->choices : "");
    return false;
}

bool option_read_count(struct reading *r, const struct option *row, const struct node *value,
                       unsigned *out)
{
    uint64_t number = 0;
    if (!read_quantity(r, row, value, QUANTITY_COUNT, &number))
        return false;
    *out = (unsigned)number;
    return true;
}

/* Counts and durations may have one word that stands for 0; where it is "off", booleans do too. */
static bool is_zero_word(const struct option *row, const struct node *value)
{
    bool is_on = true;
    if (!row->choices)
        return false;
    bool is_switch = slice_equal(slice_of(row->choices), SLICE("off"));
    return node_is(value, row->choices) ||
           (is_switch && option_is_boolean(value, &is_on) && !is_on);
}

static void read_count(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    unsigned *out = option_at(object, row);
    if (is_zero_word(row, value))
        *out = 0;
    else
        option_read_count(r, row, value, out);
}

static void read_duration(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    uint64_t number = 0;
    if (is_zero_word(row, value) || read_quantity(r, row, value, QUANTITY_DURATION, &number))
        *(uint64_t *)option_at(object, row) = number;
}

static void read_share(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    uint64_t permille = 0;
    if (read_quantity(r, row, value, QUANTITY_SHARE, &permille))
        *(unsigned *)option_at(object, row) = (unsigned)permille;
}

static void read_rate(struct reading *r, const struct option *row, struct node *value, void *object)
{
    uint64_t per_hour = 0;
    if (read_quantity(r, row, value, QUANTITY_RATE, &per_hour))
        *(uint64_t *)option_at(object, row) = per_hour;
}

static void read_size(struct reading *r, const struct option *row, struct node *value, void *object)
{
    uint64_t number = 0;
    if (read_quantity(r, row, value, QUANTITY_SIZE, &number))
        *(size_t *)option_at(object, row) = (size_t)number;
}

/* As JSON writes numbers: what a client could send is compared with them. */
static void read_number(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    if (!option_line(r, value, "a number"))
        return;
    struct scan_result scanned = scan_json(value->text, 1);
    if (scanned.verdict == SCAN_OK && strchr("-0123456789", value->text.at[0]))
        *(struct slice *)option_at(object, row) = reading_copy(r, scanned.value);
    else
        reading_complain(r, RULE_NUMBER, value->place,
                         "'%s' is not a number; write it as 12 or -0.5",
                         reading_show(r, value->text));
}

/* A relative name is one beside the file that gives it. */
static void read_file(struct reading *r, const struct option *row, struct node *value, void *object)
{
    if (!option_line(r, value, "the name of a file"))
        return;
    const struct document *d = value->place.document;
    const char *slash = d ? strrchr(d->path, '/') : NULL;
    struct slice folder = {slash ? d->path : "", slash ? (size_t)(slash - d->path) + 1 : 0};
    if (value->text.at[0] == '/')
        folder.n = 0;
    char *joined = reading_keep(r, folder.n + value->text.n + 1, 1);
    memcpy(joined, folder.at, folder.n);
    memcpy(joined + folder.n, value->text.at, value->text.n);
    reading_mask_copy(r, value->text, slice_of(joined), folder.n);
    *(const char **)option_at(object, row) = joined;
}

/* The nearest of the words, or all of them. */
static void tell_choice(struct reading *r, const struct option *row, const struct node *value)
{
    struct suggestion near;
    const char *all = "it is one of";
    suggestion_begin(&near, value->text);
    for (unsigned i = 0; option_choice(row->choices, i).at; i++) {
        struct slice word = option_choice(row->choices, i);
        suggestion_offer(&near, word);
        all = reading_print(r, "%s%s %.*s", all, i ? "," : "", SLICE_ARG(word));
    }
    reading_complain(r, RULE_CHOICE, value->place, "%s cannot be '%s'; %s", row->name,
                     reading_show(r, value->text), reading_hint(r, &near, all));
}

static bool read_choice(struct reading *r, const struct option *row, const struct node *value,
                        unsigned *out)
{
    for (unsigned i = 0; option_choice(row->choices, i).at; i++) {
        *out = i;
        if (value->kind == NODE_SCALAR && slice_equal(value->text, option_choice(row->choices, i)))
            return true;
    }
    if (option_line(r, value, "a word"))
        tell_choice(r, row, value);
    return false;
}

static void read_choice_of(struct reading *r, const struct option *row, struct node *value,
                           void *object)
{
    unsigned choice = 0;
    if (read_choice(r, row, value, &choice))
        *(unsigned *)option_at(object, row) = choice;
}

/* Two words; where the first is "off", booleans will do too. */
static void read_either(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    unsigned choice = 0;
    bool *out = option_at(object, row);
    bool is_switch = slice_equal(option_choice(row->choices, 0), SLICE("off"));
    if (is_switch && option_is_boolean(value, out))
        return;
    if (read_choice(r, row, value, &choice))
        *out = choice == 1;
}

static void read_json(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct slice text = SLICE_NONE;
    if (node_json(r, value, &text))
        *(struct slice *)option_at(object, row) = text;
}

static void read_section(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    option_read_section(r, row->section, value, option_at(object, row));
}

const struct option_kind option_boolean = {
    "boolean", "{\"anyOf\":[" OPTION_ON "," OPTION_OFF "," OPTION_ENVIRONMENT "]}", read_boolean};
const struct option_kind option_count = {"number", NULL, read_count};
const struct option_kind option_duration = {"duration", NULL, read_duration};
const struct option_kind option_size = {"size", NULL, read_size};
const struct option_kind option_share = {
    "share", "{\"type\":\"string\",\"pattern\":\"^[0-9]+([.][0-9])?%$|\\\\$\\\\{\"}", read_share};
const struct option_kind option_rate = {
    "rate", "{\"type\":\"string\",\"pattern\":\"^[0-9]+/[smh]$|\\\\$\\\\{\"}", read_rate};
const struct option_kind option_number = {
    "number", "{\"anyOf\":[{\"type\":\"number\"}," OPTION_ENVIRONMENT "]}", read_number};
const struct option_kind option_file = {"file", "{\"type\":\"string\"}", read_file};
const struct option_kind option_choice_of = {"word", NULL, read_choice_of};
const struct option_kind option_either = {"word", NULL, read_either};
const struct option_kind option_json = {"any value", "{}", read_json};
const struct option_kind option_section = {"map", "@", read_section};
