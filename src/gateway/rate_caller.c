/* rate_caller.c - the parts of a caller's name */
#include "gateway/rate_caller.h"

#include "gateway/visit.h"
#include "json/find.h"
#include "json/text.h"

static const struct config_rate_limit *config_of(const struct visit *v)
{
    return &v->plan->config->rate_limit;
}

static struct slice find_address(const struct visit *v, uint8_t room[PROXIES_NETWORK])
{
    struct slice network = proxies_network(v->client, room);
    return network.at ? network : v->client;
}

/* Who has no such header shares one name with all that have none. */
static struct slice find_header(const struct visit *v)
{
    const struct field *f = exchange_field(&v->exchange->request, config_of(v)->header);
    return f ? f->value : SLICE_NONE;
}

/* As it stands where it needs no unescaping, or where there is no room for it. */
static struct slice text_of(const struct visit *v, const struct json_value *value)
{
    if (value->kind != JSON_STRING)
        return value->text;
    struct slice inside = {value->text.at + 1, value->text.n - 2};
    char *text =
        memchr(inside.at, '\\', inside.n) ? arena_take(&v->exchange->arena, value->text.n) : NULL;
    return text ? (struct slice){text, text_unquote(text, value->text)} : inside;
}

/* Empty: the token lacks it, or it is no text, number or boolean. */
static struct slice find_claim(const struct visit *v)
{
    struct json_value found;
    if (!v->identity.claims.n || !find_path(v->identity.claims, config_of(v)->claim_path, &found))
        return SLICE_NONE;
    bool is_fit = found.kind != JSON_NULL && found.kind != JSON_ARRAY && found.kind != JSON_OBJECT;
    return is_fit ? text_of(v, &found) : SLICE_NONE;
}

static struct slice find_proved(const struct visit *v)
{
    if (config_of(v)->by == CONFIG_BY_CLAIM)
        return find_claim(v);
    return v->identity.is_key ? v->identity.name : SLICE_NONE;
}

void rate_caller_write(const struct visit *v, struct slice parts[RATE_CALLER_PARTS],
                       uint8_t room[PROXIES_NETWORK])
{
    parts[0] = v->plan->limit_name;
    parts[1] = parts[2] = SLICE("");
    parts[3] = SLICE_NONE;
    switch (config_of(v)->by) {
    case CONFIG_BY_IP:
        break;
    case CONFIG_BY_HEADER:
        parts[3] = find_header(v);
        return;
    case CONFIG_BY_KEY:
    case CONFIG_BY_CLAIM:
        parts[1] = v->identity.policy; /* two policies may have a key, or a sub, of one name */
        parts[2] = SLICE("\n");
        parts[3] = find_proved(v);
        if (parts[3].n)
            return;
        parts[1] = SLICE("");
        break;
    }
    parts[3] = find_address(v, room);
}
