/* config_service.c - the services: their names, short forms, hosts and TLS */
#include "config/config_internal.h"
#include "wire/token.h"

const struct config_service *config_find_service(const struct config *c, struct slice name)
{
    for (unsigned i = 0; i < c->n_services; i++)
        if (slice_equal(c->services[i].name, name))
            return &c->services[i];
    return NULL;
}

void config_tell_service(struct reading *r, struct place place, struct slice name,
                         const char *otherwise)
{
    const struct config *c = r->config;
    struct suggestion near;
    if (r->unread & READING_SERVICES)
        return;
    suggestion_begin(&near, name);
    for (unsigned i = 0; i < c->n_services; i++)
        suggestion_offer(&near, c->services[i].name);
    reading_complain(r, RULE_SERVICE, place, "no service is called '%s'; %s", reading_show(r, name),
                     reading_hint(r, &near, otherwise));
}

static void read_host(struct reading *r, const struct option *row, struct node *value, void *object)
{
    if (!option_line(r, value, "a host"))
        return;
    if (!token_is_authority(value->text))
        reading_complain(r, RULE_HOST, value->place,
                         "'%s' is not a host; write a name, with a port where one is needed, as "
                         "reviews.internal",
                         reading_show(r, value->text));
    *(struct slice *)option_at(object, row) = reading_copy(r, value->text);
}

void config_read_tls(struct reading *r, const struct section *s, struct node *value,
                     struct config_tls *tls, const struct config_service *of)
{
    option_read_section(r, s, value, tls);
    config_note_tls(r, value, tls, of);
    bool has_cert = !option_is_lacking(s, value, "cert");
    if (has_cert == option_is_lacking(s, value, "key"))
        reading_complain(r, RULE_CERTIFICATE, value->place,
                         "a certificate and its key belong together; give both `cert` and `key`");
}

static void read_service_tls(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    struct config_service *s = object;
    config_read_tls(r, row->section, value, &s->tls, s);
}

/* A host without a port. */
static void read_server_name(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    if (!option_line(r, value, "a name"))
        return;
    if (!token_is_authority(value->text) || memchr(value->text.at, ':', value->text.n))
        reading_complain(
            r, RULE_SERVER_NAME, value->place,
            "'%s' is not the name of a server; write it without a port, as catalog.internal",
            reading_show(r, value->text));
    *(const char **)option_at(object, row) = reading_copy(r, value->text).at;
}

struct node *config_lengthen(struct reading *r, struct node *value, const char *name)
{
    if (value->kind == NODE_MAP || node_is_null(value))
        return value;
    struct node *map = reading_scratch(r, 1, sizeof *map);
    struct node *key = reading_scratch(r, 1, sizeof *key);
    *key = node_of_text(name);
    key->place = value->place;
    *map = (struct node){.kind = NODE_MAP, .place = value->place, .n = 1};
    map->pairs = reading_scratch(r, 1, sizeof *map->pairs);
    map->pairs[0] = (struct node_pair){key, value};
    return map;
}

struct node *config_unless_off(struct reading *r, struct node *value)
{
    bool is_on = true;
    if (!option_is_boolean(value, &is_on))
        return value;
    if (!is_on)
        return NULL;
    struct node *empty = reading_scratch(r, 1, sizeof *empty);
    *empty = node_of_text("");
    empty->place = value->place;
    return empty;
}

static void read_service(struct reading *r, const struct option *row, struct node_pair pair,
                         struct config_service *s)
{
    config_check_name(r, pair.key, "a service", true);
    s->name = reading_copy(r, pair.key->text);
    s->position = document_position(pair.key->place);
    struct node *value = config_lengthen(r, pair.value, "targets");
    value = option_merge_defaults(r, row->section, r->defaults_service, value);
    option_read_section(r, row->section, value, s);
}

bool config_is_services(struct reading *r, const struct node *value)
{
    static const char due[] = "services are a map, as catalog: http://127.0.0.1:9001";
    bool is_good = option_is_given(r, value, due) && option_map(r, value, due);
    r->unread |= is_good ? 0 : READING_SERVICES;
    return is_good;
}

static void read_services(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config *c = object;
    if (!config_is_services(r, value))
        return;
    size_t n = value->n;
    if (n > CONFIG_MAX_SERVICES) {
        reading_complain(r, RULE_MANY, value->place,
                         "these are %zu services; a configuration has at most %d", n,
                         CONFIG_MAX_SERVICES);
        r->unread |= READING_SERVICES;
        return;
    }
    c->services = reading_keep(r, n, sizeof *c->services);
    for (size_t i = 0; i < n && !r->is_over; i++) {
        struct config_service *s = &c->services[c->n_services];
        s->index = c->n_services++;
        read_service(r, row, value->pairs[i], s);
    }
}

/* A service, or its targets alone. */
#define SERVICE                                                                                    \
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":["  \
    "{\"type\":\"string\"},{\"$ref\":\"#/$defs/target\"}]}},@]}"

const struct option_kind config_kind_services = {
    "map of services", "{\"type\":\"object\",\"additionalProperties\":" SERVICE "}", read_services};
const struct option_kind config_kind_host = {"host", "{\"type\":\"string\"}", read_host};
const struct option_kind config_kind_service_tls = {"map", "@", read_service_tls};
const struct option_kind config_kind_server_name = {"name", "{\"type\":\"string\"}",
                                                    read_server_name};
