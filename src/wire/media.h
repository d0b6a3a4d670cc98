/* media.h - what a Content-Type says about a body (RFC 9110 8.3)
 *
 * Pure. Type and subtype are compared in any case; of the parameters only charset counts.
 */
#pragma once

#include "base/slice.h"

enum media_kind {
    MEDIA_NONE, /* no Content-Type, or an empty one */
    MEDIA_JSON, /* application/json or anything with the suffix +json (RFC 6839) */
    MEDIA_XML,  /* application/xml, text/xml or anything with the suffix +xml (RFC 7303) */
    MEDIA_TEXT, /* text/plain */
    MEDIA_OTHER,
};

enum media_charset {
    MEDIA_NO_CHARSET, /* none is named */
    MEDIA_UTF8,       /* or US-ASCII, which is a part of it */
    MEDIA_LATIN1,     /* ISO-8859-1 */
    MEDIA_FOREIGN,
};

struct media {
    enum media_kind kind;
    enum media_charset charset;
};

/* The field's value; SLICE_NONE where there is none. What is no media type is MEDIA_OTHER. */
struct media media_of(struct slice content_type);
