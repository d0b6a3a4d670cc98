/* config_words.c - what looks like a boolean and is a text, where any value may stand
 *
 * YAML 1.1 took on, off, yes and no for booleans, and many people still do. Where a boolean is due
 * they are (CONTRACT 3); a fallback and a body take any value, and get the text. What the
 * environment gives is told to nobody, and what `defaults` give many sources once.
 */
#include "config/config_internal.h"

static bool is_word(const struct reading *r, const struct node *n)
{
    static const char *const words[] = {"on",  "On",  "ON",  "off", "Off", "OFF",
                                        "yes", "Yes", "YES", "no",  "No",  "NO"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n->is_plain && node_is(n, words[i]))
            return !reading_is_masked(r, n->text);
    return false;
}

static void note(struct reading *r, struct config_source *s, struct node *n)
{
    if (n->is_noted)
        return;
    n->is_noted = true;
    if (!s->words)
        s->words = reading_keep(r, CONFIG_MAX_WORDS, sizeof *s->words);
    if (s->n_words < CONFIG_MAX_WORDS)
        s->words[s->n_words++] =
            (struct config_word){reading_copy(r, n->text), document_position(n->place)};
}

/* Deeper than the reader of documents allows nothing lies. */
static void look_at(struct reading *r, struct config_source *s, struct node *n)
{
    if (is_word(r, n))
        note(r, s, n);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->n; i++)
        look_at(r, s, n->items[i]);
    for (size_t i = 0; n->kind == NODE_MAP && i < n->n; i++)
        look_at(r, s, n->pairs[i].value);
}

void config_note_words(struct reading *r, struct config_source *s, const struct node *map)
{
    static const struct slice options[] = {SLICE_INIT("fallback"), SLICE_INIT("body")};
    for (size_t i = 0; map->kind == NODE_MAP && i < sizeof options / sizeof *options; i++) {
        struct node *value = node_find(map, options[i]);
        if (value)
            look_at(r, s, value);
    }
}
