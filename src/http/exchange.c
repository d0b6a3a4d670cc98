/* exchange.c - an answer's way into the outbox, counted and framed */
#include "http/exchange.h"

#include "base/check.h"

enum {
    CHUNK_LINE = 18, /* sixteen digits at the most, CR LF */
};

static const struct slice last_chunk = SLICE_INIT("0\r\n\r\n");

static void begin(struct exchange *e, unsigned status, const struct field *fields,
                  unsigned n_fields, int64_t length)
{
    CHECK(e->status == 0);
    e->status = status;
    e->n_left = length;
    e->link->begin(e, fields, n_fields, length);
    e->link->wake(e);
}

void exchange_begin(struct exchange *e, unsigned status, const struct field *fields,
                    unsigned n_fields, int64_t length)
{
    if (e->is_gone)
        return;
    CHECK(status >= 200 && status <= 999);
    begin(e, status, fields, n_fields, length);
}

void exchange_upgrade(struct exchange *e, const struct field *fields, unsigned n_fields,
                      const struct exchange_tunnel *tunnel)
{
    if (e->is_gone)
        return;
    CHECK(!e->request.has_body);
    e->tunnel = tunnel;
    e->must_close = true;
    begin(e, 101, fields, n_fields, EXCHANGE_LENGTH_UNKNOWN);
}

/* "1a2b\r\n" */
static struct slice chunk_line(size_t size, char line[CHUNK_LINE])
{
    char *at = line + CHUNK_LINE;
    *--at = '\n';
    *--at = '\r';
    do {
        *--at = "0123456789abcdef"[size & 15];
        size >>= 4;
    } while (size);
    return (struct slice){at, (size_t)(line + CHUNK_LINE - at)};
}

/* Small slices are copied as long as the arena has room: a line that lies on our stack must be. */
static bool put_copy(struct outbox *o, struct slice bytes)
{
    char *at = outbox_reserve(o, bytes.n);
    if (!at)
        return false;
    memcpy(at, bytes.at, bytes.n);
    return outbox_commit(o, bytes.n);
}

static bool has_room(const struct exchange *e, size_t n)
{
    if (!e->is_chunked)
        return outbox_has_room(&e->outbox, 1, n);
    /* Room for the last chunk is kept at all times. */
    return outbox_has_room(&e->outbox, 4, n + CHUNK_LINE + 2 + last_chunk.n);
}

static void count(struct exchange *e, size_t n)
{
    if (e->n_left == EXCHANGE_LENGTH_UNKNOWN)
        return;
    CHECK(n <= (size_t)e->n_left);
    e->n_left -= (int64_t)n;
}

/* The room was looked at before; what fails now is the arena, and no later moment is better. */
static void put_taken(struct exchange *e, struct slice bytes, struct blob *owner)
{
    struct outbox *o = &e->outbox;
    char line[CHUNK_LINE];
    bool has_line = !e->is_chunked || put_copy(o, chunk_line(bytes.n, line));
    if (!has_line || !outbox_put(o, bytes, owner)) {
        e->is_broken = true;
        if (owner)
            blob_release(o->blobs, owner);
        return;
    }
    if (e->is_chunked && !outbox_put(o, SLICE("\r\n"), NULL))
        e->is_broken = true;
    e->link->wake(e);
}

bool exchange_put(struct exchange *e, struct slice bytes, struct blob *owner)
{
    bool is_wanted = !e->is_gone && !e->is_broken;
    CHECK(e->is_gone || (e->status && !e->has_ended));
    if (is_wanted && e->sends_body && !has_room(e, bytes.n)) {
        e->wants_room = true;
        return false;
    }
    if (is_wanted)
        count(e, bytes.n);
    if (is_wanted && e->sends_body && bytes.n)
        put_taken(e, bytes, owner);
    else if (owner)
        blob_release(e->outbox.blobs, owner);
    return true;
}

void exchange_end(struct exchange *e)
{
    if (e->is_gone || e->has_ended)
        return;
    CHECK(e->status);
    e->has_ended = true;
    if (e->sends_body && e->n_left > 0)
        e->is_broken = true;
    bool is_closed = e->is_broken || !e->sends_body || !e->is_chunked;
    if (!is_closed && !outbox_put(&e->outbox, last_chunk, NULL))
        e->is_broken = true;
    e->link->wake(e);
}

void exchange_cut(struct exchange *e)
{
    e->is_broken |= !e->is_gone && !e->has_ended;
    exchange_end(e);
}

void exchange_leave(struct exchange *e)
{
    e->is_gone = true;
    e->status = EXCHANGE_GONE;
    if (!e->has_ended)
        e->handlers->on_gone(e);
}

const struct field *exchange_field(const struct request *r, struct slice name)
{
    for (unsigned i = 0; i < r->n_fields; i++) {
        if (slice_equal_nocase(r->fields[i].name, name))
            return &r->fields[i];
    }
    return NULL;
}
