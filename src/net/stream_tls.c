/* stream_tls.c - streams under TLS: OpenSSL on the stream's own descriptor
 *
 * Read-ahead lets one read(2) fetch a record with its header, and often several; what OpenSSL holds
 * after that is unknown to the poll, so has_more() tells of it. A write gathers slices into the
 * loop's one record buffer; repeated after STREAM_AGAIN it gathers the same bytes again, as
 * OpenSSL demands.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/stream_internal.h"

enum stream_tls_wants {
    OPENING_WANTS_WRITE = 1,
    READ_WANTS_WRITE = 2, /* an answer to a key update is on its way out */
    WRITE_WANTS_READ = 4,
    NEVER_AGAIN = 8, /* after a failure OpenSSL must not be asked to say goodbye */
    READ_FAILED = 16
};

enum {
    RECORDS_AT_MOST =
        32 /* in one write, so that a large answer delays nobody by more than 0.5 ms */
};

/* What SSL_get_error() says, as our own; crossed is the bit for waiting in the other direction. */
static enum stream_progress verdict(struct stream *s, int result, int native, unsigned crossed)
{
    s->tls_wants &= (unsigned char)~crossed;
    if (result > 0)
        return STREAM_DID;
    int error = SSL_get_error(s->ssl, result);
    if (error == native)
        return STREAM_AGAIN;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        s->tls_wants |= (unsigned char)crossed;
        return STREAM_AGAIN;
    }
    if (error == SSL_ERROR_ZERO_RETURN)
        return STREAM_AT_EOF;
    s->tls_wants |= NEVER_AGAIN;
    return STREAM_FAILED;
}

static enum stream_progress handshake(struct stream *s)
{
    ERR_clear_error();
    return verdict(s, SSL_do_handshake(s->ssl), SSL_ERROR_WANT_READ, OPENING_WANTS_WRITE);
}

/* The end is more too: it may have come with the last bytes, and then no poll tells of it. */
static bool has_more(const struct stream *s)
{
    return SSL_has_pending(s->ssl) || SSL_get_shutdown(s->ssl) & SSL_RECEIVED_SHUTDOWN ||
           s->tls_wants & READ_FAILED;
}

static enum stream_progress read_record(struct stream *s, struct stream_room room, size_t *n)
{
    *n = 0;
    if (s->tls_wants & READ_FAILED)
        return STREAM_FAILED;
    ERR_clear_error();
    int result = SSL_read_ex(s->ssl, room.at, room.n, n);
    enum stream_progress progress = verdict(s, result, SSL_ERROR_WANT_READ, READ_WANTS_WRITE);
    if (progress == STREAM_FAILED)
        s->tls_wants |= READ_FAILED;
    return progress;
}

/* As many records as there are and as there is room for. An end or a failure behind them is told
 * by the next call, which has_more() asks for. A truncated stream (no close_notify) is OpenSSL's
 * error "unexpected eof", not the end. */
static enum stream_progress read_tls(struct stream *s, struct stream_room room, size_t *n)
{
    enum stream_progress progress;
    size_t got = 0;
    do {
        size_t more;
        progress = read_record(s, (struct stream_room){room.at + got, room.n - got}, &more);
        got += more;
    } while (progress == STREAM_DID && got < room.n && SSL_has_pending(s->ssl));
    *n = got;
    return got > 0 ? STREAM_DID : progress;
}

/* The next bytes of the slices, at most a record of them: lying in one slice, or gathered. */
static struct slice next_record(struct stream *s)
{
    struct slice first = slice_after(s->slices[0], s->written);
    if (first.n >= LOOP_RECORD)
        return (struct slice){first.at, LOOP_RECORD};
    if (s->n_slices == 1)
        return first;
    char *record = loop_record(s->loop);
    size_t n = 0;
    for (unsigned i = 0; i < s->n_slices && n < LOOP_RECORD; i++) {
        struct slice part = i == 0 ? first : s->slices[i];
        size_t taken = part.n < LOOP_RECORD - n ? part.n : LOOP_RECORD - n;
        if (taken > 0)
            memcpy(record + n, part.at, taken);
        n += taken;
    }
    return (struct slice){record, n};
}

static enum stream_progress write_tls(struct stream *s)
{
    enum stream_progress progress = STREAM_DID;
    for (unsigned i = 0; i < RECORDS_AT_MOST && s->n_slices > 0 && progress == STREAM_DID; i++) {
        struct slice record = next_record(s);
        size_t n = 0;
        if (record.n > 0) {
            ERR_clear_error();
            int result = SSL_write_ex(s->ssl, record.at, record.n, &n);
            progress = verdict(s, result, SSL_ERROR_WANT_WRITE, WRITE_WANTS_READ);
        }
        if (progress == STREAM_DID)
            stream_move_on(s, n);
    }
    return progress == STREAM_AT_EOF ? STREAM_FAILED : progress;
}

static unsigned interest(const struct stream *s)
{
    if (s->state == STREAM_OPENING)
        return s->tls_wants & OPENING_WANTS_WRITE ? UV_WRITABLE : UV_READABLE;
    bool reads = !s->is_paused && !s->has_ended; /* otherwise the poll would tell it for ever */
    return (reads && s->tls_wants & READ_WANTS_WRITE ? UV_WRITABLE : 0U) |
           (s->tls_wants & WRITE_WANTS_READ ? UV_READABLE : 0U);
}

/* The close_notify; nobody waits for the peer's. It would lie where something is left to be
 * written. false: the kernel does not take it now. */
static bool say_goodbye(struct stream *s)
{
    bool is_said = true;
    ERR_clear_error();
    if (SSL_is_init_finished(s->ssl) && s->n_slices == 0 && !(s->tls_wants & NEVER_AGAIN)) {
        int result = SSL_shutdown(s->ssl);
        is_said = result >= 0 || SSL_get_error(s->ssl, result) != SSL_ERROR_WANT_WRITE;
    }
    ERR_clear_error();
    return is_said;
}

static enum stream_progress shutdown_tls(struct stream *s)
{
    if (!say_goodbye(s))
        return STREAM_AGAIN;
    shutdown(s->fd, SHUT_WR);
    return STREAM_DID;
}

static void done(struct stream *s)
{
    say_goodbye(s);
    SSL_free(s->ssl);
    s->ssl = NULL;
}

const struct stream_kind stream_tls = {
    .handshake = handshake,
    .read = read_tls,
    .write = write_tls,
    .has_more = has_more,
    .interest = interest,
    .shutdown = shutdown_tls,
    .done = done,
};

static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* Addresses are never sent as a server name (RFC 6066 section 3). */
static bool expect_server(SSL *ssl, const char *name)
{
    SSL_set_connect_state(ssl);
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

bool stream_tls_begin(struct stream *s, SSL_CTX *context, const char *server_name)
{
    ERR_clear_error();
    SSL *ssl = SSL_new(context);
    if (!ssl)
        return false;
    bool is_good = SSL_set_fd(ssl, s->fd) == 1;
    if (server_name)
        is_good = is_good && expect_server(ssl, server_name);
    else
        SSL_set_accept_state(ssl);
    if (!is_good) {
        SSL_free(ssl);
        return false;
    }
    s->ssl = ssl;
    s->kind = &stream_tls;
    return true;
}
