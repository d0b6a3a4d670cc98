/* config_path.c - an endpoint's path: literals, {parameters}, and a tail
 *
 * Requests are matched on their raw path with the segments decoded after (wire/target.h), so a
 * literal is kept decoded; and what no request can have (empty and dot segments) is refused here,
 * where it would wait for ever.
 */
#include "config/config_internal.h"
#include "config/config_parameter.h"
#include "wire/target.h"

enum {
    PATH_MAX_BYTES = 4096,
    SEGMENTS_MAX = 64
};

struct path_reader {
    struct reading *r;
    const struct node *node;
    struct config_endpoint *endpoint;
    bool failed;
};

static void tell(struct path_reader *p, enum rule rule, size_t offset, const char *message)
{
    reading_complain(p->r, rule, node_place_in(p->r, p->node, offset), "%s", message);
    p->failed = true;
}

static bool is_dots(struct slice decoded)
{
    const char *end = memchr(decoded.at, ';', decoded.n);
    struct slice name = {decoded.at, end ? (size_t)(end - decoded.at) : decoded.n};
    return slice_equal(name, SLICE(".")) || slice_equal(name, SLICE(".."));
}

static void read_literal(struct path_reader *p, struct slice raw, size_t offset,
                         struct config_segment *out)
{
    static const char brace[] = "{}";
    for (size_t i = 0; i < raw.n; i++)
        if (memchr(brace, raw.at[i], 2)) {
            tell(p, RULE_PATH_PARAMETER, offset + i,
                 "a parameter is a whole segment of the path, as /products/{id}; split it off with "
                 "a slash");
            return;
        }
    const char *star = memchr(raw.at, '*', raw.n);
    if (star) {
        tell(p, RULE_PATH_TAIL, offset + (size_t)(star - raw.at),
             "'*' is a whole segment, the last one, as /img/*; write %2A for the character");
        return;
    }
    enum fault fault = target_decode(raw, false, &p->r->config->arena, &out->text);
    if (fault == FAULT_LIMIT)
        reading_end(p->r, p->node->place);
    else if (fault != FAULT_NONE)
        tell(p, RULE_PATH, offset,
             "this is not percent-encoded UTF-8; write two hexadecimal digits behind each '%'");
    if (fault != FAULT_NONE)
        return;
    if (is_dots(out->text))
        tell(p, RULE_PATH_DOTS, offset, "no request can have a dot segment; leave it out");
}

static void read_parameter(struct path_reader *p, struct slice name, size_t offset,
                           struct config_segment *out)
{
    struct node key = *p->node;
    key.place = node_place_in(p->r, p->node, offset);
    key.text = reading_copy(p->r, name);
    out->kind = CONFIG_PARAMETER;
    struct config_endpoint *e = p->endpoint;
    for (unsigned i = 0; i < e->n_parameters; i++) {
        if (!slice_equal(e->parameters[i].name, name))
            continue;
        out->parameter = i;
        tell(p, RULE_PATH_PARAMETER_TWICE, offset,
             "this parameter stands in the path twice; give each a name of its own");
        return;
    }
    if (!config_check_name(p->r, &key, "a parameter", false)) {
        p->failed = true;
        return;
    }
    struct config_parameter *parameter = config_add_parameter(p->r, e, &key, CONFIG_IN_PATH);
    if (!parameter)
        return;
    parameter->is_required = true;
    out->parameter = e->n_parameters - 1;
}

/* A last segment may be empty: /a/ is another path than /a. */
static void read_segment(struct path_reader *p, struct slice raw, size_t offset, bool is_last)
{
    struct config_endpoint *e = p->endpoint;
    struct config_segment *out = &e->segments[e->n_segments++];
    bool is_parameter =
        raw.n > 1 && raw.at[0] == '{' && memchr(raw.at, '}', raw.n) == raw.at + raw.n - 1;
    if (raw.n == 0 && !is_last)
        tell(p, RULE_PATH, offset, "no request can have '//'; leave one slash out");
    else if (slice_equal(raw, SLICE("*")) && is_last)
        out->kind = CONFIG_TAIL;
    else if (is_parameter)
        read_parameter(p, (struct slice){raw.at + 1, raw.n - 2}, offset + 1, out);
    else
        read_literal(p, raw, offset, out);
}

/* What no part of a path may hold; gives its offset, or the length. */
static size_t find_bad_byte(struct slice path)
{
    size_t i = 0;
    while (i < path.n && (unsigned char)path.at[i] > ' ' && path.at[i] != '?' &&
           path.at[i] != '#' && path.at[i] != '\\')
        i++;
    return i;
}

static bool check_text(struct path_reader *p)
{
    struct slice path = p->node->text;
    size_t bad = find_bad_byte(path);
    if (path.at[0] != '/')
        tell(p, RULE_PATH, 0, "a path begins with '/', as /products/{id}");
    else if (bad < path.n)
        tell(p, RULE_PATH, bad,
             path.at[bad] == '?' ? "a path has no query; declare its parameters under `query`"
                                 : "this character cannot stand in a path; percent-encode it");
    else if (path.n > PATH_MAX_BYTES)
        tell(p, RULE_PATH, 0, "a path is at most 4096 bytes long; shorten it");
    return !p->failed;
}

static size_t count_slashes(struct slice path)
{
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        n += path.at[i] == '/';
    return n;
}

/* Where the environment gives them they are text. */
static const struct reading_escape signs[] = {
    {'{', SLICE_INIT("%7B")}, {'}', SLICE_INIT("%7D")}, {'*', SLICE_INIT("%2A")}, {0, {0}}};

static void read_path(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_endpoint *e = object;
    (void)row;
    if (!option_line(r, value, "a path, as /products/{id}"))
        return;
    struct node path = *value;
    path.text = reading_escaped(r, value->text, signs);
    struct path_reader p = {.r = r, .node = &path, .endpoint = e};
    e->path = reading_copy(r, path.text);
    if (!check_text(&p))
        return;
    size_t n_segments = count_slashes(path.text);
    if (n_segments > SEGMENTS_MAX) {
        tell(&p, RULE_PATH, 0, "a path has at most 64 segments; shorten it");
        return;
    }
    e->segments = reading_keep(r, n_segments, sizeof *e->segments);
    size_t at = 1;
    while (at <= path.text.n) {
        struct slice rest = slice_after(path.text, at);
        const char *slash = memchr(rest.at, '/', rest.n);
        size_t n = slash ? (size_t)(slash - rest.at) : rest.n;
        read_segment(&p, (struct slice){rest.at, n}, at, !slash);
        at += n + 1;
    }
    if (p.failed)
        e->n_segments = 0; /* it takes no part in what compares routes */
}

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

static void read_method(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_endpoint *e = object;
    (void)row;
    if (!option_line(r, value, "a method"))
        return;
    for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++)
        if (slice_equal_nocase(value->text, slice_of(methods[i]))) {
            e->method = slice_of(methods[i]);
            return;
        }
    reading_complain(
        r, RULE_METHOD, value->place,
        "'%s' is not a method; it is one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        reading_show(r, value->text));
}

const struct option_kind config_kind_path = {
    "path", "{\"type\":\"string\",\"pattern\":\"^/|\\\\$\\\\{\"}", read_path};
const struct option_kind config_kind_method = {"method", "{\"type\":\"string\"}", read_method};
