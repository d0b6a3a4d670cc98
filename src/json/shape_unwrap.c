/* shape_unwrap.c - one member instead of a document, through arrays */
#include "json/shape.h"
#include "json/walk.h"

static enum shape_verdict unwrap(struct json_value value, struct json_path path,
                                 struct pieces *out);

/* The array of what the elements have there. */
static enum shape_verdict unwrap_elements(struct slice array, struct json_path path,
                                          struct pieces *out)
{
    struct walk w = walk_begin(array);
    struct json_value element;
    bool is_first = true;
    if (!pieces_add(out, SLICE("[")))
        return SHAPE_NO_ROOM;
    while (walk_element(&w, &element)) {
        if (!is_first && !pieces_add(out, SLICE(",")))
            return SHAPE_NO_ROOM;
        is_first = false;
        enum shape_verdict verdict = unwrap(element, path, out);
        if (verdict != SHAPE_GOOD)
            return verdict;
    }
    return pieces_add(out, SLICE("]")) ? SHAPE_GOOD : SHAPE_NO_ROOM;
}

static enum shape_verdict unwrap(struct json_value value, struct json_path path, struct pieces *out)
{
    while (path.n_steps > 0 && value.kind == JSON_OBJECT) {
        if (!find_path(value.text, (struct json_path){1, path.steps}, &value))
            return SHAPE_ABSENT;
        path = (struct json_path){path.n_steps - 1, path.steps + 1};
    }
    if (path.n_steps > 0)
        return value.kind == JSON_ARRAY ? unwrap_elements(value.text, path, out) : SHAPE_ABSENT;
    return pieces_add(out, value.text) ? SHAPE_GOOD : SHAPE_NO_ROOM;
}

enum shape_verdict shape_unwrap(struct slice json, struct json_path path, struct arena *arena,
                                struct slice *out)
{
    struct pieces found = pieces_in(arena);
    enum shape_verdict verdict = unwrap(walk_root(json), path, &found);
    if (verdict != SHAPE_GOOD)
        return verdict;
    *out = pieces_join(&found);
    return out->at ? SHAPE_GOOD : SHAPE_NO_ROOM;
}
