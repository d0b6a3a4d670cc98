/* config_security.c - what answers tell browsers of how careful to be (docs/edge.md) */
#include "config/config_internal.h"
#include "wire/token.h"

/* `off` leaves the header out. */
static void read_value(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct slice *out = option_at(object, row);
    bool is_on;
    *out = SLICE_NONE;
    if (option_is_boolean(value, &is_on) && !is_on)
        return;
    if (config_check_header_value(r, value))
        *out = reading_copy(r, token_trim(value->text));
}

/* `off`, `on`, or a map of what differs. */
static void read_security(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config_security *s = option_at(object, row);
    struct node empty = node_of_text("");
    bool is_on = true;
    bool is_word = option_is_boolean(value, &is_on);
    empty.place = value->place;
    *s = (struct config_security){.is_on = is_on};
    if (!is_on)
        return;
    if (is_word || option_map(r, value,
                              "security_headers is on, off or a map, as "
                              "{x-frame-options: SAMEORIGIN}"))
        option_read_section(r, row->section, is_word ? &empty : value, s);
}

const struct option_kind config_kind_security = {
    "`on`, `off` or map", "{\"anyOf\":[{\"enum\":[true,false,\"on\",\"off\"]},@]}", read_security};
const struct option_kind config_kind_security_value = {
    "text, or `off`", "{\"type\":[\"string\",\"number\",\"boolean\"]}", read_value};
