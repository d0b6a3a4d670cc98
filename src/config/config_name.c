/* config_name.c - what things may be called
 *
 * Parameters and sources are written into templates and conditions, so their names are identifiers
 * and some words are taken. Services, which are written before a colon alone, and views may have
 * dashes.
 */
#include <ctype.h>

#include "config/config_internal.h"

/* Words that templates and conditions keep for themselves (CONTRACT 3). */
static const char *const reserved[] = {"body", "headers", "claims", "params",
                                       "item", "items",   "errors", "event"};

/* The parameters that select are named by their endpoint; `select: off` frees both names. */
static bool selects(const struct config_endpoint *e, struct slice name)
{
    return e && e->select.n && (slice_equal(name, e->select) || slice_equal(name, SLICE("view")));
}

static void tell_reserved(struct reading *r, const struct node *name, const char *what)
{
    reading_complain(r, RULE_RESERVED, name->place, "'%s' is reserved; choose another name for %s",
                     reading_show(r, name->text), what);
}

static bool is_name(struct slice name, bool dashes)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.at[i];
        bool is_later = isdigit((unsigned char)c) || (dashes && c == '-');
        if (!(isascii(c) && isalpha((unsigned char)c)) && c != '_' && !(i > 0 && is_later))
            return false;
    }
    return name.n > 0 && name.n <= 128;
}

bool config_check_name(struct reading *r, const struct node *name, const char *what, bool dashes)
{
    if (!is_name(name->text, dashes)) {
        reading_complain(
            r, RULE_NAME, name->place,
            "'%s' cannot name %s; a name is letters, digits and _%s, and no digit comes first",
            reading_show(r, name->text), what, dashes ? " and -" : "");
        return false;
    }
    bool is_free = dashes || !selects(r->endpoint, name->text);
    for (unsigned i = 0; !dashes && i < sizeof reserved / sizeof *reserved; i++)
        is_free &= !node_is(name, reserved[i]);
    if (!is_free)
        tell_reserved(r, name, what);
    return is_free;
}

/* Where sources are a list it is the name that they have already; in a map it would be a second. */
static void read_name(struct reading *r, const struct option *row, struct node *value, void *object)
{
    const struct config_source *s = object;
    (void)row;
    if (!option_line(r, value, "a name") || slice_equal(value->text, s->name))
        return;
    reading_complain(r, RULE_NAME_AGAIN, value->place,
                     "the source is called '%s' by its key; leave `name` out",
                     reading_show(r, s->name));
}

const struct option_kind config_kind_name = {
    "name", "{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]*$|\\\\$\\\\{\"}", read_name};
