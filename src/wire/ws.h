/* ws.h - the bytes of a WebSocket become messages, and messages get their heads (RFC 6455)
 *
 * A server's side, without extensions. Bytes are lent by ws_feed() and taken event by event until
 * WS_MORE; any way to cut them gives the same events. Fragments are put together into a blob that
 * grows as they come, so that an idle socket holds none. What breaks the protocol is WS_FAILED,
 * with the code to close with, and nothing is read behind it.
 *
 * Pure.
 */
#pragma once

#include <stdint.h>

#include "base/blob.h"
#include "base/fault.h"
#include "base/slice.h"

enum {
    WS_HEAD_MAX = 10,     /* bytes of a head without a mask, */
    WS_START_MAX = 14,    /* and of one with it */
    WS_CONTROL_MAX = 125, /* bytes of a control frame's payload (5.5) */
    WS_ACCEPT_SIZE = 28,  /* of Sec-WebSocket-Accept */
};

enum ws_code { /* 7.4.1 and its registry */
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL_ERROR = 1002,
    WS_UNSUPPORTED = 1003,
    WS_NO_STATUS = 1005, /* never sent: the Close frame was empty */
    WS_NOT_UTF8 = 1007,
    WS_TOO_BIG = 1009,
    WS_TRY_LATER = 1013,
};

enum ws_event {
    WS_MORE, /* all that was fed is taken */
    WS_TEXT, /* a whole message */
    WS_BINARY,
    WS_PING,
    WS_PONG,
    WS_CLOSE,
    WS_FAILED,
};

struct ws {
    struct slice payload; /* of the event, until the next call; a Close frame's reason */
    unsigned code;        /* of WS_CLOSE, as it came or WS_NO_STATUS; of WS_FAILED, to be sent */

    /* The implementation's own. */
    struct wslay_frame_context *frames;
    struct blob_pool *blobs;
    struct blob *message; /* NULL: none has bytes */
    struct slice input;
    uint64_t n_passing;                /* bytes of a payload that wslay has yet to be given */
    unsigned char start[WS_START_MAX]; /* of the frame before that, as far as it was */
    unsigned char n_start;
    struct slice head; /* of the frame that ws_head() is asked for */
    size_t limit;
    size_t n_checked; /* bytes of the message that are UTF-8 */
    uint64_t n_left;  /* of the frame's payload */
    unsigned opcode;  /* of the message; 0: none is open */
    unsigned char n_control;
    bool is_in_frame;
    bool is_done; /* the message was told by the last event */
    bool has_failed;
    char control[WS_CONTROL_MAX];
};

/* limit: the most bytes of a message. */
void ws_init(struct ws *w, size_t limit, struct blob_pool *blobs);
void ws_done(struct ws *w);
/* Only after WS_MORE, or first. */
void ws_feed(struct ws *w, struct slice bytes);
enum ws_event ws_read(struct ws *w) MUST_USE;

/* The head of a whole message or control frame of n bytes, right-aligned: its size. */
size_t ws_head(struct ws *w, enum ws_event kind, size_t n, char head[WS_HEAD_MAX]);
/* A Close frame's payload: the code, and a reason of at most WS_CONTROL_MAX - 2 bytes. Its size. */
size_t ws_close_payload(unsigned code, struct slice reason, char payload[WS_CONTROL_MAX]);

/* Is this a good Sec-WebSocket-Key: sixteen bytes in base64 (4.1)? */
bool ws_is_key(struct slice key);
/* What proves that the key was read (4.2.2). */
void ws_accept(struct slice key, char accept[WS_ACCEPT_SIZE]);
