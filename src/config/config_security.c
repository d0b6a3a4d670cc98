/* config_security.c - what answers tell browsers of how careful to be (docs/edge.md) */
#include "config/config_internal.h"
#include "wire/token.h"

/* `off` leaves the header out; so it looks as if there were an `on`, which says nothing to send. */
static void read_value(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct slice *out = option_at(object, row);
    bool is_on;
    bool is_word = option_is_boolean(value, &is_on);
    *out = SLICE_NONE;
    if (is_word && is_on)
        reading_complain(r, RULE_HEADER_VALUE, value->place,
                         "'%s' is no value of %s; write one, as %s, or leave the key out",
                         reading_show(r, value->text), row->name, row->example);
    else if (!is_word && config_check_header_value(r, value))
        *out = reading_copy(r, token_trim(value->text));
}

/* `off`, `on`, or a map of what differs. */
static void read_security(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config_security *s = option_at(object, row);
    struct node *map = config_unless_off(r, value);
    *s = (struct config_security){.is_on = map};
    if (map && option_map(r, map,
                          "security_headers is on, off or a map, as "
                          "{x-frame-options: SAMEORIGIN}"))
        option_read_section(r, row->section, map, s);
}

const struct option_kind config_kind_security = {
    "`on`, `off` or map", "{\"anyOf\":[" OPTION_ON "," OPTION_OFF "," OPTION_ENVIRONMENT ",@]}",
    read_security};
const struct option_kind config_kind_security_value = {
    "text, or `off`",
    "{\"type\":[\"string\",\"number\",\"boolean\"],\"not\":{\"anyOf\":[{\"enum\":[true]},"
    "{\"type\":\"string\",\"pattern\":\"^([oO][nN]|[yY][eE][sS]|[tT][rR][uU][eE])$\"}]}}",
    read_value};
