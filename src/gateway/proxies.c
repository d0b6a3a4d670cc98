/* proxies.c - address literals against networks */
#include "gateway/proxies.h"

#include <arpa/inet.h>

#include "wire/token.h"

enum {
    ADDRESS_BYTES = 16
};

/* Before an address of IPv4 in one of IPv6. */
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* "[::1]:80" -> "::1", "10.0.0.1:80" -> "10.0.0.1" */
static struct slice bare_address(struct slice s)
{
    if (s.n && s.at[0] == '[') {
        const char *end = memchr(s.at, ']', s.n);
        return end ? (struct slice){s.at + 1, (size_t)(end - s.at - 1)} : SLICE_NONE;
    }
    const char *colon = s.n ? memchr(s.at, ':', s.n) : NULL;
    if (colon && !memrchr(colon + 1, ':', s.n - (size_t)(colon + 1 - s.at)))
        return (struct slice){s.at, (size_t)(colon - s.at)};
    return s;
}

static bool parse(struct slice address, uint8_t bytes[ADDRESS_BYTES])
{
    char text[INET6_ADDRSTRLEN];
    struct slice bare = bare_address(address);
    if (bare.n == 0 || bare.n >= sizeof text)
        return false;
    memcpy(text, bare.at, bare.n);
    text[bare.n] = '\0';
    if (inet_pton(AF_INET6, text, bytes) == 1)
        return true;
    memcpy(bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, bytes + sizeof mapped) == 1;
}

struct slice proxies_network(struct slice address, uint8_t room[PROXIES_NETWORK])
{
    if (!parse(address, room))
        return SLICE_NONE;
    bool is_ipv4 = memcmp(room, mapped, sizeof mapped) == 0;
    return (struct slice){(const char *)room, is_ipv4 ? ADDRESS_BYTES : ADDRESS_BYTES / 2};
}

static bool contains(const struct config_network *n, const uint8_t bytes[ADDRESS_BYTES])
{
    unsigned whole = n->prefix / 8, rest = n->prefix % 8;
    if (memcmp(n->bytes, bytes, whole) != 0)
        return false;
    return rest == 0 || ((n->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

bool proxies_trust(const struct config *config, struct slice address)
{
    uint8_t bytes[ADDRESS_BYTES];
    if (config->n_trusted_proxies == 0 || !parse(address, bytes))
        return false;
    for (unsigned i = 0; i < config->n_trusted_proxies; i++)
        if (contains(&config->trusted_proxies[i], bytes))
            return true;
    return false;
}

static struct slice take_last(struct slice *list)
{
    const char *comma = list->n ? memrchr(list->at, ',', list->n) : NULL;
    struct slice last = *list;
    if (comma)
        last = slice_after(*list, (size_t)(comma + 1 - list->at));
    list->n = comma ? (size_t)(comma - list->at) : 0;
    return token_trim(last);
}

struct slice proxies_client(const struct config *config, struct slice list, struct slice peer)
{
    struct slice client = peer;
    while (list.n) {
        struct slice next = take_last(&list);
        if (next.n == 0)
            continue;
        client = next;
        if (!proxies_trust(config, next))
            break;
    }
    return client;
}
