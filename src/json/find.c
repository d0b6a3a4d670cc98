/* find.c - walking valid JSON text along a path */
#include "json/find.h"

#include "json/text.h"
#include "json/walk.h"

static bool find_member(struct slice object, struct slice name, struct json_value *found)
{
    struct walk w = walk_begin(object);
    struct slice key;
    struct json_value value;
    bool is_found = false;
    while (walk_member(&w, &key, &value)) {
        if (!text_is(key, name))
            continue;
        *found = value;
        is_found = true;
    }
    return is_found;
}

static bool find_element(struct slice array, uint32_t index, struct json_value *found)
{
    struct walk w = walk_begin(array);
    while (walk_element(&w, found)) {
        if (index == 0)
            return true;
        index--;
    }
    return false;
}

struct json_value find_root(struct slice json)
{
    return walk_root(json);
}

bool find_path(struct slice json, struct json_path path, struct json_value *found)
{
    *found = find_root(json);
    for (unsigned i = 0; i < path.n_steps; i++) {
        const struct json_step *step = &path.steps[i];
        if (found->kind != (step->is_index ? JSON_ARRAY : JSON_OBJECT))
            return false;
        struct slice container = found->text;
        if (!(step->is_index ? find_element(container, step->index, found)
                             : find_member(container, step->name, found)))
            return false;
    }
    return true;
}
