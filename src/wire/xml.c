/* xml.c - expat reads, the tree gathers, and then it is written */
#include "wire/xml.h"

#include <expat.h>
#include <limits.h>

#include "base/check.h"
#include "wire/xml_tree.h"

enum {
    CHARSET_MAX = 32
};

struct reading {
    XML_Parser parser;
    const struct xml_bounds *bounds;
    struct xml_tree tree;
    struct xml_result result;
};

/* Newer ones of the library count by 64 bits on every machine and warn of the other. */
static unsigned long line_of(XML_Parser parser)
{
#ifdef EXPAT_HAS_LINE_64
    return (unsigned long)XML_GetCurrentLineNumber64(parser);
#else
    return (unsigned long)XML_GetCurrentLineNumber(parser);
#endif
}

/* expat may bring a few more events of the same token after that. */
static void stop(struct reading *r, enum xml_verdict verdict, const char *why)
{
    r->result = (struct xml_result){verdict, line_of(r->parser), why};
    XML_StopParser(r->parser, XML_FALSE);
}

static bool is_over(const struct reading *r)
{
    return r->result.verdict != XML_GOOD;
}

static void stop_unless(struct reading *r, bool has_room)
{
    if (!has_room)
        stop(r, XML_TOO_LARGE, "too much memory is needed for it");
}

/* Each level of elements is one of the result's at least. */
static void on_begin(void *context, const char *name, const char **attributes)
{
    struct reading *r = context;
    if (is_over(r))
        return;
    if (r->tree.depth == r->bounds->depth)
        stop(r, XML_TOO_DEEP, "elements are nested too deep");
    else
        stop_unless(r, xml_tree_begin(&r->tree, name, (const char *const *)attributes));
}

static void on_end(void *context, const char *name)
{
    struct reading *r = context;
    (void)name;
    if (!is_over(r))
        stop_unless(r, xml_tree_end(&r->tree));
}

static void on_text(void *context, const char *at, int n)
{
    struct reading *r = context;
    if (!is_over(r))
        stop_unless(r, xml_tree_text(&r->tree, (struct slice){at, (size_t)n}));
}

/* Before any of its declarations is looked at. */
static void on_doctype(void *context, const char *name, const char *system_id,
                       const char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    stop(context, XML_INVALID, "a DOCTYPE is not accepted");
}

static void parse(struct reading *r, struct slice xml)
{
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    enum XML_Status status = XML_Parse(r->parser, xml.at, (int)xml.n, XML_TRUE);
    if (status != XML_STATUS_OK && !is_over(r))
        r->result = (struct xml_result){XML_INVALID, line_of(r->parser),
                                        XML_ErrorString(XML_GetErrorCode(r->parser))};
}

static void write_result(struct reading *r, struct buffer *out)
{
    size_t before = out->n;
    switch (xml_tree_write(&r->tree, r->bounds->depth, out)) {
    case XML_WRITTEN:
        return;
    case XML_WRITTEN_TOO_DEEP:
        r->result = (struct xml_result){XML_TOO_DEEP, 0, "elements are nested too deep"};
        break;
    case XML_WRITTEN_TOO_MUCH:
        r->result = (struct xml_result){XML_TOO_LARGE, 0, "it is too large as JSON"};
        break;
    }
    out->n = before;
}

/* expat believes the first bytes, whatever the head says: a byte order mark, or one byte of NUL for
 * one of text, which no document of bytes begins with. */
static bool is_utf16(struct slice xml)
{
    return slice_starts(xml, SLICE("\xff\xfe")) || slice_starts(xml, SLICE("\xfe\xff")) ||
           (xml.n >= 2 && (!xml.at[0] || !xml.at[1]));
}

struct xml_result xml_to_json(struct slice xml, struct slice charset,
                              const struct xml_bounds *bounds, struct buffer *out)
{
    char encoding[CHARSET_MAX] = "";
    if (xml.n > INT_MAX)
        return (struct xml_result){XML_TOO_LARGE, 0, "it is too large"};
    if (charset.n >= sizeof encoding || is_utf16(xml))
        return (struct xml_result){XML_INVALID, 1, "unknown encoding"};
    if (charset.n)
        memcpy(encoding, charset.at, charset.n);
    struct reading r = {.bounds = bounds};
    r.parser = XML_ParserCreate(charset.n ? encoding : NULL);
    CHECK(r.parser);
    xml_tree_init(&r.tree, bounds->tree_bytes);
    parse(&r, xml);
    if (!is_over(&r))
        write_result(&r, out);
    xml_tree_done(&r.tree);
    XML_ParserFree(r.parser);
    return r.result;
}
