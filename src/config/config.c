/* config.c - from files to a configuration, or to everything that is wrong with them
 *
 * The way through: document (text and places) -> node (a tree, libfyaml's work) -> includes joined
 * into one root -> option (each section read by its rows, in their order) -> struct config. Rows
 * that stand earlier are known to the later ones: services before the endpoints that call them,
 * an endpoint's parameters before its sources. So every name is resolved where it is read, and
 * nothing is walked twice.
 *
 * Nothing stops at the first mistake but what makes the rest unreadable: YAML that is none, and a
 * file that cannot be opened.
 */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/check.h"
#include "config/config_internal.h"

enum {
    KEPT_FIRST = 16 * 1024,
    KEPT_MAX = 256 * 1024 * 1024,
    SCRATCH_FIRST = 64 * 1024,
    SCRATCH_MAX = 512 * 1024 * 1024
};

/* The file's name says where the diagnostic belongs when there is no text to point into. */
struct document *config_open(struct reading *r, const char *path, const char *name,
                             const struct node *from)
{
    struct document *d = reading_scratch(r, 1, sizeof *d);
    struct place place = from ? from->place : (struct place){d, 0};
    d->path = reading_note(r, slice_of(path)).at;
    d->name = reading_copy(r, slice_of(name)).at;
    d->order = r->n_documents;
    d->is_included = from;
    if (r->n_documents == READING_FILES_MAX) {
        reading_complain(r, RULE_INCLUDE, place,
                         "these are too many files; a configuration has at most %d",
                         READING_FILES_MAX);
        return NULL;
    }
    enum fault fault = document_read(d, READING_BYTES_MAX - r->n_bytes, &r->scratch);
    if (fault == FAULT_SYSTEM)
        reading_complain(r, RULE_FILE, place, "%s cannot be read: %s; give a file that can",
                         reading_show(r, slice_of(name)), strerror(errno));
    else if (fault != FAULT_NONE)
        reading_complain(r, RULE_FILE, place,
                         "%s makes it more than 4 MiB; a configuration has at most that with all "
                         "that it includes",
                         reading_show(r, slice_of(name)));
    if (fault != FAULT_NONE)
        return NULL;
    r->n_bytes += d->text.n;
    r->documents[r->n_documents++] = d;
    return d;
}

struct node *config_parse(struct reading *r, struct document *d, bool *is_empty)
{
    size_t bad = document_first_bad_byte(d);
    *is_empty = false;
    if (bad == d->text.n)
        return node_parse(r, d, is_empty);
    reading_complain(r, RULE_TEXT, (struct place){d, bad},
                     "this is not text: a control character, or not UTF-8; save the file as UTF-8");
    return NULL;
}

/* Whatever goes wrong on the way is told, so there is nothing to return. */
static void read_files(struct reading *r, const char *file)
{
    bool is_empty = false;
    struct document *d = config_open(r, file, file, NULL);
    if (!d)
        return;
    r->config->file = d->name;
    struct node *root = config_parse(r, d, &is_empty);
    if (is_empty)
        reading_complain(r, RULE_NOTHING, (struct place){d, 0},
                         "the file says nothing; it needs `services` and `endpoints`");
    if (root && root->kind == NODE_MAP)
        root = config_join_includes(r, root);
    if (root && !r->is_over)
        option_read_section(r, &config_root, root, r->config);
    if (!r->is_over)
        config_judge_all(r);
}

struct config *config_load_told(const char *file, const struct config_judge *judge,
                                struct buffer *diagnostics, bool *told)
{
    struct config *c = calloc(1, sizeof *c);
    struct reading r = {.config = c, .judge = judge};
    CHECK(c);
    arena_init(&c->arena, KEPT_FIRST, KEPT_MAX);
    arena_init(&r.scratch, SCRATCH_FIRST, SCRATCH_MAX);
    r.needed_at = reading_scratch(&r, CONFIG_MAX_SOURCES + 1, sizeof *r.needed_at);
    read_files(&r, file);
    diagnostic_write(&r.diagnostics, diagnostics);
    for (unsigned i = 0; told && i < r.diagnostics.n; i++)
        told[r.diagnostics.items[i].rule] = true;
    bool is_good = r.diagnostics.n == 0;
    diagnostic_done(&r.diagnostics);
    arena_done(&r.scratch);
    if (is_good)
        return c;
    config_free(c);
    return NULL;
}

struct config *config_load(const char *file, struct buffer *diagnostics)
{
    static const struct config_judge nobody;
    return config_load_told(file, &nobody, diagnostics, NULL);
}

struct config *config_load_judged(const char *file, const struct config_judge *judge,
                                  struct buffer *diagnostics)
{
    return config_load_told(file, judge, diagnostics, NULL);
}

void config_keep_pattern(struct reading *r, struct pattern *p)
{
    struct config_pattern *kept = reading_keep(r, 1, sizeof *kept);
    *kept = (struct config_pattern){p, r->config->patterns};
    r->config->patterns = kept;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (struct config_pattern *p = c->patterns; p; p = p->next)
        pattern_free(p->pattern);
    arena_done(&c->arena);
    free(c);
}
