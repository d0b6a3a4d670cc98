/* framing.h - how the parts of a progressive answer are told apart on the wire (CONTRACT 3.6)
 *
 * A framing writes pieces around what parts.h says: one table of functions a format.
 */
#pragma once

#include "gateway/parts.h"

/* The id of the last event of text/event-stream. */
#define FRAMING_DONE "done"

struct framing {
    struct slice content_type;
    struct slice ping;       /* says that the stream is alive, and nothing else; empty: others do */
    struct slice early_ping; /* the same before the first part */
    enum assemble_verdict (*first)(struct parts *p, struct assembly *a);
    /* number: counts the parts of this answer from 1. false: the arena is full. */
    bool (*part)(struct parts *p, unsigned source, unsigned number, struct assembly *a);
    bool (*done)(struct parts *p, struct assembly *a);
};

extern const struct framing framing_sse, framing_ndjson, framing_multipart, framing_multipart_v02;
/* Lines that are sent as a message each. */
extern const struct framing framing_websocket;
