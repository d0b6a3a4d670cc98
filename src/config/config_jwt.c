/* config_jwt.c - policies whose proof is a signed token, and the scopes that endpoints ask for */
#include "config/config_target.h"
#include "wire/jwa.h"

enum {
    AUDIENCES_MAX = 16,
    SCOPES_MAX = 16,
    ISSUER_MAX = 1024
};

static bool read_one(struct reading *r, const struct node *value, const char *what,
                     struct slice *out)
{
    if (!option_line(r, value, what))
        return false;
    if (value->text.n == 0 || value->text.n > ISSUER_MAX) {
        reading_complain(r, RULE_AUTH, value->place, "this is empty or longer than %d; give %s",
                         ISSUER_MAX, what);
        return false;
    }
    *out = reading_copy(r, value->text);
    return true;
}

static void read_issuer(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct slice *issuer = option_at(object, row);
    bool is_good = read_one(r, value, "an issuer, as https://login.internal", issuer);
    (void)is_good; /* told */
}

/* One, or a list. */
static void read_audience(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config_jwt *j = &((struct config_auth *)object)->jwt;
    size_t n = value->kind == NODE_LIST ? value->n : 1;
    struct node **items = value->kind == NODE_LIST ? value->items : &value;
    (void)row;
    if (n == 0 || n > AUDIENCES_MAX) {
        reading_complain(r, RULE_MANY, value->place,
                         "these are %zu audiences; give between 1 and %d, or leave the key out", n,
                         AUDIENCES_MAX);
        return;
    }
    j->audiences = reading_keep(r, n, sizeof *j->audiences);
    for (size_t i = 0; i < n; i++)
        if (read_one(r, items[i], "an audience, as shop", &j->audiences[j->n_audiences]))
            j->n_audiences++;
}

static void read_jwks(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_auth *a = object;
    struct config_jwt *j = &a->jwt;
    struct option file = *row;
    if (!option_line(r, value, "a URL or the name of a file"))
        return;
    if (!memmem(value->text.at, value->text.n, "://", 3)) {
        file.place = offsetof(struct config_auth, jwt.file);
        option_file.read(r, &file, value, object);
        config_note_keys(r, value, a);
        return;
    }
    const char *wrong = config_read_url(r, value, &j->target, &j->path);
    if (wrong)
        reading_complain(r, RULE_JWKS, value->place, "keys cannot be had from %s; %s",
                         config_show_url(r, value), wrong);
}

static void tell_algorithm(struct reading *r, const struct node *item)
{
    struct suggestion near;
    suggestion_begin(&near, item->text);
    for (unsigned a = 0; a < JWA_N; a++)
        suggestion_offer(&near, slice_of(jwa_name((enum jwa)a)));
    reading_complain(r, RULE_ALGORITHM, item->place, "'%s' is no algorithm for tokens; %s",
                     reading_show(r, item->text),
                     reading_hint(r, &near, "name some, as [RS256, ES256, EdDSA]"));
}

static void read_algorithms(struct reading *r, const struct option *row, struct node *value,
                            void *object)
{
    struct config_jwt *j = &((struct config_auth *)object)->jwt;
    enum jwa a;
    (void)row;
    if (!option_list(r, value, "algorithms are a list, as [RS256, ES256]"))
        return;
    if (value->n == 0)
        reading_complain(r, RULE_ALGORITHM, value->place,
                         "without an algorithm no token is good; name some, or leave the key out");
    for (size_t i = 0; i < value->n; i++) {
        const struct node *item = value->items[i];
        if (!option_line(r, item, "an algorithm"))
            continue;
        if (jwa_by_name(item->text, &a))
            j->algorithms |= 1U << a;
        else
            tell_algorithm(r, item);
    }
}

/* Secrets do not travel: a set of keys at a URL is for everybody. */
static void check_secrets(struct reading *r, const struct config_auth *a, const struct node *map)
{
    const unsigned secret = 1U << JWA_HS256 | 1U << JWA_HS384 | 1U << JWA_HS512;
    const struct node *given = node_find(map, SLICE("algorithms"));
    if (given && !a->jwt.file && a->jwt.algorithms & secret)
        reading_complain(r, RULE_ALGORITHM, given->place,
                         "a secret is never taken from a URL; give `jwks` as a file, or leave "
                         "HS256, HS384 and HS512 out");
}

static void read_jwt(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_auth *a = object;
    a->kind = CONFIG_AUTH_JWT;
    a->header = SLICE("authorization");
    option_read_section(r, row->section, value, a);
    if (value->kind != NODE_MAP)
        return;
    if (!node_find(value, SLICE("algorithms")))
        a->jwt.algorithms = 1U << JWA_RS256 | 1U << JWA_ES256 | 1U << JWA_EDDSA;
    check_secrets(r, a, value);
    if (a->jwt.target.is_tls)
        config_note_ca(r, value, a->jwt.ca);
}

static void read_scopes(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_endpoint *e = object;
    (void)row;
    if (!option_list(r, value, "scopes are a list, as [orders.read]"))
        return;
    if (value->n > SCOPES_MAX) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu scopes; name at most %d",
                         value->n, SCOPES_MAX);
        return;
    }
    e->scopes = reading_keep(r, value->n, sizeof *e->scopes);
    for (size_t i = 0; i < value->n; i++) {
        const struct node *item = value->items[i];
        if (!option_line(r, item, "a scope"))
            continue;
        if (config_is_scope(item->text))
            e->scopes[e->n_scopes++] = reading_copy(r, item->text);
        else
            reading_complain(r, RULE_SCOPE, item->place,
                             "'%s' is no scope; it is one word without quotes, as orders.read",
                             reading_show(r, item->text));
    }
}

void config_check_scopes(struct reading *r, const struct config_endpoint *e, const struct node *own)
{
    const struct node *given = node_find(own, SLICE("scopes"));
    bool has_some = r->unread & READING_TOKENS;
    for (unsigned i = 0; i < e->n_auth; i++)
        has_some |= e->auth[i]->kind != CONFIG_AUTH_CERT;
    if (given && e->n_scopes && !has_some)
        reading_complain(r, RULE_SCOPES, given->place,
                         "only tokens and keys have scopes; let `auth` name a policy with `jwt` or "
                         "`api_keys`, or leave `scopes` out");
}

const struct option_kind config_kind_jwt = {"map", "@", read_jwt};
const struct option_kind config_kind_issuer = {"text", "{\"type\":\"string\"}", read_issuer};
const struct option_kind config_kind_audience = {
    "text, or list of texts",
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"minItems\":1,\"maxItems\":16,"
    "\"items\":{\"type\":\"string\"}}]}",
    read_audience};
const struct option_kind config_kind_jwks = {"URL or file", "{\"type\":\"string\"}", read_jwks};
const struct option_kind config_kind_algorithms = {
    "list of algorithms",
    "{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[{\"enum\":[\"RS256\",\"RS384\","
    "\"RS512\","
    "\"PS256\",\"PS384\",\"PS512\",\"ES256\",\"ES384\",\"ES512\",\"EdDSA\",\"HS256\",\"HS384\","
    "\"HS512\"]}," OPTION_ENVIRONMENT "]}}",
    read_algorithms};
const struct option_kind config_kind_endpoint_scopes = {
    "list of scopes", "{\"type\":\"array\",\"maxItems\":16,\"items\":{\"type\":\"string\"}}",
    read_scopes};
