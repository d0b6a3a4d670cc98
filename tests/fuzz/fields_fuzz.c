/* fields_fuzz.c - any text as a selection, and two of them merged and intersected
 *
 * A line end divides the two.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "json/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
    ARENA_LIMIT = 1 << 24,
    TEXT_LIMIT = 1 << 22
};

static const struct fields *parse(struct slice text, struct arena *arena)
{
    struct fields_result r = fields_parse(text, arena);
    if (r.verdict == FIELDS_GOOD)
        return r.fields;
    CHECK(r.offset <= text.n && r.expected && r.verdict != FIELDS_NO_ROOM);
    CHECK(r.token.n == 0 || r.token.at == text.at + r.offset);
    CHECK(r.token.n <= text.n - r.offset);
    return NULL;
}

/* What is written reads the same, unless it has grown past a bound. */
static void check_text(const struct fields *f, struct arena *arena)
{
    struct buffer first, second;
    buffer_init(&first, TEXT_LIMIT);
    buffer_init(&second, TEXT_LIMIT);
    CHECK(fields_write(f, &first));
    struct fields_result r = fields_parse(buffer_slice(&first), arena);
    CHECK(r.verdict != FIELDS_BAD_TOKEN && r.verdict != FIELDS_TOO_DEEP);
    if (r.verdict == FIELDS_GOOD)
        CHECK(fields_write(r.fields, &second) &&
              slice_equal(buffer_slice(&first), buffer_slice(&second)));
    buffer_done(&first);
    buffer_done(&second);
}

static void check_names(const struct fields *f, const struct fields *a, const struct fields *b)
{
    for (unsigned i = 0; i < f->n_members; i++) {
        struct slice name = f->members[i].name;
        CHECK(fields_below(f, name) == f->members[i].below);
        CHECK(fields_below(a, name) || fields_below(b, name));
        CHECK(i == 0 || !slice_equal(f->members[i - 1].name, name));
    }
}

static void check_two(const struct fields *a, const struct fields *b, struct arena *arena)
{
    const struct fields *both;
    const struct fields *merged = fields_merge(a, b, arena);
    if (merged) {
        check_names(merged, a, b);
        check_text(merged, arena);
        check_names(a, merged, merged);
    }
    if (fields_intersect(a, b, arena, &both) && both) {
        check_names(both, a, b);
        check_text(both, arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = {(const char *)data, n};
    const char *line_end = n ? memchr(data, '\n', n) : NULL;
    struct slice first = {text.at, line_end ? (size_t)(line_end - text.at) : n};
    struct slice second = line_end ? slice_after(text, first.n + 1) : first;
    struct arena arena;
    arena_init(&arena, 4096, ARENA_LIMIT);
    const struct fields *a = parse(first, &arena);
    const struct fields *b = parse(second, &arena);
    if (a)
        check_text(a, &arena);
    if (a && b)
        check_two(a, b, &arena);
    const struct fields *path = fields_of_path(first, &arena);
    if (path)
        CHECK(fields_below(path, path->members[0].name) == path->members[0].below);
    arena_done(&arena);
    return 0;
}
