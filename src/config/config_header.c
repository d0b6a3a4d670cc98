/* config_header.c - names and values of header fields that a configuration speaks of
 *
 * Names are kept in lower case. What would break framing, or say twice what the gateway says, is
 * refused where it is asked for, and not dropped silently on the way.
 */
#include "config/config_internal.h"
#include "wire/token.h"

/* Fields that belong to one connection or to one message's framing (RFC 9110 7.6.1), and those that
 * the gateway writes itself. */
static const struct {
    const char *name;
    bool with[4]; /* refused in: forward, set_headers, return_headers and response_headers, headers
                   */
    const char *instead;
} refused[] = {
    {"connection", {true, true, true, false}, "it belongs to each connection"},
    {"keep-alive", {true, true, true, false}, "it belongs to each connection"},
    {"proxy-connection", {true, true, true, false}, "it belongs to each connection"},
    {"proxy-authenticate", {true, true, true, false}, "it belongs to each connection"},
    {"proxy-authorization", {true, true, true, false}, "it belongs to each connection"},
    {"te", {true, true, true, false}, "it belongs to each connection"},
    {"trailer", {true, true, true, false}, "it belongs to each connection"},
    {"transfer-encoding", {true, true, true, false}, "it belongs to each connection"},
    {"upgrade", {true, true, true, false}, "it belongs to each connection"},
    {"expect", {true, true, true, false}, "it belongs to each connection"},
    {"content-length", {true, true, true, false}, "each message has its own"},
    {"content-encoding", {false, false, true, false}, "the answer is written anew"},
    {"content-type", {false, false, true, false}, "the answer is written anew, as JSON"},
    {"content-range", {false, false, true, false}, "the answer is written anew"},
    {"date", {false, false, true, false}, "the gateway writes it"},
    {"sheaf-complete", {false, false, true, false}, "the gateway writes it"},
    {"host", {true, true, true, false}, "give the service a `host:`"},
    {"x-forwarded-for", {true, true, false, false}, "the gateway writes it, see `trusted_proxies`"},
    {"x-forwarded-proto",
     {true, true, false, false},
     "the gateway writes it, see `trusted_proxies`"},
    {"x-forwarded-host",
     {true, true, false, false},
     "the gateway writes it, see `trusted_proxies`"},
    {"x-request-timeout-ms",
     {true, true, false, false},
     "the gateway writes what is left of the time"},
    {"accept-encoding",
     {true, false, false, false},
     "it is between the gateway and each side; ask by `set_headers: {accept-encoding: gzip}`"},
    {"x-request-id", {false, true, true, false}, "the gateway passes it on or makes it"},
    {"traceparent", {false, true, false, false}, "the gateway passes it on or makes it"},
    {"tracestate", {false, true, false, false}, "the gateway passes it on"},
};

bool config_read_header_name(struct reading *r, const struct node *name, enum config_header_use use,
                             struct slice *out)
{
    if (!option_line(r, name, "the name of a header"))
        return false;
    if (!token_is(name->text) || name->text.n > 256 || node_is(name, "*")) {
        reading_complain(r, RULE_HEADER, name->place,
                         "'%s' cannot name a header; write it as accept-language",
                         reading_show(r, name->text));
        return false;
    }
    char *lower = reading_keep(r, name->text.n + 1, 1);
    for (size_t i = 0; i < name->text.n; i++) {
        char c = name->text.at[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    *out = (struct slice){lower, name->text.n};
    reading_mask_copy(r, name->text, *out, 0);
    for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (!refused[i].with[use] || !slice_equal(*out, slice_of(refused[i].name)))
            continue;
        reading_complain(r, RULE_HEADER_OURS, name->place, "'%s' cannot stand here; %s",
                         refused[i].name, refused[i].instead);
        return false;
    }
    return true;
}

bool config_check_header_value(struct reading *r, const struct node *value)
{
    if (!option_scalar(r, value, "the value of a header"))
        return false;
    if (token_is_value(value->text))
        return true;
    reading_complain(
        r, RULE_HEADER_VALUE, value->place,
        "a header's value is one line without control characters; leave line breaks out");
    return false;
}

static bool is_among(struct slice name, const struct slice *names, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (slice_equal(names[i], name))
            return true;
    return false;
}

/* The gateway passes these on to every service, named or not. */
static bool goes_anyway(struct slice name)
{
    return slice_equal(name, SLICE("traceparent")) || slice_equal(name, SLICE("tracestate")) ||
           slice_equal(name, SLICE("x-request-id"));
}

unsigned config_read_header_names(struct reading *r, const struct node *value,
                                  enum config_header_use use, struct slice **out)
{
    unsigned n = 0;
    if (!option_list(r, value, "names of headers are a list, as [accept-language]"))
        return 0;
    if (value->n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu headers; name at most %d",
                         value->n, CONFIG_MAX_ITEMS);
        return 0;
    }
    *out = reading_keep(r, value->n, sizeof **out);
    for (size_t i = 0; i < value->n; i++) {
        struct slice name = SLICE_NONE;
        if (!config_read_header_name(r, value->items[i], use, &name))
            continue;
        if (is_among(name, *out, n))
            reading_complain(r, RULE_HEADER_TWICE, value->items[i]->place,
                             "'%s' is named twice; once is enough", reading_show(r, name));
        else if (use != CONFIG_HEADER_FORWARD || !goes_anyway(name))
            (*out)[n++] = name;
    }
    return n;
}

static void read_forward(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_source *s = object;
    (void)row;
    s->n_forward = config_read_header_names(r, value, CONFIG_HEADER_FORWARD, &s->forward);
}

static void read_return_headers(struct reading *r, const struct option *row, struct node *value,
                                void *object)
{
    struct config_source *s = object;
    (void)row;
    s->n_return_headers =
        config_read_header_names(r, value, CONFIG_HEADER_RETURN, &s->return_headers);
}

/* Names that differ in case alone are one (RFC 9110 5.1). */
static bool is_new_name(struct reading *r, const struct node *map, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (!slice_equal_nocase(map->pairs[k].key->text, map->pairs[i].key->text))
            continue;
        reading_complain(r, RULE_HEADER_TWICE, map->pairs[i].key->place,
                         "'%s' is given twice; headers' names are the same in either case",
                         reading_show(r, map->pairs[i].key->text));
        return false;
    }
    return true;
}

/* How many fields a map has; 0 and told where it is none or holds too many. */
static size_t n_fields(struct reading *r, const struct node *value)
{
    if (!option_map(r, value, "headers are a map, as x-frame-options: DENY") ||
        value->kind != NODE_MAP)
        return 0;
    if (value->n <= CONFIG_MAX_ITEMS)
        return value->n;
    reading_complain(r, RULE_MANY, value->place, "these are %zu headers; give at most %d", value->n,
                     CONFIG_MAX_ITEMS);
    return 0;
}

bool config_header_is_set(const struct config_source *s, struct slice name)
{
    for (unsigned i = 0; i < s->n_set_headers; i++)
        if (slice_equal_nocase(s->set_headers[i].name, name))
            return true;
    return false;
}

static void read_set_headers(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    struct config_source *s = object;
    (void)row;
    size_t n = n_fields(r, value);
    s->set_headers = reading_keep(r, n, sizeof *s->set_headers);
    for (size_t i = 0; i < n; i++) {
        struct config_set_header *header = &s->set_headers[s->n_set_headers];
        bool is_good =
            config_read_header_name(r, value->pairs[i].key, CONFIG_HEADER_SET, &header->name);
        is_good &= config_check_header_value(r, value->pairs[i].value);
        if (is_good && is_new_name(r, value, i) &&
            config_read_text_template(r, value->pairs[i].value, &header->value))
            s->n_set_headers++;
    }
}

unsigned config_read_header_fields(struct reading *r, const struct node *value,
                                   enum config_header_use use, struct config_field **out)
{
    size_t n = n_fields(r, value);
    unsigned n_good = 0;
    *out = reading_keep(r, n, sizeof **out);
    for (size_t i = 0; i < n; i++) {
        struct config_field *field = &(*out)[n_good];
        bool is_good = config_read_header_name(r, value->pairs[i].key, use, &field->name);
        is_good &= config_check_header_value(r, value->pairs[i].value);
        if (!is_good || !is_new_name(r, value, i))
            continue;
        field->value = reading_copy(r, token_trim(value->pairs[i].value->text));
        n_good++;
    }
    return n_good;
}

static void read_response_headers(struct reading *r, const struct option *row, struct node *value,
                                  void *object)
{
    struct config_endpoint *e = object;
    (void)row;
    e->n_response_headers =
        config_read_header_fields(r, value, CONFIG_HEADER_RETURN, &e->response_headers);
}

const struct option_kind config_kind_forward = {
    "list of header names", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", read_forward};
const struct option_kind config_kind_return_headers = {
    "list of header names", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}",
    read_return_headers};
const struct option_kind config_kind_set_headers = {
    "map of header names and texts with variables",
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}",
    read_set_headers};
const struct option_kind config_kind_response_headers = {
    "map of header names and texts",
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}",
    read_response_headers};
