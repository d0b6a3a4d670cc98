/* xml.h - an XML document as JSON (CONTRACT 3.3)
 *
 * Attributes become members "@name", text "#text" (mixed text is joined, white space alone between
 * two tags dropped), repeated elements arrays, an element with text alone a string, an empty one
 * "". Prefixes are kept. The root element is the one member of the result; members stand in the
 * order in which their names appear first. A DOCTYPE is refused, and with it every entity but the
 * five of XML itself. Encodings: UTF-8, US-ASCII and ISO-8859-1; UTF-16, which XML's processors
 * must know (XML 1.0 4.3.3), is refused, as that of an answer's other formats is.
 *
 * Pure. Memory: expat's own while it reads (about what the longest tag takes); the tree lies in a
 * scratch arena of the call.
 */
#pragma once

#include "base/buffer.h"
#include "base/fault.h"

struct xml_bounds {
    unsigned depth;    /* of the result's nested objects and arrays: what scan_json() is told */
    size_t tree_bytes; /* of memory while reading */
};

enum xml_verdict {
    XML_GOOD,
    XML_INVALID, /* not well-formed, a DOCTYPE, an encoding that we do not know */
    XML_TOO_DEEP,
    XML_TOO_LARGE, /* past tree_bytes, or past out's limit */
};

struct xml_result {
    enum xml_verdict verdict;
    unsigned long line; /* where it went wrong; 0: nowhere in particular */
    const char *why;    /* static text for people */
};

/* Appends the JSON. charset: of the Content-Type, empty where it says none; it wins over the
 * declaration (RFC 7303 3.2). */
struct xml_result xml_to_json(struct slice xml, struct slice charset,
                              const struct xml_bounds *bounds, struct buffer *out) MUST_USE;
