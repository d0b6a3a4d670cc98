/* config_cors.c - which pages of other origins may read an answer (CONTRACT 3.9, cors) */
#include "config/config_internal.h"
#include "wire/token.h"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

static bool is_scheme(struct slice s)
{
    bool is_so = s.n && s.at[0] >= 'a' && s.at[0] <= 'z';
    for (size_t i = 0; i < s.n && is_so; i++)
        is_so = (s.at[i] >= 'a' && s.at[i] <= 'z') || (s.at[i] >= '0' && s.at[i] <= '9') ||
                s.at[i] == '+' || s.at[i] == '-' || s.at[i] == '.';
    return is_so;
}

/* scheme://host[:port], as browsers write an origin (RFC 6454 6.2). */
static bool is_origin(struct slice text)
{
    const char *mark = text.n ? memmem(text.at, text.n, "://", 3) : NULL;
    if (!mark)
        return false;
    struct slice scheme = {text.at, (size_t)(mark - text.at)};
    struct slice host = slice_after(text, scheme.n + 3);
    return is_scheme(scheme) && host.n && token_is_authority(host) && !memchr(host.at, '*', host.n);
}

/* Browsers write it in lower case. */
static struct slice lower_copy(struct reading *r, struct slice text)
{
    char *lower = reading_keep(r, text.n + 1, 1);
    for (size_t i = 0; i < text.n; i++)
        lower[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (char)(text.at[i] | 0x20) : text.at[i];
    return (struct slice){lower, text.n};
}

static void read_origin(struct reading *r, const struct node *item, struct config_cors *c)
{
    if (!option_line(r, item, "an origin"))
        return;
    struct slice origin = lower_copy(r, item->text);
    c->any_origin |= slice_equal(origin, SLICE("*"));
    if (slice_equal(origin, SLICE("*")))
        return;
    if (slice_equal(origin, SLICE("null")) || is_origin(origin))
        c->origins[c->n_origins++] = origin;
    else
        reading_complain(r, RULE_ORIGIN, item->place,
                         "'%s' is no origin; it is scheme://host[:port] without a path, as "
                         "https://shop.example, or \"*\" for all",
                         reading_show(r, item->text));
}

static void read_method(struct reading *r, const struct node *item, struct config_cors *c)
{
    if (!option_line(r, item, "a method"))
        return;
    for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++)
        if (slice_equal_nocase(item->text, slice_of(methods[i]))) {
            c->methods[c->n_methods++] = slice_of(methods[i]);
            return;
        }
    reading_complain(
        r, RULE_METHOD, item->place,
        "'%s' is not a method; it is one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        reading_show(r, item->text));
}

/* Words of one kind. */
struct words {
    const char *due;
    size_t place; /* of their array */
    void (*read)(struct reading *r, const struct node *item, struct config_cors *c);
};

/* A list, or its only item. */
static void read_words(struct reading *r, const struct words *w, struct node *value,
                       struct config_cors *c)
{
    struct node **items = value->kind == NODE_SCALAR ? &value : value->items;
    size_t n = value->kind == NODE_SCALAR ? 1 : value->n;
    if (value->kind != NODE_SCALAR && !option_list(r, value, w->due))
        return;
    if (n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu; name at most %d", n,
                         CONFIG_MAX_ITEMS);
        return;
    }
    *(struct slice **)((char *)c + w->place) = reading_keep(r, n, sizeof(struct slice));
    for (size_t i = 0; i < n; i++)
        w->read(r, items[i], c);
}

static void read_origins(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    static const struct words origins = {"origins are a list, as [https://shop.example]",
                                         offsetof(struct config_cors, origins), read_origin};
    (void)row;
    read_words(r, &origins, value, object);
}

static void read_methods(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    static const struct words of_methods = {"methods are a list, as [GET, POST]",
                                            offsetof(struct config_cors, methods), read_method};
    (void)row;
    read_words(r, &of_methods, value, object);
}

static void read_headers(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_cors *c = object;
    (void)row;
    c->any_header = value->kind == NODE_SCALAR && node_is(value, "*");
    c->any_header |= value->kind == NODE_LIST && value->n == 1 && node_is(value->items[0], "*");
    if (!c->any_header)
        c->n_headers = config_read_header_names(r, value, CONFIG_HEADER_READ, &c->headers);
}

static void read_expose(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_cors *c = object;
    (void)row;
    c->n_expose = config_read_header_names(r, value, CONFIG_HEADER_READ, &c->expose);
}

/* What every origin may ask for is nobody's own. */
static void check_credentials(struct reading *r, const struct node *value,
                              const struct config_cors *c)
{
    const struct node *credentials = node_find(value, SLICE("credentials"));
    if (credentials && c->credentials && c->any_origin)
        reading_complain(r, RULE_ORIGIN_CREDENTIALS, credentials->place,
                         "credentials are not for every origin; name the origins, or leave "
                         "`credentials` out");
}

/* `off`, or a map. */
static void read_cors(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_cors *c = option_at(object, row);
    bool is_on = true;
    bool is_word = option_is_boolean(value, &is_on);
    *c = (struct config_cors){.is_on = !is_word};
    if (is_word && !is_on)
        return;
    if (!option_map(r, value, "cors is a map or off, as cors: {origins: [https://shop.example]}"))
        return;
    option_read_section(r, row->section, value, c);
    if (value->kind == NODE_MAP)
        check_credentials(r, value, c);
}

const struct option_kind config_kind_cors = {
    "map, or `off`", "{\"anyOf\":[" OPTION_OFF "," OPTION_ENVIRONMENT ",@]}", read_cors};

#define WORDS                                                                                      \
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":[\"string\","       \
    "\"null\"]}}]}"

const struct option_kind config_kind_origins = {"list of origins, or `\"*\"`", WORDS, read_origins};
const struct option_kind config_kind_cors_methods = {"list of methods", WORDS, read_methods};
const struct option_kind config_kind_cors_headers = {"list of header names, or `\"*\"`", WORDS,
                                                     read_headers};
const struct option_kind config_kind_cors_expose = {
    "list of header names", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", read_expose};
