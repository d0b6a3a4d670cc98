/* config_rate_limit.c - how much each caller may ask (CONTRACT 3.9) */
#include "config/config_internal.h"
#include "config/config_variable.h"

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
    static const struct slice headers = SLICE_INIT("headers."), claims = SLICE_INIT("claims.");
    (void)row;
    if (!option_line(r, value, "what tells callers apart"))
        return;
    if (begins_with(value->text, headers)) {
        struct node name = *value;
        name.text = slice_after(value->text, headers.n);
        l->by = CONFIG_BY_HEADER;
        config_read_header_name(r, &name, CONFIG_HEADER_READ, &l->header);
    } else if (begins_with(value->text, claims)) {
        struct slice path = slice_after(value->text, claims.n - 1);
        l->by = CONFIG_BY_CLAIM;
        l->claim = reading_copy(r, path);
        (void)config_variable_path(r, value->text, path, value->place, &l->claim_path);
    } else if (node_is(value, "key")) {
        l->by = CONFIG_BY_KEY;
    } else if (!node_is(value, "ip")) {
        reading_complain(r, RULE_RATE_BY, value->place,
                         "callers are not told apart by '%s'; write ip, key, claims.sub or "
                         "headers.x-tenant",
                         reading_show(r, value->text));
    }
}

static bool has_keys(const struct config_endpoint *e)
{
    for (unsigned i = 0; i < e->n_auth; i++)
        if (e->auth[i]->kind != CONFIG_AUTH_JWT)
            return true;
    return false;
}

/* The limit of the top is for endpoints of all kinds. */
void config_check_rate_limit(struct reading *r, const struct config_endpoint *e,
                             const struct node *whole)
{
    const struct config_rate_limit *l = &e->rate_limit;
    const struct node *limit =
        whole->kind == NODE_MAP ? node_find(whole, SLICE("rate_limit")) : NULL;
    const struct node *by = limit && limit->kind == NODE_MAP ? node_find(limit, SLICE("by")) : NULL;
    if (!by || r->unread & READING_TOKENS)
        return;
    if (l->by == CONFIG_BY_KEY && !has_keys(e))
        reading_complain(
            r, RULE_RATE_BY, by->place,
            "no policy of the endpoint asks for a key, so callers have none; give it "
            "the `auth` of a policy with `api_keys` or `client_cert`, or write by: ip");
    if (l->by == CONFIG_BY_CLAIM && !config_has_claims(e))
        reading_complain(r, RULE_RATE_BY, by->place,
                         "no policy of the endpoint asks for a token, so there are no claims; give "
                         "it the `auth` of a policy with `jwt`, or write by: ip");
}

#define RATE_LIMIT                                                                                 \
    "{\"anyOf\":[" OPTION_OFF ",{\"type\":\"string\",\"pattern\":\"^[0-9]+/[smh]$|"                \
    "\\\\$\\\\{\"},@]}"

const struct option_kind config_kind_rate_limit = {"rate, map, or `off`", RATE_LIMIT,
                                                   read_rate_limit};
const struct option_kind config_kind_rate_by = {"`ip`, `key`, `claims.PATH` or `headers.NAME`",
                                                "{\"type\":\"string\"}", read_by};
