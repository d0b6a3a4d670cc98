/* config_service.c - services and their targets
 *
 * A target is an origin and nothing else: paths belong to calls, credentials to headers, so that
 * all targets of a service are interchangeable.
 */
#include <stdlib.h>

#include "config/config_internal.h"
#include "wire/token.h"

enum {
    PORT_HTTP = 80,
    PORT_HTTPS = 443,
    PORT_MAX = 65535,
    HOST_MAX = 253
};

const struct config_service *config_find_service(const struct config *c, struct slice name)
{
    for (unsigned i = 0; i < c->n_services; i++)
        if (slice_equal(c->services[i].name, name))
            return &c->services[i];
    return NULL;
}

/* Splits host[:port]; the port stays as it is where none stands. */
static bool split_authority(struct slice authority, struct slice *host, unsigned *port)
{
    if (!token_is_authority(authority))
        return false;
    bool has_brackets = authority.at[0] == '[';
    const char *end = memchr(authority.at, has_brackets ? ']' : ':', authority.n);
    size_t n = end ? (size_t)(end - authority.at) + has_brackets : authority.n;
    *host = (struct slice){authority.at, n};
    if (n + 1 >= authority.n)
        return n == authority.n;
    char digits[8] = "";
    memcpy(digits, authority.at + n + 1, authority.n - n - 1 < 7 ? authority.n - n - 1 : 7);
    *port = (unsigned)strtoul(digits, NULL, 10);
    return *port > 0 && *port <= PORT_MAX;
}

/* What is wrong with a target, or NULL: then *authority is its host and port. */
static const char *judge_target(struct slice url, struct config_target *t, struct slice *authority)
{
    t->is_tls = slice_starts(url, SLICE("https://"));
    if (!t->is_tls && !slice_starts(url, SLICE("http://")))
        return "a target begins with http:// or https://, as http://127.0.0.1:9001";
    struct slice rest = slice_after(url, t->is_tls ? 8 : 7);
    size_t n = 0;
    while (n < rest.n && !strchr("/?#", rest.at[n]))
        n++;
    *authority = (struct slice){rest.at, n};
    struct slice behind = slice_after(rest, n);
    if (behind.n > 1 || (behind.n == 1 && behind.at[0] != '/'))
        return "nothing stands behind the host and port (a path belongs to the call, as get: "
               "catalog:/base/{id})";
    if (memchr(authority->at, '@', n))
        return "a target has no user (send `authorization` with set_headers)";
    return n ? NULL : "a target needs a host, as http://127.0.0.1:9001";
}

/* The authority leaves out the default port, as clients do (RFC 9110 7.2, RFC 3986 6.2.3). */
static void fill_target(struct reading *r, struct config_target *t, struct slice host,
                        unsigned port)
{
    bool is_default = port == (t->is_tls ? PORT_HTTPS : PORT_HTTP);
    const char *host_text = reading_note(r, host).at;
    struct slice bare = host;
    if (host.at[0] == '[')
        bare = (struct slice){host.at + 1, host.n - 2};
    t->host = reading_copy(r, bare).at;
    t->port = (uint16_t)port;
    const char *authority = is_default ? host_text : reading_print(r, "%s:%u", host_text, port);
    t->authority = reading_copy(r, slice_of(authority));
}

static void read_target(struct reading *r, const struct node *value, struct config_target *t)
{
    struct slice authority = SLICE_NONE;
    struct slice host = SLICE_NONE;
    if (!option_scalar(r, value, "a URL, as http://127.0.0.1:9001"))
        return;
    t->position = document_position(value->place);
    const char *wrong = judge_target(value->text, t, &authority);
    unsigned port = t->is_tls ? PORT_HTTPS : PORT_HTTP;
    if (!wrong && (!split_authority(authority, &host, &port) || host.n > HOST_MAX))
        wrong = "a host is a name or an address with a port up to 65535, as "
                "http://catalog.internal:9001";
    if (wrong)
        reading_complain(r, RULE_TARGET, value->place, "'%s' is not a target; %s",
                         reading_show(r, value->text), wrong);
    else
        fill_target(r, t, host, port);
}

static void read_targets(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_service *s = object;
    (void)row;
    size_t n = value->kind == NODE_LIST ? value->n : 1;
    struct node **items = value->kind == NODE_LIST ? value->items : &value;
    if (n == 0 || n > CONFIG_MAX_TARGETS) {
        reading_complain(r, RULE_TARGETS, value->place,
                         "these are %zu targets; a service has between 1 and %d", n,
                         CONFIG_MAX_TARGETS);
        return;
    }
    s->targets = reading_keep(r, n, sizeof *s->targets);
    for (size_t i = 0; i < n; i++)
        read_target(r, items[i], &s->targets[s->n_targets++]);
}

static void read_host(struct reading *r, const struct option *row, struct node *value, void *object)
{
    if (!option_scalar(r, value, "a host"))
        return;
    if (!token_is_authority(value->text))
        reading_complain(r, RULE_HOST, value->place,
                         "'%s' is not a host; write a name, with a port where one is needed, as "
                         "reviews.internal",
                         reading_show(r, value->text));
    *(struct slice *)option_at(object, row) = reading_copy(r, value->text);
}

static void read_service_tls(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    struct config_service *s = object;
    option_read_section(r, row->section, value, &s->tls);
    if (!s->tls.cert != !s->tls.key)
        reading_complain(r, RULE_CERTIFICATE, value->place,
                         "a certificate and its key belong together; give both `cert` and `key`");
}

/* A host without a port. */
static void read_server_name(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    if (!option_scalar(r, value, "a name"))
        return;
    if (!token_is_authority(value->text) || memchr(value->text.at, ':', value->text.n))
        reading_complain(
            r, RULE_SERVER_NAME, value->place,
            "'%s' is not the name of a server; write it without a port, as catalog.internal",
            reading_show(r, value->text));
    *(const char **)option_at(object, row) = reading_copy(r, value->text).at;
}

/* The short form is the URL alone. */
static struct node *lengthen(struct reading *r, struct node *value)
{
    if (value->kind == NODE_MAP || node_is_null(value))
        return value;
    struct node *map = reading_scratch(r, 1, sizeof *map);
    struct node *key = reading_scratch(r, 1, sizeof *key);
    *key = node_of_text("targets");
    key->place = value->place;
    *map = (struct node){.kind = NODE_MAP, .place = value->place, .n = 1};
    map->pairs = reading_scratch(r, 1, sizeof *map->pairs);
    map->pairs[0] = (struct node_pair){key, value};
    return map;
}

static void read_service(struct reading *r, const struct option *row, struct node_pair pair,
                         struct config_service *s)
{
    config_check_name(r, pair.key, "a service", true);
    s->name = reading_copy(r, pair.key->text);
    s->position = document_position(pair.key->place);
    struct node *value = lengthen(r, pair.value);
    value = option_merge_defaults(r, row->section, r->defaults_service, value);
    option_read_section(r, row->section, value, s);
}

static void read_services(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config *c = object;
    if (!option_map(r, value, "services are a map, as catalog: http://127.0.0.1:9001"))
        return;
    size_t n = value->kind == NODE_MAP ? value->n : 0;
    if (n > CONFIG_MAX_SERVICES) {
        reading_complain(r, RULE_MANY, value->place,
                         "these are %zu services; a configuration has at most %d", n,
                         CONFIG_MAX_SERVICES);
        return;
    }
    c->services = reading_keep(r, n, sizeof *c->services);
    for (size_t i = 0; i < n && !r->is_over; i++) {
        struct config_service *s = &c->services[c->n_services];
        s->index = c->n_services++;
        read_service(r, row, value->pairs[i], s);
    }
}

const struct option_kind config_kind_services = {
    "map of services",
    "{\"type\":\"object\",\"additionalProperties\":{\"anyOf\":[{\"type\":\"string\"},@]}}",
    read_services};
const struct option_kind config_kind_targets = {
    "URL, or a list of them",
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":"
    "\"string\"}}]}",
    read_targets};
const struct option_kind config_kind_host = {"host", "{\"type\":\"string\"}", read_host};
const struct option_kind config_kind_service_tls = {"map", "@", read_service_tls};
const struct option_kind config_kind_server_name = {"name", "{\"type\":\"string\"}",
                                                    read_server_name};
