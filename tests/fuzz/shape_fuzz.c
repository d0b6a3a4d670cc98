/* shape_fuzz.c - any rules on any document that the scanner takes
 *
 * The input's lines are a pick, an omit, a rename (path.to.old>new), a selection and the document,
 * which goes on to the end. What is left must be JSON, and each level of the instruction set walks
 * alike.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/quote.h"
#include "json/scan.h"
#include "json/shape.h"
#include "json/walk.h"
#include "json/walk_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
    DEPTH = 64,
    STEPS = 4,
    ARENA_LIMIT = 1 << 24
};

struct rules {
    struct arena arena;
    struct json_step steps[STEPS];
    struct shape_rename rename;
    struct shape shape;
    const struct fields *selected;
};

static struct slice until(struct slice *rest, char end)
{
    const char *at = rest->n ? memchr(rest->at, end, rest->n) : NULL;
    struct slice part = {rest->at, at ? (size_t)(at - rest->at) : rest->n};
    *rest = slice_after(*rest, part.n + (at ? 1 : 0));
    return part;
}

static const struct fields *fields_of(struct rules *r, struct slice text)
{
    struct fields_result result = fields_parse(text, &r->arena);
    return result.verdict == FIELDS_GOOD ? result.fields : NULL;
}

static void read_rename(struct rules *r, struct slice text)
{
    struct slice path = until(&text, '>');
    struct json_path steps = {0, r->steps};
    while (path.n > 0 && steps.n_steps < STEPS)
        r->steps[steps.n_steps++] = (struct json_step){.name = until(&path, '.')};
    char *quoted = arena_take(&r->arena, QUOTE_GROWTH * text.n + 2);
    if (!quoted || steps.n_steps == 0)
        return;
    r->rename = (struct shape_rename){
        .path = steps, .quoted = {quoted, quote_json_into(quoted, text)}, .name = text};
    r->shape.renames = &r->rename;
    r->shape.n_renames = 1;
}

static void check_walk(struct slice json)
{
    struct slice root = walk_root(json).text;
    const char *end = json.at + json.n;
    CHECK(walk_over(root.at, end) == root.at + root.n);
    for (enum scan_level level = SCAN_SCALAR; level <= SCAN_NEON; level++) {
        if (scan_has_level(level) && (*root.at == '{' || *root.at == '['))
            CHECK(walk_container_at(level, root.at, end) == root.at + root.n);
    }
}

static void check_json(struct slice json)
{
    struct scan_result r = scan_json(json, DEPTH);
    CHECK(r.verdict == SCAN_OK && r.value.n == json.n);
}

/* Without a rename, what was left is left again as it is. */
static void check_shape(struct rules *r, struct slice json)
{
    struct pieces out = pieces_in(&r->arena);
    struct pieces again = pieces_in(&r->arena);
    if (shape_apply(&r->shape, r->selected, json, &out) != SHAPE_GOOD)
        return;
    struct slice left = pieces_join(&out);
    check_json(left);
    CHECK(left.n == out.n_bytes);
    if (r->shape.n_renames > 0 || shape_apply(&r->shape, r->selected, left, &again) != SHAPE_GOOD)
        return;
    CHECK(slice_equal(pieces_join(&again), left));
}

/* Where there is less room than it takes, that is all that happens. */
static void check_little_room(struct rules *r, struct slice json, size_t room)
{
    struct arena little;
    struct slice ignored;
    arena_init(&little, 16, room);
    struct pieces out = pieces_in(&little);
    if (shape_apply(&r->shape, r->selected, json, &out) == SHAPE_GOOD)
        CHECK(pieces_join(&out).n <= out.n_bytes);
    enum shape_verdict verdict = shape_unwrap(json, r->rename.path, &little, &ignored);
    CHECK(verdict != SHAPE_GOOD || ignored.n > 0);
    arena_done(&little);
}

static void check_unwrap(struct rules *r, struct slice json)
{
    struct slice out;
    if (shape_unwrap(json, r->rename.path, &r->arena, &out) == SHAPE_GOOD)
        check_json(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rules r = {.selected = NULL};
    struct slice rest = {(const char *)data, n};
    arena_init(&r.arena, 4096, ARENA_LIMIT);
    r.shape.pick = fields_of(&r, until(&rest, '\n'));
    r.shape.omit = fields_of(&r, until(&rest, '\n'));
    read_rename(&r, until(&rest, '\n'));
    r.selected = fields_of(&r, until(&rest, '\n'));
    if (rest.n > 0 && scan_json(rest, DEPTH).verdict == SCAN_OK) {
        check_walk(rest);
        check_shape(&r, rest);
        check_unwrap(&r, rest);
        check_little_room(&r, rest, n * 8);
    }
    arena_done(&r.arena);
    return 0;
}
