/* members.c - one walk over the object */
#include "json/members.h"

#include "json/text.h"
#include "json/walk.h"

static struct members_one *by_name(struct members_one *members, unsigned n, struct slice quoted)
{
    for (unsigned i = 0; i < n; i++)
        if (text_is(quoted, members[i].name))
            return &members[i];
    return NULL;
}

bool members_read(struct slice json, struct members_one *members, unsigned n)
{
    struct json_value root = find_root(json);
    struct json_value value;
    struct slice name;
    for (unsigned i = 0; i < n; i++)
        members[i].is_there = false;
    if (root.kind != JSON_OBJECT)
        return false;
    struct walk w = walk_begin(root.text);
    while (walk_member(&w, &name, &value)) {
        struct members_one *m = by_name(members, n, name);
        if (!m)
            continue;
        if (m->is_there)
            return false;
        m->is_there = true;
        m->value = value;
    }
    return true;
}
