/* config_credentials.c - what the gateway tells a service of itself (CONTRACT 3.8)
 *
 * A secret is a text, best one of the environment, or the name of a file. No message shows one:
 * none is told, and what stands in a file is hidden in the lines that are shown.
 */
#include "config/config_target.h"
#include "wire/token.h"

enum {
    SECRET_MAX = 16 * 1024 /* bytes: it goes into a header, or into a form */
};

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
            return true;
    return false;
}

static bool check_text(struct reading *r, const struct node *value, const char *what)
{
    if (!option_line(r, value, what))
        return false;
    if (value->text.n && value->text.n <= SECRET_MAX && !has_control(value->text))
        return true;
    reading_complain(
        r, RULE_SECRET, value->place,
        "this is empty, of several lines or longer than 16 KiB; %s is one line of text", what);
    return false;
}

static void read_text(struct reading *r, const struct option *row, struct node *value, void *object)
{
    if (check_text(r, value, "a name"))
        *(struct slice *)option_at(object, row) = reading_copy(r, value->text);
}

/* Of basic credentials the user ends at the first colon (RFC 7617 2). */
static void read_user(struct reading *r, const struct option *row, struct node *value, void *object)
{
    read_text(r, row, value, object);
    if (value->kind == NODE_SCALAR && value->text.n && memchr(value->text.at, ':', value->text.n))
        reading_complain(r, RULE_SECRET, value->place,
                         "a user has no colon; what stands behind one is the password");
}

static void read_secret(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_secret *secret = option_at(object, row);
    if (value->kind == NODE_MAP) {
        option_read_section(r, row->section, value, secret);
        return;
    }
    if (check_text(r, value, "a secret"))
        secret->text = reading_copy(r, value->text);
    secret->is_written = value->place.document && value->n_verbatim == value->text.n;
}

static void read_bearer(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_credentials *c = object;
    c->kind = CONFIG_BEARER;
    read_secret(r, row, value, object);
}

static void read_basic(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config_credentials *c = object;
    c->kind = CONFIG_BASIC;
    option_read_section(r, row->section, value, object);
}

static void read_oauth2(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_credentials *c = object;
    c->kind = CONFIG_OAUTH2;
    option_read_section(r, row->section, value, object);
}

/* A URL without a path leads to "/" (RFC 9110 4.2.3). */
static struct slice path_of(struct reading *r, struct slice behind)
{
    bool has_slash = behind.n && behind.at[0] == '/';
    char *text = reading_keep(r, behind.n + 2, 1);
    text[0] = '/';
    memcpy(text + !has_slash, behind.at, behind.n);
    return (struct slice){text, behind.n + !has_slash};
}

const char *config_read_url(struct reading *r, const struct node *value, struct config_target *t,
                            struct slice *path)
{
    *t = (struct config_target){.weight = 1, .position = document_position(value->place)};
    *path = SLICE_NONE;
    const char *wrong = config_split_url(r, value->text, t, path);
    bool is_path = true;
    for (size_t i = 0; i < path->n; i++)
        is_path &= token_has((unsigned char)path->at[i], TOKEN_URI);
    if (!wrong && !is_path)
        wrong = "its path has neither spaces nor '#', as https://login.internal/token";
    if (!wrong)
        *path = path_of(r, *path);
    return wrong;
}

static void read_token_url(struct reading *r, const struct option *row, struct node *value,
                           void *object)
{
    struct config_credentials *c = object;
    (void)row;
    if (!option_line(r, value, "a URL, as https://login.internal/token"))
        return;
    const char *wrong = config_read_url(r, value, &c->token_target, &c->token_path);
    if (wrong)
        reading_complain(r, RULE_TOKEN_URL, value->place, "tokens cannot be had from %s; %s",
                         config_show_url(r, value), wrong);
}

/* RFC 6749 3.3: visible characters but quotes and backslashes. */
bool config_is_scope(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.at[i] <= 0x20 || text.at[i] > 0x7e || text.at[i] == '"' || text.at[i] == '\\')
            return false;
    return text.n > 0;
}

/* One behind the other, each with a space behind it, but the last. */
static struct slice join_scopes(struct reading *r, const struct node *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += list->items[i]->text.n + 1;
    char *text = reading_keep(r, n + 1, 1);
    char *at = text;
    for (size_t i = 0; i < list->n; i++) {
        struct slice scope = list->items[i]->text;
        memcpy(at, scope.at, scope.n);
        at[scope.n] = ' ';
        at += scope.n + 1;
    }
    return (struct slice){text, n ? n - 1 : 0};
}

static void read_scopes(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    bool is_good = true;
    if (!option_list(r, value, "scopes are a list, as [catalog.read]"))
        return;
    if (value->n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu scopes; name at most %d",
                         value->n, CONFIG_MAX_ITEMS);
        return;
    }
    for (size_t i = 0; i < value->n; i++) {
        const struct node *item = value->items[i];
        bool is_text = option_line(r, item, "a scope");
        is_good &= is_text && config_is_scope(item->text);
        if (is_text && !config_is_scope(item->text))
            reading_complain(r, RULE_SCOPE, item->place,
                             "'%s' is no scope; it is one word without quotes, as catalog.read",
                             reading_show(r, item->text));
    }
    if (is_good)
        *(struct slice *)option_at(object, row) = join_scopes(r, value);
}

/* What stands behind any other key may be a secret: also behind one that is a slip. */
static bool is_shown(const struct node *key)
{
    static const char *const shown[] = {"user", "token_url", "client_id", "scopes", "file"};
    for (unsigned i = 0; i < sizeof shown / sizeof *shown; i++)
        if (node_is(key, shown[i]))
            return true;
    return false;
}

/* How long a scalar is where it stands: up to its quote, or as far as it is plain. */
static size_t n_written(const struct node *value)
{
    struct slice text = slice_after(value->place.document->text, value->text_offset);
    char quote = value->text_offset > value->place.offset ? text.at[-1] : '\0';
    if (quote != '"' && quote != '\'')
        return value->n_verbatim;
    const char *end = memchr(text.at, '\n', text.n);
    text.n = end ? (size_t)(end - text.at) : text.n;
    size_t n = document_quoted_n(text, quote);
    return n > value->n_verbatim ? n : value->n_verbatim;
}

/* Its lines stay lines. */
static void hide_block(struct reading *r, const struct node *value)
{
    struct place place = value->place;
    size_t end = node_place_in(r, value, value->text.n).offset;
    for (; place.offset < end; place.offset++)
        if (!strchr("\r\n", place.document->text.at[place.offset]))
            document_hide(place, 1);
}

/* A variable of the environment is named and not shown as it is. */
static void hide_value(struct reading *r, const struct node *value)
{
    bool is_block = scalar_is_block(value->style);
    struct place place = {value->place.document,
                          is_block ? value->place.offset : value->text_offset};
    if (value->kind != NODE_SCALAR || !place.document ||
        slice_starts(slice_after(place.document->text, place.offset), SLICE("${")))
        return;
    if (is_block)
        hide_block(r, value);
    else
        document_hide(place, n_written(value));
}

static void hide_pair(struct reading *r, const struct node_pair *pair)
{
    if (!is_shown(pair->key))
        hide_value(r, pair->value);
}

/* Two maps deep, as credentials are; or a text, by mistake. */
static void hide_secrets(struct reading *r, const struct node *credentials)
{
    hide_value(r, credentials);
    for (size_t i = 0; credentials->kind == NODE_MAP && i < credentials->n; i++) {
        const struct node *inner = credentials->pairs[i].value;
        hide_pair(r, &credentials->pairs[i]);
        for (size_t k = 0; inner->kind == NODE_MAP && k < inner->n; k++)
            hide_pair(r, &inner->pairs[k]);
    }
}

/* `off` where `defaults` give some. */
static void read_credentials(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    bool is_on = true;
    if (option_is_boolean(value, &is_on) && !is_on)
        return;
    hide_secrets(r, value);
    option_read_section(r, row->section, value, option_at(object, row));
}

static void tell_authorization(struct reading *r, const struct config_source *s,
                               const struct node *at)
{
    reading_complain(r, RULE_AUTHORIZATION, at->place,
                     "the credentials of '%s' would replace this `authorization`; leave it out, or "
                     "give the service no `credentials`",
                     reading_show(r, s->service->name));
}

void config_check_authorization(struct reading *r, const struct config_source *s,
                                const struct node *map)
{
    const struct node *forward = node_find(map, SLICE("forward"));
    const struct node *set = node_find(map, SLICE("set_headers"));
    if (!s->service || s->service->credentials.kind == CONFIG_NO_CREDENTIALS)
        return;
    for (size_t i = 0; forward && forward->kind == NODE_LIST && i < forward->n; i++)
        if (forward->items[i]->kind == NODE_SCALAR &&
            slice_equal_nocase(forward->items[i]->text, SLICE("authorization")))
            tell_authorization(r, s, forward->items[i]);
    for (size_t i = 0; set && set->kind == NODE_MAP && i < set->n; i++)
        if (slice_equal_nocase(set->pairs[i].key->text, SLICE("authorization")))
            tell_authorization(r, s, set->pairs[i].key);
}

#define SECRET "{\"anyOf\":[{\"type\":\"string\"},@]}"

const struct option_kind config_kind_credentials = {
    "map, or `off`", "{\"anyOf\":[" OPTION_OFF "," OPTION_ENVIRONMENT ",@]}", read_credentials};
const struct option_kind config_kind_bearer = {"secret", SECRET, read_bearer};
const struct option_kind config_kind_secret = {"secret", SECRET, read_secret};
const struct option_kind config_kind_basic = {"map", "@", read_basic};
const struct option_kind config_kind_oauth2 = {"map", "@", read_oauth2};
const struct option_kind config_kind_user = {"text", "{\"type\":\"string\"}", read_user};
const struct option_kind config_kind_text = {"text", "{\"type\":\"string\"}", read_text};
const struct option_kind config_kind_token_url = {"URL", "{\"type\":\"string\"}", read_token_url};
const struct option_kind config_kind_scopes = {
    "list of scopes", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", read_scopes};
