/* connection_head.c - the head of an answer (RFC 9112 4 and 6), contiguous, by memcpy alone */
#include "base/put.h"
#include "http/connection.h"
#include "wire/status.h"

enum {
    LINE_MAX_SIZE = 64,    /* of a status line */
    FRAMING_MAX_SIZE = 96, /* Content-Length or Transfer-Encoding, Connection, the empty line */
};

static char *put_status_line(char *at, unsigned status)
{
    struct slice phrase = status_phrase(status);
    at = put(at, SLICE("HTTP/1.1 "));
    at = put_number(at, status);
    *at++ = ' ';
    at = put(at, phrase);
    return put(at, SLICE("\r\n"));
}

static char *put_fields(char *at, const struct field *fields, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        at = put(at, fields[i].name);
        at = put(at, SLICE(": "));
        at = put(at, fields[i].value);
        at = put(at, SLICE("\r\n"));
    }
    return at;
}

/* A 204 has no length (RFC 9110 8.6), and that of a 304 would be the length of another answer. */
static bool may_tell_length(unsigned status)
{
    return status != 204 && status != 304;
}

/* Neither has a 205 content (RFC 9110 15.3.6), and it says so by its length. */
static bool has_content(unsigned status)
{
    return may_tell_length(status) && status != 205;
}

static char *put_framing(char *at, const struct exchange *e, int64_t length)
{
    if (e->tunnel)
        return put(at, SLICE("\r\n"));
    if (e->is_chunked)
        at = put(at, SLICE("Transfer-Encoding: chunked\r\n"));
    if ((length >= 0 || e->status == 205) && may_tell_length(e->status)) {
        at = put(at, SLICE("Content-Length: "));
        at = put_number(at, e->status == 205 ? 0 : (uint64_t)length);
        at = put(at, SLICE("\r\n"));
    }
    if (e->must_close)
        at = put(at, SLICE("Connection: close\r\n"));
    else if (e->request.minor == 0)
        at = put(at, SLICE("Connection: keep-alive\r\n"));
    return put(at, SLICE("\r\n"));
}

static size_t most_of(const struct field *fields, unsigned n)
{
    size_t most = LINE_MAX_SIZE + SERVER_DATE_SIZE + FRAMING_MAX_SIZE;
    for (unsigned i = 0; i < n; i++)
        most += fields[i].name.n + fields[i].value.n + 4;
    return most;
}

static void decide_framing(struct exchange *e, struct connection *c, int64_t length)
{
    bool is_open = length == EXCHANGE_LENGTH_UNKNOWN && has_content(e->status) && !e->tunnel;
    if (e->request.has_body && c->state != CONNECTION_ANSWER && !c->has_body)
        connection_stop_reading(c); /* a part of the body may never come */
    e->sends_body = !e->is_head_only && has_content(e->status);
    e->is_chunked = is_open && e->request.minor == 1;
    e->must_close |= c->server->is_draining || (is_open && !e->is_chunked && e->sends_body);
}

void connection_write_head(struct exchange *e, const struct field *fields, unsigned n_fields,
                           int64_t length)
{
    struct connection *c = e->connection;
    decide_framing(e, c, length);
    char *head = outbox_reserve(&e->outbox, most_of(fields, n_fields));
    if (!head) {
        e->is_broken = true;
        return;
    }
    char *at = put_status_line(head, e->status);
    at = put(at, server_date(c->server));
    at = put_fields(at, fields, n_fields);
    at = put_framing(at, e, length);
    if (!outbox_commit(&e->outbox, (size_t)(at - head)))
        e->is_broken = true;
}
