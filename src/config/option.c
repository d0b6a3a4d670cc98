/* option.c - reads a map by the rows of its section
 *
 * The order of the rows decides, not the order of the file: what a row needs stands before it, or
 * is early. A key without a row is told with what was probably meant: the nearest key of the
 * section, or the section that the key belongs to, or all that there are.
 */
#include "config/option.h"

#include "config/config_internal.h"

const struct option *option_find(const struct section *s, struct slice name)
{
    for (unsigned i = 0; i < s->n_rows; i++)
        if (slice_equal(slice_of(s->rows[i].name), name))
            return &s->rows[i];
    return NULL;
}

/* "known are a, b, c". */
static const char *all_keys(struct reading *r, const struct section *s)
{
    const char *all = "known are";
    for (unsigned i = 0; i < s->n_rows; i++)
        all = reading_print(r, "%s%s %s", all, i ? "," : "", s->rows[i].name);
    return all;
}

/* Another section that has the key, of those that people write most if it can be; NULL: none. */
static const struct section *find_home(const struct section *s, struct slice key)
{
    static const struct section *const first[] = {&config_service_of, &config_endpoint_of,
                                                  &config_source_of};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (first[i] != s && option_find(first[i], key))
            return first[i];
    for (unsigned i = 0; config_sections[i]; i++)
        if (config_sections[i] != s && option_find(config_sections[i], key))
            return config_sections[i];
    return NULL;
}

/* What an unknown key of the section probably means. */
static struct suggestion guess(const struct section *s, struct slice key)
{
    const struct option_word *word = option_word_find(s, key);
    struct suggestion near;
    suggestion_begin(&near, key);
    if (word && word->key)
        return (struct suggestion){.wanted = key, .best = slice_of(word->key)};
    for (unsigned i = 0; i < s->n_rows && !word; i++)
        suggestion_offer(&near, slice_of(s->rows[i].name));
    return near;
}

static bool is_meant(const struct section *s, struct slice key, const char *name)
{
    struct suggestion near = guess(s, key);
    return suggestion_is_near(&near) && slice_equal(near.best, slice_of(name));
}

bool option_is_lacking(const struct section *s, const struct node *map, const char *key)
{
    if (node_find(map, slice_of(key)))
        return false;
    for (size_t i = 0; map->kind == NODE_MAP && i < map->n; i++)
        if (!option_find(s, map->pairs[i].key->text) && is_meant(s, map->pairs[i].key->text, key))
            return false;
    return true;
}

/* The suggestion comes first, then where else the key could belong. */
static const char *hint_of(struct reading *r, const struct section *s,
                           const struct suggestion *near)
{
    const struct option_word *word = option_word_find(s, near->wanted);
    const struct section *home = find_home(s, near->wanted);
    if (word && word->hint)
        return word->hint;
    if (slice_equal(near->wanted, SLICE("<<")))
        return "YAML 1.2 has no merge keys, see `defaults`";
    if (!suggestion_is_near(near))
        return home ? reading_print(r, "it is a key of %s, move it there", home->what)
                    : all_keys(r, s);
    const char *hint = reading_hint(r, near, "");
    if (!home || word)
        return hint;
    return reading_print(r, "%s '%s' is a key of %s", hint, reading_show(r, near->wanted),
                         home->what);
}

static void tell_unknown(struct reading *r, const struct section *s, const struct node *key)
{
    struct suggestion near = guess(s, key->text);
    if (suggestion_is_near(&near))
        r->unread |= option_find(s, near.best)->unread;
    reading_complain(r, RULE_UNKNOWN, key->place, "unknown key '%s' in %s; %s",
                     reading_show(r, key->text), s->what, hint_of(r, s, &near));
}

void option_check_keys(struct reading *r, const struct section *s, const struct node *map)
{
    for (size_t i = 0; i < map->n && !r->is_over; i++)
        if (!option_find(s, map->pairs[i].key->text))
            tell_unknown(r, s, map->pairs[i].key);
}

/* "delay:5s" is one word. */
static bool lacks_space(const struct section *s, const struct node *value)
{
    const char *colon = value->n_verbatim ? memchr(value->text.at, ':', value->text.n) : NULL;
    return colon &&
           option_find(s, (struct slice){value->text.at, (size_t)(colon - value->text.at)});
}

/* A section's map; what stands in its place is told, with the first key that is due as an example.
 */
static bool is_section_map(struct reading *r, const struct section *s, const struct node *map)
{
    const struct option *row = s->rows;
    if (map->kind == NODE_MAP || node_is_null(map))
        return true;
    while (!(row->flags & (OPTION_REQUIRED | OPTION_ONE_OF)) && row < s->rows + s->n_rows - 1)
        row++;
    if (!(row->flags & (OPTION_REQUIRED | OPTION_ONE_OF)))
        row = s->rows;
    const char *space = lacks_space(s, map) ? ", with a space behind the colon" : "";
    return option_map(
        r, map,
        reading_print(r, "%s is a map, as %s: %s%s", s->what, row->name, row->example, space));
}

static void read_row(struct reading *r, const struct option *row, struct node *value, void *object)
{
    if (row->given)
        *(bool *)((char *)object + row->given) = true;
    unsigned told_before = r->diagnostics.n;
    row->kind->read(r, row, value, object);
    bool is_single = !row->section; /* what has parts says itself whether it could be read */
    if (is_single && (r->diagnostics.n > told_before || value->is_told))
        r->unread |= row->unread;
}

/* A default is written as a person would write it and read by the same code. */
static void read_preset(struct reading *r, const struct option *row, void *object)
{
    struct node preset = node_of_text(row->preset);
    row->kind->read(r, row, &preset, object);
}

/* Of the rows with OPTION_ONE_OF, exactly one is due. */
static void check_one_of(struct reading *r, const struct section *s, const struct node *map)
{
    const struct option *row = NULL;
    const char *given = NULL;
    bool is_lacking = true;
    for (const struct option *each = s->rows; each < s->rows + s->n_rows; each++) {
        if (!(each->flags & OPTION_ONE_OF))
            continue;
        row = row ? row : each;
        is_lacking = is_lacking && option_is_lacking(s, map, each->name);
        const struct node *value = node_find(map, slice_of(each->name));
        if (value && given)
            reading_complain(r, RULE_ONE_OF, value->place,
                             "'%s' cannot stand beside '%s'; %s has one of them", each->name, given,
                             s->what);
        given = value ? each->name : given;
    }
    if (row && is_lacking)
        reading_complain(r, RULE_LACKING, map->place, "%s lacks '%s' or its like; write %s: %s",
                         s->what, row->name, row->name, row->example);
}

/* What is due and not there; a file that is included may have it, under another key. */
static void tell_lacking(struct reading *r, const struct section *s, const struct option *row,
                         const struct node *map)
{
    bool is_told = row->flags & OPTION_JOINS && r->unread & row->unread;
    r->unread |= row->unread;
    if (!is_told && option_is_lacking(s, map, row->name))
        reading_complain(r, RULE_LACKING, map->place, "%s lacks '%s'; write %s: %s", s->what,
                         row->name, row->name, row->example);
}

/* The rows with or without OPTION_EARLY. */
static void read_rows(struct reading *r, const struct section *s, struct node *map, void *object,
                      unsigned early)
{
    for (unsigned i = 0; i < s->n_rows && !r->is_over; i++) {
        const struct option *row = &s->rows[i];
        struct node *value = node_find(map, slice_of(row->name));
        if ((row->flags & OPTION_EARLY) != early)
            continue;
        if (value)
            read_row(r, row, value, object);
        else if (row->preset)
            read_preset(r, row, object);
        else if (row->flags & OPTION_REQUIRED)
            tell_lacking(r, s, row, map);
    }
}

void option_read_section(struct reading *r, const struct section *s, struct node *map, void *object)
{
    if (!is_section_map(r, s, map))
        return;
    option_check_keys(r, s, map);
    read_rows(r, s, map, object, OPTION_EARLY);
    read_rows(r, s, map, object, 0);
    check_one_of(r, s, map);
}

void option_check_defaults(struct reading *r, const struct section *s, const struct node *map)
{
    if (!is_section_map(r, s, map))
        return;
    option_check_keys(r, s, map);
    for (size_t i = 0; i < map->n; i++) {
        const struct node *key = map->pairs[i].key;
        const struct option *row = option_find(s, key->text);
        if (row && row->flags & OPTION_OWN)
            reading_complain(r, RULE_DEFAULTS, key->place,
                             "'%s' cannot be a default; give each its own", row->name);
    }
}

/* May `defaults` reach into the value of this key? For node_merge(). */
static bool is_whole(const void *section, struct slice key)
{
    const struct option *row = option_find(section, key);
    return row && row->flags & OPTION_WHOLE;
}

struct node *option_merge_defaults(struct reading *r, const struct section *s,
                                   struct node *defaults, struct node *own)
{
    const struct node_whole whole = {is_whole, s};
    return defaults ? node_merge(r, defaults, own, &whole) : own;
}
