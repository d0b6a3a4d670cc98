/* config_store.c - the stores that all instances share (CONTRACT 3.7)
 *
 * redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], as it is registered for Redis: USER may be empty,
 * and stands percent-encoded, as PASSWORD does. No message shows either.
 */
#include "config/config_target.h"
#include "wire/target.h"
enum {
    PORT_REDIS = 6379,
    DATABASE_MAX = 15,
    SECRET_MAX = 1024 /* bytes, of a user or a password */
};

#define EXAMPLE "as redis://127.0.0.1:6379/0"

/* user:password, or a user alone. What is wrong; NULL: nothing. */
static const char *read_user(struct reading *r, struct slice text, struct config_store *s)
{
    const char *colon = text.n ? memchr(text.at, ':', text.n) : NULL;
    size_t n = colon ? (size_t)(colon - text.at) : text.n;
    struct slice user = {text.at, n};
    struct slice password = slice_after(text, colon ? n + 1 : n);
    struct arena *arena = &r->config->arena;
    if (user.n > SECRET_MAX || password.n > SECRET_MAX)
        return "a user and a password have at most 1024 bytes each";
    if (target_decode(user, false, arena, &s->user) != FAULT_NONE ||
        target_decode(password, false, arena, &s->password) != FAULT_NONE)
        return "in a user and a password %XX stands for a byte, and %25 for '%'";
    return s->user.n && !s->password.n ? "a user has a password, as redis://USER:PASSWORD@HOST"
                                       : NULL;
}

/* "/7", "/" or nothing. */
static bool read_database(struct slice path, unsigned *database)
{
    uint64_t number = 0;
    struct slice digits = slice_after(path, path.n ? 1 : 0);
    if (digits.n && quantity_read(digits, QUANTITY_COUNT, &number) != QUANTITY_GOOD)
        return false;
    *database = (unsigned)number;
    return number <= DATABASE_MAX;
}

static const char *read_url(struct reading *r, struct slice url, struct config_store *s)
{
    s->is_tls = slice_starts_nocase(url, SLICE("rediss://"));
    if (!s->is_tls && !slice_starts_nocase(url, SLICE("redis://")))
        return "a store begins with redis:// or rediss://, " EXAMPLE;
    struct slice rest = slice_after(url, s->is_tls ? 9 : 8);
    const char *at = rest.n ? memrchr(rest.at, '@', rest.n) : NULL;
    if (at) {
        struct slice user = {rest.at, (size_t)(at - rest.at)};
        const char *wrong = read_user(r, user, s);
        if (wrong)
            return wrong;
        rest = slice_after(rest, user.n + 1);
    }
    size_t n = 0;
    while (n < rest.n && !strchr("/?#", rest.at[n]))
        n++;
    struct slice host = SLICE_NONE;
    unsigned port = PORT_REDIS;
    if (!config_split_authority((struct slice){rest.at, n}, &host, &port))
        return "a host is a name or an address with a port up to 65535, " EXAMPLE;
    if (!read_database(slice_after(rest, n), &s->database))
        return "behind the host stands nothing but a database from 0 to 15, " EXAMPLE;
    if (host.at[0] == '[')
        host = (struct slice){host.at + 1, host.n - 2};
    s->host = reading_copy(r, host).at;
    s->port = (uint16_t)port;
    return NULL;
}

static bool is_same(const struct config_store *a, const struct config_store *b)
{
    return strcasecmp(a->host, b->host) == 0 && a->port == b->port && a->database == b->database;
}

static void read_store(struct reading *r, const struct node *value, struct config *c)
{
    struct config_store s = {.position = document_position(value->place)};
    if (!option_line(r, value, "a store, " EXAMPLE))
        return;
    const char *wrong = read_url(r, value->text, &s);
    const char *shown = memchr(value->text.at, '@', value->text.n)
                            ? "this"
                            : reading_print(r, "'%s'", reading_show(r, value->text));
    for (unsigned i = 0; !wrong && i < c->n_stores; i++)
        if (is_same(&s, &c->stores[i]))
            wrong = "it is named twice, and once is enough";
    if (wrong)
        reading_complain(r, RULE_STORE, value->place, "%s is not a store; %s", shown, wrong);
    else
        c->stores[c->n_stores++] = s;
}

/* One, or a list of them; at the top or under `cache`, whichever it is. */
static void read_stores(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config *c = object;
    size_t n = value->kind == NODE_LIST ? value->n : 1;
    struct node **items = value->kind == NODE_LIST ? value->items : &value;
    (void)row;
    if (c->stores) {
        reading_complain(r, RULE_STORE_TWICE, value->place,
                         "the store is given twice, here and under `cache`; leave one of them out");
        return;
    }
    if (n == 0 || n > CONFIG_MAX_STORES) {
        reading_complain(r, RULE_STORE, value->place,
                         "these are %zu stores; give between 1 and %d, or leave `store` out", n,
                         CONFIG_MAX_STORES);
        return;
    }
    c->stores = reading_keep(r, n, sizeof *c->stores);
    for (size_t i = 0; i < n; i++)
        read_store(r, items[i], c);
}

static void read_store_tls(struct reading *r, const struct option *row, struct node *value,
                           void *object)
{
    config_read_tls(r, row->section, value, &((struct config *)object)->store_tls, NULL);
}

#define STORE "{\"type\":\"string\",\"pattern\":\"^[rR][eE][dD][iI][sS][sS]?://|\\\\$\\\\{\"}"

const struct option_kind config_kind_stores = {
    "URL, or a list of them",
    "{\"anyOf\":[" STORE ",{\"type\":\"array\",\"minItems\":1,\"maxItems\":16,\"items\":" STORE
    "}]}",
    read_stores};
const struct option_kind config_kind_store_tls = {"map", "@", read_store_tls};
