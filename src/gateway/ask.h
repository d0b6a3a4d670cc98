/* ask.h - a message of a WebSocket's client, and the target that it asks for (CONTRACT 3.6)
 *
 *   {"id": 1, "fields": "...", "params": {"id": "7"}}      {"cancel": 1}
 *
 * An ask is the request of the handshake once more. Its params take the place of those of the URL,
 * name by name, in the path too: strings stand as they would in a query (a list is split at its
 * commas), arrays are lists, null takes a parameter away.
 *
 * Pure; slices into the message or the arena.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"

enum {
    ASK_ID_MAX = 256,   /* bytes of an id's JSON text */
    ASK_PARAMS_MAX = 64 /* names */
};

struct ask {
    struct slice id;     /* JSON text of a string or a number; empty: none */
    struct slice cancel; /* the same, of the one to be cancelled; empty: it is a question */
    struct slice fields; /* a JSON string; empty: as in the URL */
    struct slice params; /* a JSON object; empty: as in the URL */
};

/* The id is there, where it can be, even if something else is wrong. false: *why is a sentence. */
bool ask_read(struct slice text, unsigned max_depth, struct ask *out, const char **why) MUST_USE;

/* What it is asked again with. */
struct ask_handshake {
    const struct config_endpoint *endpoint; /* that the target matches */
    struct slice target;
    size_t limit; /* bytes that a target may have */
};

/* The target that this asks for. A status to refuse it with and *why, or 0. */
unsigned ask_target(const struct ask *a, const struct ask_handshake *of, struct arena *arena,
                    struct slice *out, const char **why) MUST_USE;
