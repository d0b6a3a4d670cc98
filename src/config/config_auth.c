/* config_auth.c - named policies of who may ask, and the endpoints that name them (CONTRACT 3.9) */
#include "config/config_internal.h"

enum {
    POLICIES_MAX = 64,
    CHOICES_MAX = 8 /* of one endpoint */
};

/* `off` stands for no policy, wherever the name of one may stand. */
static bool check_name(struct reading *r, const struct node *name)
{
    bool is_on;
    if (!config_check_name(r, name, "a policy", true))
        return false;
    if (option_is_boolean(name, &is_on))
        reading_complain(r, RULE_RESERVED, name->place,
                         "'%s' is reserved; choose another name for a policy",
                         reading_show(r, name->text));
    return true;
}

static bool is_map_of_policies(struct reading *r, const struct node *value)
{
    if (!option_map(r, value, "policies are a map, as partner: {api_keys: {file: keys.yaml}}"))
        return false;
    if (value->kind == NODE_MAP && value->n > POLICIES_MAX) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu policies; give at most %d",
                         value->n, POLICIES_MAX);
        return false;
    }
    return true;
}

static bool has_kind(const struct section *s, const struct node *policy)
{
    for (unsigned i = 0; i < s->n_rows; i++)
        if (s->rows[i].flags & OPTION_ONE_OF && node_find(policy, slice_of(s->rows[i].name)))
            return true;
    return false;
}

static void read_policies(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config *c = object;
    if (!is_map_of_policies(r, value)) {
        r->unread |= READING_POLICIES;
        return;
    }
    size_t n = value->kind == NODE_MAP ? value->n : 0;
    c->auth = reading_keep(r, n, sizeof *c->auth);
    for (size_t i = 0; i < n; i++) {
        const struct node_pair *pair = &value->pairs[i];
        struct config_auth *a = &c->auth[c->n_auth];
        if (!check_name(r, pair->key)) {
            r->unread |= READING_POLICIES;
            continue;
        }
        a->name = reading_copy(r, pair->key->text);
        a->position = document_position(pair->key->place);
        a->index = c->n_auth++;
        option_read_section(r, row->section, pair->value, a);
        if (!has_kind(row->section, pair->value))
            r->unread |= READING_TOKENS;
    }
}

static void read_api_keys(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config_auth *a = object;
    a->kind = CONFIG_AUTH_KEYS;
    option_read_section(r, row->section, value, a);
    const struct node *file = value->kind == NODE_MAP ? node_find(value, SLICE("file")) : NULL;
    if (file)
        config_note_keys(r, file, a);
}

static void read_header(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    config_read_header_name(r, value, CONFIG_HEADER_READ, option_at(object, row));
}

static const struct config_auth *find(const struct config *c, struct slice name)
{
    for (unsigned i = 0; i < c->n_auth; i++)
        if (slice_equal(c->auth[i].name, name))
            return &c->auth[i];
    return NULL;
}

static void tell_unknown(struct reading *r, const struct node *name)
{
    struct suggestion near;
    if (r->unread & READING_POLICIES)
        return;
    suggestion_begin(&near, name->text);
    for (unsigned i = 0; i < r->config->n_auth; i++)
        suggestion_offer(&near, r->config->auth[i].name);
    reading_complain(r, RULE_AUTH, name->place, "no policy is called '%s'; %s",
                     reading_show(r, name->text),
                     reading_hint(r, &near, "declare it under `auth` at the top"));
}

static void add_policy(struct reading *r, const struct node *name, struct config_endpoint *e)
{
    if (!option_line(r, name, "the name of a policy"))
        return;
    const struct config_auth *a = find(r->config, name->text);
    if (!a) {
        r->unread |= READING_TOKENS;
        tell_unknown(r, name);
        return;
    }
    for (unsigned i = 0; i < e->n_auth; i++)
        if (e->auth[i] == a) {
            reading_complain(r, RULE_AUTH, name->place, "'%s' is named twice; name it once",
                             reading_show(r, name->text));
            return;
        }
    e->auth[e->n_auth++] = a;
}

/* `off`, a name, or a list of names. An empty list would let everybody in without saying so. */
static void read_endpoint_auth(struct reading *r, const struct option *row, struct node *value,
                               void *object)
{
    struct config_endpoint *e = object;
    bool is_on = true;
    (void)row;
    if (option_is_boolean(value, &is_on) && !is_on)
        return;
    size_t n = value->kind == NODE_LIST ? value->n : 1;
    struct node **items = value->kind == NODE_LIST ? value->items : &value;
    if (n == 0 || n > CHOICES_MAX) {
        reading_complain(r, RULE_MANY, value->place,
                         "these are %zu policies; name between 1 and %d, or say auth: off", n,
                         CHOICES_MAX);
        return;
    }
    e->auth = reading_keep(r, n, sizeof(struct config_auth *));
    for (size_t i = 0; i < n; i++)
        add_policy(r, items[i], e);
}

bool config_has_claims(const struct config_endpoint *e)
{
    for (unsigned i = 0; i < e->n_auth; i++)
        if (e->auth[i]->kind == CONFIG_AUTH_JWT)
            return true;
    return false;
}

const struct option_kind config_kind_auth = {
    "map of policies", "{\"type\":\"object\",\"additionalProperties\":@}", read_policies};
const struct option_kind config_kind_api_keys = {"map", "@", read_api_keys};
const struct option_kind config_kind_auth_header = {"header name", "{\"type\":\"string\"}",
                                                    read_header};
const struct option_kind config_kind_endpoint_auth = {
    "name, list of names, or `off`",
    "{\"anyOf\":[{\"enum\":[false,\"off\"]},{\"type\":\"string\"},{\"type\":\"array\","
    "\"minItems\":1,\"maxItems\":8,\"items\":{\"type\":\"string\"}}]}",
    read_endpoint_auth};
