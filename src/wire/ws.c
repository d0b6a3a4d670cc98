/* ws.c - wslay takes frames apart; here they become messages, checked as RFC 6455 asks */
#include "wire/ws.h"

#include <openssl/evp.h>
#include <wslay/wslay.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/utf8.h"

enum {
    FIRST_MESSAGE = 512, /* bytes */
    KEY_SIZE = 24,       /* in base64, padded */
    RSV = 0x70,          /* of a head's first byte */
    OPCODE = 0x0f,
    MASKED = 0x80, /* of its second byte, as: */
    LENGTH = 0x7f,
    LENGTH_16 = 126, /* the length is in the next two bytes, or eight */
    LENGTH_64 = 127,
};

/* The lengths in a head (5.2), of which the first two bytes are there. */
static unsigned length_size(const unsigned char *start)
{
    switch (start[1] & LENGTH) {
    case LENGTH_16:
        return 2;
    case LENGTH_64:
        return 8;
    default:
        return 0;
    }
}

static unsigned start_size(const unsigned char *start)
{
    return 2 + length_size(start) + (start[1] & MASKED ? 4 : 0);
}

static uint64_t payload_length(const unsigned char *start)
{
    unsigned n = length_size(start);
    uint64_t length = n ? 0 : start[1] & LENGTH;
    for (unsigned i = 0; i < n; i++)
        length = length << 8 | start[2 + i];
    return length;
}

/* wslay says nothing of a frame before the first byte of its payload; who follows what it is given
 * knows the head by then. */
static void follow(struct ws *w, struct slice bytes)
{
    while (bytes.n) {
        size_t n = 1;
        if (w->n_passing) {
            n = w->n_passing < bytes.n ? (size_t)w->n_passing : bytes.n;
            w->n_passing -= n;
        } else {
            w->start[w->n_start++] = (unsigned char)*bytes.at;
            if (w->n_start > 1 && w->n_start == start_size(w->start)) {
                w->n_passing = payload_length(w->start);
                w->n_start = 0;
            }
        }
        bytes = slice_after(bytes, n);
    }
}

static ssize_t give_input(uint8_t *to, size_t n, int flags, void *user_data)
{
    struct ws *w = user_data;
    (void)flags;
    size_t size = n < w->input.n ? n : w->input.n;
    if (size == 0)
        return -1;
    memcpy(to, w->input.at, size);
    follow(w, (struct slice){w->input.at, size});
    w->input = slice_after(w->input, size);
    return (ssize_t)size;
}

/* The head comes first; the payload behind it goes its own way. */
static ssize_t keep_head(const uint8_t *bytes, size_t n, int flags, void *user_data)
{
    struct ws *w = user_data;
    (void)flags;
    if (!w->head.at)
        w->head = (struct slice){(const char *)bytes, n};
    return (ssize_t)n;
}

static const struct wslay_frame_callbacks callbacks = {
    .send_callback = keep_head,
    .recv_callback = give_input,
};

void ws_init(struct ws *w, size_t limit, struct blob_pool *blobs)
{
    *w = (struct ws){.limit = limit, .blobs = blobs};
    CHECK(wslay_frame_context_init(&w->frames, &callbacks, w) == 0);
}

static void drop_message(struct ws *w)
{
    if (w->message)
        blob_release(w->blobs, w->message);
    w->message = NULL;
    w->n_checked = 0;
    w->opcode = 0;
    w->is_done = false;
}

void ws_done(struct ws *w)
{
    drop_message(w);
    wslay_frame_context_free(w->frames);
}

void ws_feed(struct ws *w, struct slice bytes)
{
    w->input = bytes;
}

static enum ws_event fail(struct ws *w, unsigned code)
{
    drop_message(w);
    w->has_failed = true;
    w->payload = SLICE_NONE;
    w->code = code;
    return WS_FAILED;
}

static struct slice message_of(const struct ws *w)
{
    return w->message ? blob_slice(w->message) : SLICE("");
}

/* What forbids a frame that begins so; 0: nothing. Lengths are wslay's business but for ours. */
static unsigned refusal_of(const struct ws *w, const struct wslay_frame_iocb *f)
{
    if (f->rsv || !f->mask)
        return WS_PROTOCOL_ERROR;
    switch (f->opcode) {
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
        return 0;
    case WSLAY_CONTINUATION_FRAME:
        if (!w->opcode)
            return WS_PROTOCOL_ERROR;
        break;
    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME:
        if (w->opcode)
            return WS_PROTOCOL_ERROR;
        break;
    default:
        return WS_PROTOCOL_ERROR;
    }
    return f->payload_length > w->limit - message_of(w).n ? WS_TOO_BIG : 0;
}

/* Grows with what has come, never on the word of a length. */
static void append(struct ws *w, struct slice bytes)
{
    size_t n = message_of(w).n;
    size_t size = 2 * n > n + bytes.n ? 2 * n : n + bytes.n;
    if (bytes.n == 0)
        return;
    if (!w->message)
        w->message = blob_take(w->blobs, size > FIRST_MESSAGE ? size : FIRST_MESSAGE);
    else if (w->message->capacity - n < bytes.n)
        w->message = blob_take_grown(w->blobs, w->message, size);
    memcpy(w->message->at + n, bytes.at, bytes.n);
    w->message->n = n + bytes.n;
}

static void begin_frame(struct ws *w, const struct wslay_frame_iocb *f)
{
    w->is_in_frame = true;
    w->n_left = f->payload_length;
    w->n_control = 0;
    if (f->opcode == WSLAY_TEXT_FRAME || f->opcode == WSLAY_BINARY_FRAME)
        w->opcode = f->opcode;
}

static void take_payload(struct ws *w, const struct wslay_frame_iocb *f)
{
    struct slice bytes = {(const char *)f->data, f->data_length};
    w->n_left -= bytes.n;
    if (!wslay_is_ctrl_frame(f->opcode)) {
        append(w, bytes);
        return;
    }
    CHECK(bytes.n <= (size_t)(WS_CONTROL_MAX - w->n_control));
    if (bytes.n)
        memcpy(w->control + w->n_control, bytes.at, bytes.n);
    w->n_control = (unsigned char)(w->n_control + bytes.n);
}

/* Goes on at *at; a sequence that the end cuts may go on in the next fragment. */
static bool is_utf8(struct slice text, size_t *at, bool is_whole)
{
    while (*at < text.n) {
        struct utf8_step step = utf8_step(slice_after(text, *at));
        if (!step.is_wellformed)
            return !is_whole && *at + step.n == text.n;
        *at += step.n;
    }
    return true;
}

/* Those of the registry that may be sent (7.4.1, 7.4.2). */
static bool is_good_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static enum ws_event end_close(struct ws *w)
{
    const unsigned char *bytes = (const unsigned char *)w->control;
    size_t at = 0;
    w->code = WS_NO_STATUS;
    if (w->n_control == 0)
        return WS_CLOSE;
    w->code = w->n_control > 1 ? (unsigned)bytes[0] << 8 | bytes[1] : 0;
    if (!is_good_code(w->code))
        return fail(w, WS_PROTOCOL_ERROR);
    w->payload = slice_after(w->payload, 2);
    return is_utf8(w->payload, &at, true) ? WS_CLOSE : fail(w, WS_NOT_UTF8);
}

static enum ws_event end_control(struct ws *w, unsigned opcode)
{
    w->payload = (struct slice){w->control, w->n_control};
    if (opcode == WSLAY_CONNECTION_CLOSE)
        return end_close(w);
    return opcode == WSLAY_PING ? WS_PING : WS_PONG;
}

static enum ws_event end_data(struct ws *w, bool is_last)
{
    if (w->opcode == WSLAY_TEXT_FRAME && !is_utf8(message_of(w), &w->n_checked, is_last))
        return fail(w, WS_NOT_UTF8);
    if (!is_last)
        return WS_MORE;
    w->is_done = true;
    w->payload = message_of(w);
    return w->opcode == WSLAY_TEXT_FRAME ? WS_TEXT : WS_BINARY;
}

/* Some of a frame; WS_MORE where that is no event. */
static enum ws_event take(struct ws *w, const struct wslay_frame_iocb *f)
{
    unsigned refusal = w->is_in_frame ? 0 : refusal_of(w, f);
    if (refusal)
        return fail(w, refusal);
    if (!w->is_in_frame)
        begin_frame(w, f);
    take_payload(w, f);
    if (w->n_left)
        return WS_MORE;
    w->is_in_frame = false;
    return wslay_is_ctrl_frame(f->opcode) ? end_control(w, f->opcode) : end_data(w, f->fin);
}

/* All that was fed is taken. Is there the head of a frame, and nothing behind it, that forbids it?
 */
static enum ws_event look_at_start(struct ws *w)
{
    const struct wslay_frame_iocb f = {
        .rsv = w->start[0] & RSV,
        .opcode = w->start[0] & OPCODE,
        .mask = w->start[1] & MASKED,
        .payload_length = w->n_passing,
    };
    unsigned refusal = !w->is_in_frame && w->n_passing ? refusal_of(w, &f) : 0;
    return refusal ? fail(w, refusal) : WS_MORE;
}

enum ws_event ws_read(struct ws *w)
{
    if (w->is_done)
        drop_message(w);
    while (!w->has_failed) {
        struct wslay_frame_iocb f = {0};
        ssize_t n = wslay_frame_recv(w->frames, &f);
        if (n < 0)
            return n == WSLAY_ERR_WANT_READ ? look_at_start(w) : fail(w, WS_PROTOCOL_ERROR);
        enum ws_event event = take(w, &f);
        if (event != WS_MORE)
            return event;
    }
    return WS_MORE;
}

size_t ws_head(struct ws *w, enum ws_event kind, size_t n, char head[WS_HEAD_MAX])
{
    static const uint8_t opcodes[] = {
        [WS_TEXT] = WSLAY_TEXT_FRAME, [WS_BINARY] = WSLAY_BINARY_FRAME,    [WS_PING] = WSLAY_PING,
        [WS_PONG] = WSLAY_PONG,       [WS_CLOSE] = WSLAY_CONNECTION_CLOSE,
    };
    static const uint8_t nothing;
    struct wslay_frame_iocb f = {
        .fin = 1, .opcode = opcodes[kind], .payload_length = n, .data = &nothing, .data_length = n};
    w->head = SLICE_NONE;
    CHECK(wslay_frame_send(w->frames, &f) >= 0 && w->head.at && w->head.n <= WS_HEAD_MAX);
    memcpy(head + WS_HEAD_MAX - w->head.n, w->head.at, w->head.n);
    return w->head.n;
}

size_t ws_close_payload(unsigned code, struct slice reason, char payload[WS_CONTROL_MAX])
{
    if (code == WS_NO_STATUS)
        return 0;
    CHECK(reason.n <= WS_CONTROL_MAX - 2);
    payload[0] = (char)(code >> 8);
    payload[1] = (char)(code & 255);
    if (reason.n)
        memcpy(payload + 2, reason.at, reason.n);
    return 2 + reason.n;
}

bool ws_is_key(struct slice key)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct slice digits = {key.at, key.n == KEY_SIZE ? KEY_SIZE - 2 : 0};
    for (size_t i = 0; i < digits.n; i++)
        if (!memchr(alphabet, digits.at[i], sizeof alphabet - 1))
            return false;
    return digits.n && slice_equal(slice_after(key, digits.n), SLICE("=="));
}

void ws_accept(struct slice key, char accept[WS_ACCEPT_SIZE])
{
    static const struct slice salt = SLICE_INIT("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    char text[KEY_SIZE + 36];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n;
    CHECK(key.n == KEY_SIZE && salt.n == sizeof text - KEY_SIZE);
    memcpy(mempcpy(text, key.at, key.n), salt.at, salt.n);
    CHECK(EVP_Digest(text, sizeof text, digest, &n, EVP_sha1(), NULL) == 1);
    CHECK(base64_into(accept, (struct slice){(const char *)digest, n}) == WS_ACCEPT_SIZE);
}
