/* config_rate_limit.c - how much each caller may ask (CONTRACT 3.9) */
#include "config/config_internal.h"

enum {
    SECONDS_AN_HOUR = 3600
};

static const uint64_t ns_an_hour = UINT64_C(3600) * 1000 * 1000 * 1000;

static struct gcra_settings compute(const struct config_rate_limit *l)
{
    uint64_t a_second = l->per_hour / SECONDS_AN_HOUR;
    uint64_t usual = a_second ? a_second : 1;
    return (struct gcra_settings){
        .interval_ns = ns_an_hour / l->per_hour,
        .burst = l->burst ? l->burst : usual,
    };
}

static void check(struct reading *r, const struct node *value, struct config_rate_limit *l)
{
    const struct node *rate = node_find(value, SLICE("rate"));
    const struct node *burst = node_find(value, SLICE("burst"));
    if (!rate && burst)
        reading_complain(r, RULE_RATE_NONE, burst->place,
                         "a burst is part of a rate; write rate: 100/s beside it");
    else if (!rate && !node_find(value, SLICE("concurrent")))
        reading_complain(r, RULE_RATE_NONE, value->place,
                         "this limits nothing; write rate: 100/s, or concurrent: 20");
    if (l->per_hour)
        l->gcra = compute(l);
}

/* `off`, a rate, or a map. */
static void read_rate_limit(struct reading *r, const struct option *row, struct node *value,
                            void *object)
{
    struct config_rate_limit *l = option_at(object, row);
    bool is_on = true;
    *l = (struct config_rate_limit){0};
    if (option_is_boolean(value, &is_on) && !is_on)
        return;
    l->is_on = true;
    l->is_top = object == r->config;
    l->position = document_position(value->place);
    if (value->kind == NODE_LIST) {
        option_map(r, value, "a rate limit is a rate, a map or off, as rate_limit: 100/s");
        return;
    }
    struct node *map = config_lengthen(r, value, "rate");
    option_read_section(r, row->section, map, l);
    check(r, map, l);
}

static bool begins_with(struct slice text, struct slice with)
{
    return text.n > with.n && slice_equal((struct slice){text.at, with.n}, with);
}

static void read_by(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_rate_limit *l = object;
    static const struct slice headers = SLICE_INIT("headers.");
    (void)row;
    if (!option_scalar(r, value, "what tells callers apart"))
        return;
    if (begins_with(value->text, headers)) {
        struct node name = *value;
        name.text = slice_after(value->text, headers.n);
        l->by = CONFIG_BY_HEADER;
        config_read_header_name(r, &name, CONFIG_HEADER_READ, &l->header);
    } else if (!node_is(value, "ip")) {
        reading_complain(r, RULE_RATE_BY, value->place,
                         "callers are not told apart by '%s'; write ip or headers.x-tenant",
                         reading_show(r, value->text));
    }
}

#define RATE_LIMIT                                                                                 \
    "{\"anyOf\":[{\"enum\":[false,\"off\"]},{\"type\":\"string\",\"pattern\":\"^[0-9]+/[smh]$|"    \
    "\\\\$\\\\{\"},@]}"

const struct option_kind config_kind_rate_limit = {"rate, map, or `off`", RATE_LIMIT,
                                                   read_rate_limit};
const struct option_kind config_kind_rate_by = {"`ip` or `headers.NAME`", "{\"type\":\"string\"}",
                                                read_by};
