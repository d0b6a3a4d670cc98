/* config_fault.c - what a rehearsal makes go wrong (CONTRACT 3.8, issue 5) */
#include "config/config_internal.h"

static void read_service(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    const struct config_service **out = option_at(object, row);
    if (!option_line(r, value, "the name of a service"))
        return;
    *out = config_find_service(r->config, value->text);
    if (!*out)
        config_tell_service(r, value->place, value->text, "declare it under `services`");
}

static void read_faults(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config *c = object;
    if (!option_list(r, value, "faults are a list, as [{service: reviews, fail: 503}]"))
        return;
    if (value->n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu faults; give at most %d",
                         value->n, CONFIG_MAX_ITEMS);
        return;
    }
    c->faults = reading_keep(r, value->n, sizeof *c->faults);
    for (size_t i = 0; i < value->n; i++) {
        struct config_fault *f = &c->faults[c->n_faults++];
        f->position = document_position(value->items[i]->place);
        option_read_section(r, row->section, value->items[i], f);
        if (!node_find(value->items[i], SLICE("delay")) &&
            !node_find(value->items[i], SLICE("fail")))
            reading_complain(r, RULE_FAULT, value->items[i]->place,
                             "this fault makes nothing go wrong; add delay: 300ms, or fail: 503");
    }
}

const struct option_kind config_kind_faults = {"list of faults", "{\"type\":\"array\",\"items\":@}",
                                               read_faults};
const struct option_kind config_kind_service_name = {"service", "{\"type\":\"string\"}",
                                                     read_service};
