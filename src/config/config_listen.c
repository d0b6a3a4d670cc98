/* config_listen.c - addresses that we listen on, and networks that we trust
 *
 * Only the form of an address is judged: whether it can be listened on shows when it is.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/un.h>

#include "config/config_internal.h"
#include "wire/token.h"

enum {
    PORT_MAX = 65535,
    ADDRESS_MAX = 255,
    BITS_IPV4 = 32,
    BITS_IPV6 = 128,
    BITS_MAPPED = 96 /* before an IPv4 address in an IPv6 one */
};

static bool is_port(struct slice text)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || i > 4)
            return false;
        port = port * 10 + (unsigned)(text.at[i] - '0');
    }
    return text.n > 0 && port <= PORT_MAX;
}

static bool is_unix(struct slice path)
{
    struct sockaddr_un place;
    return path.n > 1 && path.at[0] == '/' && path.n < sizeof place.sun_path;
}

/* What is wrong with an address; NULL where nothing is. */
static const char *judge_address(struct slice address)
{
    if (slice_starts(address, SLICE("unix:")))
        return is_unix(slice_after(address, 5))
                   ? NULL
                   : "a Unix socket is unix:/path, at most 107 bytes long";
    const char *colon = memrchr(address.at, ':', address.n);
    if (!colon)
        return is_port(address) ? "a port needs a host before it, as 127.0.0.1:8080 or 0.0.0.0:8080"
                                : "an address needs a port, as 127.0.0.1:8080";
    struct slice host = {address.at, (size_t)(colon - address.at)};
    struct slice port = slice_after(address, host.n + 1);
    if (!is_port(port))
        return "a port is a number up to 65535, as in 127.0.0.1:8080";
    if (host.n == 0)
        return NULL; /* all addresses */
    if (host.at[0] != '[' && memchr(host.at, ':', host.n))
        return "an IPv6 address stands in brackets, as \"[::1]:8080\"";
    if (!token_is_authority(address) || host.n > ADDRESS_MAX)
        return "a host is a name or an address, as localhost:8080 or \"[::1]:8080\"";
    return NULL;
}

static void read_address(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_listen *listen = object;
    (void)row;
    if (!option_line(r, value, "an address, as 127.0.0.1:8080"))
        return;
    const char *wrong = judge_address(value->text);
    if (wrong)
        reading_complain(r, RULE_ADDRESS, value->place, "'%s' is not an address to listen on; %s",
                         reading_show(r, value->text), wrong);
    listen->address = reading_copy(r, value->text);
    listen->position = document_position(value->place);
}

static void read_listener_tls(struct reading *r, const struct option *row, struct node *value,
                              void *object)
{
    struct config_listen *listen = object;
    listen->has_tls = true;
    option_read_section(r, row->section, value, &listen->tls);
    config_note_tls(r, value, &listen->tls, NULL);
}

/* Port 0 is another one each time. */
static bool has_fixed_port(struct slice address)
{
    return address.n < 2 || memcmp(address.at + address.n - 2, ":0", 2) != 0;
}

/* Of the listeners read so far; the same text twice is a slip for sure. */
static void check_twice(struct reading *r, const struct config_listen *listen,
                        const struct node *value)
{
    const struct config *c = r->config;
    if (!listen->address.n || !has_fixed_port(listen->address))
        return;
    for (unsigned i = 0; i < c->n_listens; i++) {
        if (&c->listens[i] == listen || !slice_equal(c->listens[i].address, listen->address))
            continue;
        reading_complain(r, RULE_ADDRESS_TWICE, value->place,
                         "%s is listened on already; give each listener an address of its own",
                         reading_show(r, listen->address));
        return;
    }
}

static void read_listen(struct reading *r, const struct option *row, struct node *value,
                        struct config_listen *out)
{
    if (value->kind == NODE_MAP)
        option_read_section(r, row->section, value, out);
    else
        read_address(r, row, value, out);
}

static void read_listens(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config *c = object;
    size_t n = value->kind == NODE_LIST ? value->n : 1;
    struct node **items = value->kind == NODE_LIST ? value->items : &value;
    if (n == 0 || n > CONFIG_MAX_LISTENS)
        reading_complain(r, RULE_MANY, value->place,
                         "these are %zu addresses; give between 1 and %d", n, CONFIG_MAX_LISTENS);
    if (n > CONFIG_MAX_LISTENS)
        return;
    c->listens = reading_keep(r, n, sizeof *c->listens);
    for (size_t i = 0; i < n; i++) {
        read_listen(r, row, items[i], &c->listens[i]);
        check_twice(r, &c->listens[i], items[i]);
        c->n_listens++;
    }
}

static void read_admin(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config *c = object;
    bool is_on = true;
    if (option_is_boolean(value, &is_on) && !is_on)
        return;
    c->has_admin = true;
    read_listen(r, row, value, &c->admin);
    check_twice(r, &c->admin, value);
}

/* 10.0.0.0/8, fd00::/8, or one address. */
static bool parse_network(struct slice text, struct config_network *out)
{
    char address[INET6_ADDRSTRLEN] = "";
    const char *slash = memchr(text.at, '/', text.n);
    size_t n = slash ? (size_t)(slash - text.at) : text.n;
    if (n >= sizeof address)
        return false;
    memcpy(address, text.at, n);
    bool is_ipv4 = inet_pton(AF_INET, address, out->bytes + 12) == 1;
    if (!is_ipv4 && inet_pton(AF_INET6, address, out->bytes) != 1)
        return false;
    if (is_ipv4)
        out->bytes[10] = out->bytes[11] = 0xff;
    unsigned bits = is_ipv4 ? BITS_IPV4 : BITS_IPV6;
    unsigned prefix = bits;
    if (slash) {
        struct slice digits = slice_after(text, n + 1);
        if (!is_port(digits) || digits.n > 3)
            return false;
        prefix = (unsigned)strtoul(digits.at, NULL, 10);
    }
    out->prefix = prefix + (is_ipv4 ? BITS_MAPPED : 0);
    return prefix <= bits;
}

/* So that bits behind the prefix never matter. */
static void mask(struct config_network *n)
{
    for (unsigned bit = n->prefix; bit < BITS_IPV6; bit++)
        n->bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
}

static void read_networks(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config *c = object;
    (void)row;
    if (!option_list(r, value, "networks are a list, as [10.0.0.0/8]"))
        return;
    c->trusted_proxies = reading_keep(r, value->n, sizeof *c->trusted_proxies);
    for (size_t i = 0; i < value->n; i++) {
        struct config_network *network = &c->trusted_proxies[c->n_trusted_proxies++];
        const struct node *item = value->items[i];
        if (!option_line(r, item, "an address or a network"))
            continue;
        if (!parse_network(item->text, network))
            reading_complain(r, RULE_NETWORK, item->place,
                             "'%s' is not a network; write an address, or one with a prefix as "
                             "10.0.0.0/8 or \"fd00::/8\"",
                             reading_show(r, item->text));
        else
            mask(network);
    }
}

const struct option_kind config_kind_listens = {
    "address, or a list of them",
    "{\"anyOf\":[{\"type\":\"string\"},@,{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":"
    "\"string\"},@]}}]}",
    read_listens};
const struct option_kind config_kind_admin = {
    "address", "{\"anyOf\":[{\"type\":\"string\"},{\"const\":false},@]}", read_admin};
const struct option_kind config_kind_address = {"address", "{\"type\":\"string\"}", read_address};
const struct option_kind config_kind_listener_tls = {"map", "@", read_listener_tls};
const struct option_kind config_kind_networks = {
    "list of networks", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", read_networks};
