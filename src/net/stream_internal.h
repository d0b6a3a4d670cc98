/* stream_internal.h - what plain and TLS streams do differently, for the files of net/stream */
#pragma once

#include "net/stream.h"

enum stream_state {
    STREAM_CONNECTING,
    STREAM_OPENING, /* the kind's handshake */
    STREAM_OPEN,
    STREAM_CLOSED
};

enum stream_due {
    STREAM_DUE_OPEN = 1,
    STREAM_DUE_WRITTEN = 2,
    STREAM_DUE_READ = 4, /* bytes wait where no poll sees them */
    STREAM_DUE_END = 8   /* broken */
};

enum stream_progress {
    STREAM_DID, /* all that was asked for, or a part of it */
    STREAM_AGAIN,
    STREAM_AT_EOF,
    STREAM_FAILED
};

struct stream_kind {
    /* STREAM_DID: open. */
    enum stream_progress (*handshake)(struct stream *s);
    /* Up to room.n bytes; *n of them came where it did. */
    enum stream_progress (*read)(struct stream *s, struct stream_room room, size_t *n);
    /* Writes from the slices and moves on in them by stream_move_on(). */
    enum stream_progress (*write)(struct stream *s);
    /* Are there bytes of which no poll will tell? */
    bool (*has_more)(const struct stream *s);
    /* What it waits for besides what the stream itself wants: UV_READABLE | ... */
    unsigned (*interest)(const struct stream *s);
    /* Ends our direction. STREAM_AGAIN: the kernel has no room for the goodbye; to be called again.
     */
    enum stream_progress (*shutdown)(struct stream *s);
    void (*done)(struct stream *s);
};

extern const struct stream_kind stream_plain;
extern const struct stream_kind stream_tls;

/* n more bytes of the slices are with the kernel. */
void stream_move_on(struct stream *s, size_t n);
/* A fresh SSL on the descriptor; server_name NULL: the server's side. false: no memory, no name. */
bool stream_tls_begin(struct stream *s, SSL_CTX *context, const char *server_name) MUST_USE;
