/* service_format.c - JSON is looked at; XML, text and bytes become JSON */
#include "service/service_format.h"

#include "base/base64.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "json/scan.h"
#include "wire/xml.h"

enum {
    TREE_GROWTH =
        16 /* bytes of memory, at most, for each of a body that may still be read as XML */
};

static const enum config_format by_media[] = {
    [MEDIA_NONE] = CONFIG_FORMAT_JSON,     [MEDIA_JSON] = CONFIG_FORMAT_JSON,
    [MEDIA_XML] = CONFIG_FORMAT_XML,       [MEDIA_TEXT] = CONFIG_FORMAT_TEXT,
    [MEDIA_OTHER] = CONFIG_FORMAT_BY_TYPE,
};

struct service_format service_format_of(enum config_format declared, struct media media)
{
    struct service_format f = {.kind = declared, .charset = media.charset};
    if (declared == CONFIG_FORMAT_BY_TYPE)
        f.kind = by_media[media.kind];
    if (f.kind == CONFIG_FORMAT_BY_TYPE)
        f.refusal = SLICE("the answer's media type is neither JSON, XML nor plain text");
    else if (f.kind != CONFIG_FORMAT_BASE64 && media.charset == MEDIA_FOREIGN)
        f.refusal = SLICE("the answer's charset is neither UTF-8 nor ISO-8859-1");
    return f;
}

static struct service_format_value good(struct slice value)
{
    return (struct service_format_value){OUTCOME_OK, value};
}

static struct service_format_value invalid(struct slice detail)
{
    return (struct service_format_value){OUTCOME_INVALID, detail};
}

static struct service_format_value too_deep(const struct service_context *c, struct arena *arena)
{
    return invalid(
        arena_print(arena, "the answer is nested deeper than %u", c->bounds->json_depth));
}

static struct service_format_value no_memory(void)
{
    return (struct service_format_value){OUTCOME_OVERLOADED,
                                         SLICE("no memory is left for the answer")};
}

static struct slice bytes_of(const struct service_body *b)
{
    return (struct slice){b->at, b->n};
}

/* What was written anew takes the place of what came. */
static void replace(struct service_body *body, struct service_context *c,
                    const struct service_body *fresh)
{
    service_body_drop(body, c);
    *body = *fresh;
}

static size_t count_high(struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (unsigned char)s.at[i] >> 7;
    return n;
}

/* A byte of ISO-8859-1 is the code point of that number. false: no memory. */
static bool read_latin1(struct service_body *body, struct service_context *c, struct arena *arena)
{
    struct service_body fresh;
    size_t n_high = count_high(bytes_of(body));
    if (n_high == 0)
        return true;
    if (!service_body_make(&fresh, c, arena, body->n + n_high))
        return false;
    char *to = fresh.at;
    for (size_t i = 0; i < body->n; i++)
        to += utf8_put(to, (unsigned char)body->at[i]);
    replace(body, c, &fresh);
    return true;
}

static struct service_format_value read_json(struct service_body *body,
                                             const struct service_context *c, struct arena *arena)
{
    struct scan_result scanned = scan_json(bytes_of(body), c->bounds->json_depth);
    switch (scanned.verdict) {
    case SCAN_OK:
        break;
    case SCAN_EMPTY:
        return invalid(SLICE("the answer is white space alone"));
    case SCAN_INVALID:
        return invalid(SLICE("the answer is not JSON"));
    case SCAN_TOO_DEEP:
        return too_deep(c, arena);
    }
    return good(scanned.value);
}

static bool is_utf8(struct slice s)
{
    while (s.n) {
        struct utf8_step step = utf8_step(s);
        if (!step.is_wellformed)
            return false;
        s = slice_after(s, step.n);
    }
    return true;
}

static struct service_format_value read_text(struct service_body *body, struct service_context *c,
                                             struct arena *arena)
{
    struct service_body fresh;
    if (!is_utf8(bytes_of(body)))
        return invalid(SLICE("the answer is not UTF-8"));
    size_t n = quote_json_size(bytes_of(body));
    if (!service_body_make(&fresh, c, arena, n))
        return no_memory();
    quote_json_into(fresh.at, bytes_of(body));
    replace(body, c, &fresh);
    return good(bytes_of(body));
}

static struct service_format_value read_base64(struct service_body *body, struct service_context *c,
                                               struct arena *arena)
{
    struct service_body fresh;
    if (!service_body_make(&fresh, c, arena, base64_size(body->n) + 2))
        return no_memory();
    fresh.at[0] = fresh.at[fresh.n - 1] = '"';
    base64_into(fresh.at + 1, bytes_of(body));
    replace(body, c, &fresh);
    return good(bytes_of(body));
}

static struct service_format_value not_xml(const struct xml_result *r,
                                           const struct service_context *c, struct arena *arena)
{
    switch (r->verdict) {
    case XML_GOOD:
    case XML_INVALID:
        break;
    case XML_TOO_DEEP:
        return too_deep(c, arena);
    case XML_TOO_LARGE:
        return (struct service_format_value){OUTCOME_TOO_LARGE,
                                             SLICE("the answer is too large as JSON")};
    }
    return invalid(arena_print(arena, "the answer is not XML: line %lu: %s", r->line, r->why));
}

/* The charset that the head names wins over what the document says of itself (RFC 7303 3.2). */
static struct slice charset_name(enum media_charset charset)
{
    if (charset == MEDIA_NO_CHARSET)
        return SLICE_NONE;
    return charset == MEDIA_LATIN1 ? SLICE("ISO-8859-1") : SLICE("UTF-8");
}

static struct service_format_value keep(struct service_body *body, struct service_context *c,
                                        struct arena *arena, struct slice json)
{
    struct service_body fresh;
    if (!service_body_make(&fresh, c, arena, json.n))
        return no_memory();
    memcpy(fresh.at, json.at, json.n);
    replace(body, c, &fresh);
    return good(bytes_of(body));
}

static struct service_format_value read_xml(const struct service_format *f,
                                            struct service_body *body, struct service_context *c,
                                            struct arena *arena)
{
    size_t limit = c->bounds->response_body;
    size_t memory = service_memory_left(c);
    size_t wanted = limit < SIZE_MAX / TREE_GROWTH ? limit * TREE_GROWTH : SIZE_MAX;
    const struct xml_bounds bounds = {
        .depth = c->bounds->json_depth,
        .tree_bytes = wanted < memory ? wanted : memory,
    };
    struct buffer json;
    buffer_init(&json, limit);
    struct xml_result r = xml_to_json(bytes_of(body), charset_name(f->charset), &bounds, &json);
    struct service_format_value value =
        r.verdict == XML_GOOD ? keep(body, c, arena, buffer_slice(&json)) : not_xml(&r, c, arena);
    buffer_done(&json);
    return value;
}

struct service_format_value service_format_read(const struct service_format *f,
                                                struct service_body *body,
                                                struct service_context *c, struct arena *arena)
{
    bool is_converted = f->charset == MEDIA_LATIN1 &&
                        (f->kind == CONFIG_FORMAT_JSON || f->kind == CONFIG_FORMAT_TEXT);
    if (is_converted && !read_latin1(body, c, arena))
        return no_memory();
    switch (f->kind) {
    case CONFIG_FORMAT_BY_TYPE: /* has a refusal */
    case CONFIG_FORMAT_JSON:
        break;
    case CONFIG_FORMAT_XML:
        return read_xml(f, body, c, arena);
    case CONFIG_FORMAT_TEXT:
        return read_text(body, c, arena);
    case CONFIG_FORMAT_BASE64:
        return read_base64(body, c, arena);
    }
    return read_json(body, c, arena);
}
