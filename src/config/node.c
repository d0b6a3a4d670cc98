/* node.c - looking at nodes and joining them
 *
 * But for the memo of node_json(), nodes never change once their document is read: branches may be
 * shared by aliases, and by all that has the same defaults. Joining makes new maps over the old
 * values.
 */
#include "config/node.h"

#include <stdlib.h>

#include "config/node_internal.h"

enum {
    DEFAULTS_MAX = 256 /* keys of one map: each is looked up in everything that has the defaults */
};

struct node *node_find(const struct node *map, struct slice key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (slice_equal(map->pairs[i].key->text, key))
            return map->pairs[i].value;
    return NULL;
}

bool node_is(const struct node *n, const char *text)
{
    return n->kind == NODE_SCALAR && slice_equal(n->text, slice_of(text));
}

bool node_is_null(const struct node *n)
{
    return n->kind == NODE_SCALAR && n->is_plain &&
           (n->text.n == 0 || node_is(n, "~") || node_is(n, "null") || node_is(n, "Null") ||
            node_is(n, "NULL"));
}

static struct scalar *walk_of(struct reading *r, const struct node *n)
{
    struct slice source = slice_after(n->place.document->text, n->text_offset);
    if (r->walked.text.at != n->written.at)
        scalar_init(&r->walked, n->style, source, n->written);
    return &r->walked;
}

struct place node_place_in(struct reading *r, const struct node *n, size_t offset)
{
    if (n->kind != NODE_SCALAR || !n->written.at)
        return n->place;
    size_t written = reading_written_offset(r, n->text, offset, n->written);
    return (struct place){n->place.document, n->text_offset + scalar_find(walk_of(r, n), written)};
}

struct node node_of_text(const char *text)
{
    return (struct node){.kind = NODE_SCALAR, .is_plain = true, .text = slice_of(text)};
}

/* Equal keys stay in the order of the file, so that the first one is kept. */
static int compare_keys(const void *a, const void *b)
{
    const struct node_pair *const *left = a;
    const struct node_pair *const *right = b;
    struct slice x = (*left)->key->text;
    struct slice y = (*right)->key->text;
    size_t n = x.n < y.n ? x.n : y.n;
    int order = n ? memcmp(x.at, y.at, n) : 0;
    if (order == 0)
        order = (x.n > y.n) - (x.n < y.n);
    return order ? order : (*left > *right) - (*left < *right);
}

static void tell_repeated(struct reading *r, const struct node *first, const struct node *again)
{
    struct config_position p = document_position(first->place);
    reading_complain(r, RULE_REPEATED, again->place,
                     "'%s' is given twice; it stands at %s:%u:%u too, keep one of them",
                     reading_show(r, again->text), p.file, p.line, p.column);
}

/* By sorting pointers: a map may be as large as a file. */
void node_drop_repeated(struct reading *r, struct node *map)
{
    if (map->n < 2)
        return;
    struct node_pair **sorted = reading_scratch(r, map->n, sizeof *sorted);
    for (size_t i = 0; i < map->n; i++)
        sorted[i] = &map->pairs[i];
    qsort(sorted, map->n, sizeof *sorted, compare_keys);
    const struct node_pair *first = sorted[0];
    bool has_repeated = false;
    for (size_t i = 1; i < map->n; i++) {
        if (!slice_equal(sorted[i]->key->text, first->key->text)) {
            first = sorted[i];
            continue;
        }
        tell_repeated(r, first->key, sorted[i]->key);
        sorted[i]->value = NULL;
        has_repeated = true;
    }
    size_t kept = 0;
    for (size_t i = 0; has_repeated && i < map->n; i++)
        if (map->pairs[i].value)
            map->pairs[kept++] = map->pairs[i];
    map->n = has_repeated ? kept : map->n;
}

static struct node *merge(struct reading *r, struct node *base, struct node *own,
                          const struct node_whole *whole);

static struct node *merge_value(struct reading *r, struct node *base, struct node_pair pair,
                                const struct node_whole *whole)
{
    struct node *below = node_find(base, pair.key->text);
    bool is_whole = whole && whole->is_whole(whole->context, pair.key->text);
    return below && !is_whole ? merge(r, below, pair.value, NULL) : pair.value;
}

static struct node *merge(struct reading *r, struct node *base, struct node *own,
                          const struct node_whole *whole)
{
    if (base->kind != NODE_MAP || own->kind != NODE_MAP || r->is_over)
        return own;
    if (base->n > DEFAULTS_MAX) {
        reading_complain(r, RULE_MANY, base->place, "these are %zu defaults; give at most %d",
                         base->n, DEFAULTS_MAX);
        return own;
    }
    struct node *joined = reading_scratch(r, 1, sizeof *joined);
    *joined = *own;
    joined->n = 0;
    joined->json = SLICE_NONE;
    joined->pairs = reading_scratch(r, base->n + own->n, sizeof *joined->pairs);
    for (size_t i = 0; i < own->n; i++)
        joined->pairs[joined->n++] =
            (struct node_pair){own->pairs[i].key, merge_value(r, base, own->pairs[i], whole)};
    for (size_t i = 0; i < base->n; i++)
        if (!node_find(own, base->pairs[i].key->text))
            joined->pairs[joined->n++] = base->pairs[i];
    return joined;
}

struct node *node_merge(struct reading *r, struct node *base, struct node *own,
                        const struct node_whole *whole)
{
    return merge(r, base, own, whole);
}
