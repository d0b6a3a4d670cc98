/* keys.c - pairs of a file of their own, read as the configuration is */
#include "config/keys.h"

#include "base/memory.h"
#include "config/config_internal.h"

enum {
    SCRATCH_FIRST = 64 * 1024,
    SCRATCH_MAX = 256 * 1024 * 1024,
    SCOPES_MAX = 64 /* of one key */
};

/* libfyaml's words and the lines that a diagnostic shows could be of a key: only the place is told.
 */
static bool tell(struct buffer *wrong, struct place place, const char *what)
{
    struct config_position p = document_position(place);
    bool is_told = buffer_print(wrong, "%s:%u:%u: %s", p.file, p.line, p.column, what);
    (void)is_told; /* a message that does not fit is none */
    return false;
}

static bool is_text(const struct node *n)
{
    return n && n->kind == NODE_SCALAR && !node_is_null(n) && !n->is_told;
}

/* Bytes of all of them with a space behind each; 0: they are not what they should be. */
static size_t scopes_size(const struct node *list)
{
    size_t n = 0;
    if (list->kind != NODE_LIST || list->n > SCOPES_MAX)
        return 0;
    for (size_t i = 0; i < list->n; i++) {
        if (!is_text(list->items[i]) || !config_is_scope(list->items[i]->text))
            return 0;
        n += list->items[i]->text.n + 1;
    }
    return n;
}

static bool read_scopes(struct reading *r, const struct node *list, struct slice *out)
{
    size_t n = scopes_size(list);
    if (n == 0)
        return false;
    char *at = reading_scratch(r, n, 1);
    *out = (struct slice){at, n - 1};
    for (size_t i = 0; i < list->n; i++) {
        struct slice scope = list->items[i]->text;
        memcpy(at, scope.at, scope.n);
        at[scope.n] = ' ';
        at += scope.n + 1;
    }
    return true;
}

/* A key alone, or a map of it and what it is for. What is wrong with it; NULL: nothing. */
static const char *read_pair(struct reading *r, const struct node *value, struct keys_pair *p)
{
    static const char *const due = "a key is a text, sha256: and its digest, or a map of key and "
                                   "scopes";
    const struct node *key = value;
    if (value->kind == NODE_MAP) {
        const struct node *scopes = node_find(value, SLICE("scopes"));
        key = node_find(value, SLICE("key"));
        if (value->n != (scopes ? 2U : 1U))
            return due;
        if (scopes && !read_scopes(r, scopes, &p->scopes))
            return "scopes are a list of 1 to 64 words without quotes";
    }
    if (!is_text(key))
        return due;
    p->key = key->text;
    return NULL;
}

static bool take_all(struct reading *r, const struct node *map, keys_take take, void *context,
                     struct buffer *wrong)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct node *name = map->pairs[i].key, *value = map->pairs[i].value;
        struct keys_pair p = {.name = name->text};
        const char *bad = read_pair(r, value, &p);
        if (bad)
            return tell(wrong, value->place, bad);
        bad = take(context, &p);
        if (bad)
            return tell(wrong, name->place, bad);
    }
    return true;
}

/* An empty file is an empty map: nobody has a key. */
static bool read_document(struct reading *r, struct document *d, keys_take take, void *context,
                          struct buffer *wrong)
{
    static const char *const due = "this is no map of names and keys, as partner: sha256:HEX";
    bool is_empty = false;
    struct node *root = config_parse(r, d, &is_empty);
    if (r->diagnostics.n)
        return tell(wrong, r->diagnostics.items[0].place, due);
    if (is_empty || (root && node_is_null(root)))
        return true;
    if (!root || root->kind != NODE_MAP)
        return tell(wrong, (struct place){d, 0}, due);
    return take_all(r, root, take, context, wrong);
}

bool keys_read(struct slice text, const char *file, keys_take take, void *context,
               struct buffer *wrong)
{
    struct config *none = memory_take_zero(1, sizeof *none);
    struct reading r = {.config = none};
    struct document d = {.name = file, .path = file};
    arena_init(&none->arena, SCRATCH_FIRST, SCRATCH_MAX);
    arena_init(&r.scratch, SCRATCH_FIRST, SCRATCH_MAX);
    bool good = document_set_text(&d, text, &r.scratch) == FAULT_NONE &&
                read_document(&r, &d, take, context, wrong);
    diagnostic_done(&r.diagnostics);
    arena_done(&r.scratch);
    config_free(none);
    return good;
}
