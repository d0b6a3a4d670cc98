/* config_target.c - the targets of a service
 *
 * A target is an origin and nothing else: paths belong to calls, credentials to the service, so
 * that all targets of a service are interchangeable. One may also be the name of SRV records, which
 * tell the hosts, their ports and their weights (RFC 2782). Schemes know no case (RFC 3986 3.1).
 */
#include "config/config_target.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

#include "wire/token.h"

enum {
    PORT_HTTP = 80,
    PORT_HTTPS = 443,
    PORT_MAX = 65535,
    HOST_MAX = 253
};

bool config_split_authority(struct slice authority, struct slice *host, unsigned *port)
{
    if (!token_is_authority(authority))
        return false;
    bool has_brackets = authority.at[0] == '[';
    const char *end = memchr(authority.at, has_brackets ? ']' : ':', authority.n);
    size_t n = end ? (size_t)(end - authority.at) + has_brackets : authority.n;
    *host = (struct slice){authority.at, n};
    if (n + 1 >= authority.n)
        return n == authority.n && n <= HOST_MAX;
    char digits[8] = "";
    memcpy(digits, authority.at + n + 1, authority.n - n - 1 < 7 ? authority.n - n - 1 : 7);
    *port = (unsigned)strtoul(digits, NULL, 10);
    return *port > 0 && *port <= PORT_MAX && host->n <= HOST_MAX;
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
    reading_mask_copy(r, host, t->authority, 0);
}

const char *config_split_url(struct reading *r, struct slice url, struct config_target *t,
                             struct slice *behind)
{
    t->is_tls = slice_starts_nocase(url, SLICE("https://"));
    if (!t->is_tls && !slice_starts_nocase(url, SLICE("http://")))
        return "a URL begins with http:// or https://, as http://127.0.0.1:9001";
    struct slice rest = slice_after(url, t->is_tls ? 8 : 7);
    size_t n = 0;
    while (n < rest.n && !strchr("/?#", rest.at[n]))
        n++;
    struct slice authority = {rest.at, n};
    struct slice host = SLICE_NONE;
    unsigned port = t->is_tls ? PORT_HTTPS : PORT_HTTP;
    *behind = slice_after(rest, n);
    if (n == 0)
        return "a URL needs a host, as http://127.0.0.1:9001";
    if (memchr(authority.at, '@', n))
        return "a user stands in `credentials`, not here";
    if (!config_split_authority(authority, &host, &port))
        return "a host is a name or an address with a port up to 65535, as "
               "http://catalog.internal:9001";
    fill_target(r, t, host, port);
    return NULL;
}

const char *config_show_url(struct reading *r, const struct node *value)
{
    const char *at = memchr(value->text.at, '@', value->text.n);
    const char *user = memmem(value->text.at, value->text.n, "://", 3);
    size_t n = at ? (size_t)(at - value->text.at) : 0;
    size_t skip = user && user < at ? (size_t)(user - value->text.at) + 3 : 0;
    if (!at)
        return reading_print(r, "'%s'", reading_show(r, value->text));
    if (value->place.document && n <= value->n_verbatim)
        document_hide((struct place){value->place.document, value->text_offset + skip}, n - skip);
    return "this";
}

/* The bytes up to the dot, and the dot. */
static struct slice label_of(struct slice name)
{
    const char *dot = name.n ? memchr(name.at, '.', name.n) : NULL;
    return (struct slice){name.at, dot ? (size_t)(dot - name.at) + 1 : name.n};
}

/* _http._tcp.catalog, without a port; what is wrong with it otherwise. */
static const char *read_srv(struct reading *r, struct slice name, struct config_target *t)
{
    struct slice service = label_of(name);
    struct slice protocol = label_of(slice_after(name, service.n));
    struct slice domain = slice_after(name, service.n + protocol.n);
    bool is_name = service.n > 2 && service.at[0] == '_' &&
                   slice_equal_nocase(protocol, SLICE("_tcp.")) && token_is_authority(domain) &&
                   token_is_authority(service) && !memchr(name.at, ':', name.n) &&
                   domain.at[0] != '[' && name.n <= HOST_MAX;
    if (!is_name)
        return "SRV records are at _SERVICE._tcp.NAME, which tell the ports too, as "
               "dns+srv://_http._tcp.catalog";
    t->is_srv = true;
    t->is_tls = slice_equal_nocase(service, SLICE("_https."));
    t->host = reading_copy(r, name).at;
    t->authority = reading_copy(r, domain);
    return NULL;
}

static const char *read_origin(struct reading *r, struct slice url, struct config_target *t)
{
    struct slice behind = SLICE_NONE;
    if (slice_starts_nocase(url, SLICE("dns+srv://")))
        return read_srv(r, slice_after(url, 10), t);
    const char *wrong = config_split_url(r, url, t, &behind);
    if (!wrong && (behind.n > 1 || (behind.n == 1 && behind.at[0] != '/')))
        return "nothing stands behind the host and port (a path belongs to the call, as get: "
               "catalog:/base/{id})";
    return wrong;
}

static void read_url(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_target *t = object;
    (void)row;
    if (!option_line(r, value, "a URL, as http://127.0.0.1:9001"))
        return;
    t->position = document_position(value->place);
    const char *wrong = read_origin(r, value->text, t);
    if (wrong)
        reading_complain(r, RULE_TARGET, value->place, "%s is not a target; %s",
                         config_show_url(r, value), wrong);
}

/* What its record says is the weight of each target that a name stands for (RFC 2782). */
static void check_weight(struct reading *r, const struct node *map, const struct config_target *t)
{
    const struct node *weight = node_find(map, SLICE("weight"));
    if (weight && t->is_srv)
        reading_complain(r, RULE_TARGET_WEIGHT, weight->place,
                         "the SRV records of %s tell the weights; leave `weight` out",
                         reading_show(r, slice_of(t->host)));
}

static void read_target(struct reading *r, const struct option *row, struct node *value,
                        struct config_target *t)
{
    t->weight = 1;
    if (value->kind == NODE_MAP) {
        option_read_section(r, row->section, value, t);
        check_weight(r, value, t);
    } else {
        read_url(r, row, value, t);
    }
}

/* As a name, or as an address, which may be written in several ways. */
static bool is_same_host(const char *a, const char *b)
{
    struct in6_addr of_a, of_b;
    return strcasecmp(a, b) == 0 ||
           (inet_pton(AF_INET6, a, &of_a) == 1 && inet_pton(AF_INET6, b, &of_b) == 1 &&
            memcmp(&of_a, &of_b, sizeof of_a) == 0);
}

/* Of the targets before it. What avoids a target that has failed, or is slow, would come back to it
 * by the other entry. */
static void check_twice(struct reading *r, const struct config_service *s,
                        const struct config_target *t, const struct node *value)
{
    const struct config_target *first = s->targets;
    while (first < t && (!first->host || !t->host || first->port != t->port ||
                         !is_same_host(first->host, t->host)))
        first++;
    if (first == t)
        return;
    if (t->is_srv)
        reading_complain(r, RULE_TARGET_TWICE, value->place,
                         "%s is a target of this service already; leave this one out",
                         reading_show(r, slice_of(t->host)));
    else
        reading_complain(r, RULE_TARGET_TWICE, value->place,
                         "%s is a target of this service already; for more of the calls give it "
                         "a `weight` there",
                         reading_show(r, t->authority));
}

static void read_targets(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_service *s = object;
    size_t n = value->kind == NODE_LIST ? value->n : 1;
    struct node **items = value->kind == NODE_LIST ? value->items : &value;
    if (n == 0 || n > CONFIG_MAX_TARGETS) {
        reading_complain(r, RULE_TARGETS, value->place,
                         "these are %zu targets; a service has between 1 and %d", n,
                         CONFIG_MAX_TARGETS);
        return;
    }
    s->targets = reading_keep(r, n, sizeof *s->targets);
    for (size_t i = 0; i < n; i++) {
        struct config_target *t = &s->targets[s->n_targets++];
        read_target(r, row, items[i], t);
        check_twice(r, s, t, items[i]);
    }
}

#define TARGET "{\"type\":\"string\"},@"

const struct option_kind config_kind_targets = {
    "URL, or a list of them",
    "{\"anyOf\":[" TARGET ",{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[" TARGET
    "]}}]}",
    read_targets};
const struct option_kind config_kind_url = {"URL", "{\"type\":\"string\"}", read_url};
