/* members.c - one walk over the object */
#include "json/members.h"

#include <stdlib.h>

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

/* The names with their quotes; how many there are. names may be NULL. */
static unsigned list_names(struct slice json, struct slice *names)
{
    struct json_value root = find_root(json);
    struct json_value value;
    struct slice name;
    unsigned n = 0;
    if (root.kind != JSON_OBJECT)
        return 0;
    struct walk w = walk_begin(root.text);
    while (walk_member(&w, &name, &value)) {
        if (names)
            names[n] = name;
        n++;
    }
    return n;
}

unsigned members_count(struct slice json)
{
    return list_names(json, NULL);
}

static int order_names(const void *a, const void *b)
{
    return text_order(*(const struct slice *)a, *(const struct slice *)b);
}

bool members_repeat(struct slice json, struct slice *names)
{
    unsigned n = list_names(json, names);
    if (n > 1)
        qsort(names, n, sizeof *names, order_names);
    for (unsigned i = 1; i < n; i++)
        if (text_order(names[i - 1], names[i]) == 0)
            return true;
    return false;
}
