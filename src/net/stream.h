/* stream.h - a connected socket that owns its descriptor: read, gather-write, close
 *
 * Two kinds behind one interface: plain (readv/writev) and TLS (OpenSSL on the same descriptor).
 * The owner embeds the stream and says by handlers what happens:
 *
 * - reading is on from the start. When bytes are there, `room` is asked for memory, which is
 *   filled, and `on_read` gets what came (TLS may ask in vain). stream_pause() and stream_resume()
 *   switch reading. Paused, an accepted stream still tells by on_end that the peer left; one that
 *   we connected tells it when it is resumed and all that the peer sent has been read.
 * - stream_write() takes slices that must stay until on_written, which comes once they are all with
 *   the kernel, never inside stream_write(). One write at a time.
 * - stream_close() may be called at any time, twice as well; no handler but on_closed comes after
 *   it, and on_closed is the last: the memory may go then.
 *
 * One thread: the loop's. Buffers: none of its own when plain; TLS shares a record buffer a worker.
 */
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/fault.h"
#include "base/slice.h"
#include "net/loop.h"

enum {
    STREAM_MAX_SLICES = 64
};

enum stream_end {
    STREAM_EOF,    /* the peer ended the stream in order */
    STREAM_BROKEN, /* reset, a TLS failure, no route, ... */
};

struct stream;

struct stream_room {
    char *at;
    size_t n;
};

struct stream_handlers {
    /* Connected, the TLS handshake done. Also for accepted streams. */
    void (*on_open)(struct stream *s);
    /* Where the next bytes go: at least one byte. */
    struct stream_room (*room)(struct stream *s);
    void (*on_read)(struct stream *s, size_t n);
    void (*on_written)(struct stream *s);
    /* The peer left, or the stream broke; comes once. The owner closes; after STREAM_EOF it may
     * write before, and STREAM_BROKEN comes then where that fails. */
    void (*on_end)(struct stream *s, enum stream_end how);
    void (*on_closed)(struct stream *s);
};

struct stream_kind; /* plain or TLS */

struct stream {
    struct loop *loop;
    const struct stream_handlers *handlers;

    /* The implementation's own. */
    const struct stream_kind *kind;
    int fd;
    unsigned state;    /* enum stream_state of stream_internal.h */
    unsigned interest; /* UV_READABLE | ... as last told to the poll */
    unsigned due;      /* enum stream_due: what waits for its turn in the ready queue */
    bool is_accepted;
    bool is_polled; /* the poll handle is open */
    bool is_paused;
    bool is_failing; /* broken, but what came before that may still be read */
    bool is_shutting;
    bool is_parting;         /* the goodbye waits for room in the kernel */
    bool has_ended;          /* on_end has come */
    bool has_broken;         /* with STREAM_BROKEN */
    unsigned char tls_wants; /* enum stream_tls_wants of stream_tls.c */
    uv_poll_t poll;
    struct ready ready;
    const struct slice *slices; /* of the write under way; NULL where there is none */
    unsigned n_slices;
    size_t written; /* bytes of slices[0] already with the kernel */
    SSL *ssl;
};

/* Where to connect, and how. Looked at during stream_connect() only. */
struct stream_peer {
    const struct sockaddr *at;
    socklen_t n;
    SSL_CTX *tls;            /* NULL: plain */
    const char *server_name; /* TLS: a name or an address literal, sent and verified */
};

/* Takes over a connected, non-blocking descriptor (accept). With an SSL_CTX the stream is TLS,
 * server side. */
void stream_accept(struct stream *s, struct loop *l, int fd, SSL_CTX *tls,
                   const struct stream_handlers *h);
/* Begins to connect; on_open or on_end tells, never inside this call. */
void stream_connect(struct stream *s, struct loop *l, const struct stream_peer *to,
                    const struct stream_handlers *h);

/* n <= STREAM_MAX_SLICES; both the array and the bytes stay until on_written. On a stream that
 * broke nothing happens: on_end tells. */
void stream_write(struct stream *s, const struct slice *slices, unsigned n);
bool stream_is_writing(const struct stream *s);
/* Bytes that we have written and the peer has not taken, in the kernel's buffer or still here:
 * where the number falls, the peer reads. A system call; for a look now and then. */
size_t stream_n_untaken(const struct stream *s);
/* Has the peer said something, or left, of which we have read nothing yet? A system call. */
bool stream_has_unread(const struct stream *s);
/* Reads once in this turn, even if no poll has told of anything. */
void stream_read_once(struct stream *s);
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);
void stream_close(struct stream *s);
/* Ends our direction (close_notify, FIN) after the write under way, keeps reading. */
void stream_shutdown(struct stream *s);
/* Does that still wait for the peer to take what is before it? Closing now would lose it. */
bool stream_is_parting(const struct stream *s);
