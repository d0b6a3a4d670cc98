/* keys.c - pairs of a file of their own, read as the configuration is */
#include "config/keys.h"

#include <stdlib.h>

#include "base/check.h"
#include "config/config_internal.h"

enum {
    SCRATCH_FIRST = 64 * 1024,
    SCRATCH_MAX = 256 * 1024 * 1024
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

static bool take_all(const struct node *map, keys_take take, void *context, struct buffer *wrong)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct node *name = map->pairs[i].key, *key = map->pairs[i].value;
        if (key->kind != NODE_SCALAR || node_is_null(key) || key->is_told)
            return tell(wrong, key->place, "a key is a text, or sha256: and its digest");
        const char *bad = take(context, name->text, key->text);
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
    return take_all(root, take, context, wrong);
}

bool keys_read(struct slice text, const char *file, keys_take take, void *context,
               struct buffer *wrong)
{
    struct config *none = calloc(1, sizeof *none);
    CHECK(none);
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
