/* config_first.c - which sources the first part of a progressive answer has (CONTRACT 3.6) */
#include "config/config_internal.h"

static void tell_unknown(struct reading *r, const struct node *name,
                         const struct config_endpoint *e)
{
    struct suggestion near;
    suggestion_begin(&near, name->text);
    for (unsigned i = 0; i < e->n_sources; i++)
        suggestion_offer(&near, e->sources[i].name);
    reading_complain(r, RULE_FIRST, name->place, "no source is called '%s'; %s",
                     reading_show(r, name->text),
                     reading_hint(r, &near, "name sources of this endpoint"));
}

/* The sources have been read. */
static void read_first(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config_endpoint *e = object;
    (void)row;
    if (!option_list(r, value, "sources are a list, as [product, pricing]"))
        return;
    e->has_first = true;
    for (size_t i = 0; i < value->n; i++) {
        unsigned source = 0;
        if (!option_line(r, value->items[i], "a source's name"))
            continue;
        while (source < e->n_sources &&
               !slice_equal(e->sources[source].name, value->items[i]->text))
            source++;
        if (source == e->n_sources && !(r->unread & READING_NAMES))
            tell_unknown(r, value->items[i], e);
        else if (source < e->n_sources)
            e->first |= UINT64_C(1) << source;
    }
}

const struct option_kind config_kind_first = {
    "list of sources", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", read_first};
