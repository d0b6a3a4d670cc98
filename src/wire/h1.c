/* h1.c - the reader: from bytes to events, message after message */
#include "wire/h1.h"

#include "base/check.h"
#include "wire/h1_internal.h"
#include "wire/token.h"

/* Stops llhttp behind the head: bodies are read by h1_body.c. */
static int on_headers_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {.on_headers_complete = on_headers_complete};

static void begin_message(struct h1_reader *r)
{
    llhttp_init(&r->parser, r->kind == H1_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
    /* Which versions are good is for h1_head.c to say: 1.2 is 1.1 with extras, 2.0 gets 505. */
    r->parser.lenient_flags |= LENIENT_VERSION;
    r->state = H1_IN_HEAD;
    r->has_method = false;
    r->n_head = 0;
}

void h1_init(struct h1_reader *r, enum h1_kind kind, size_t head_limit, struct h1_head *head)
{
    CHECK(head_limit <= UINT32_MAX); /* places in a head are 32 bits wide */
    *r = (struct h1_reader){.kind = kind, .head_limit = head_limit, .head = head};
    begin_message(r);
}

enum h1_event h1_end(struct h1_reader *r)
{
    begin_message(r);
    return H1_DONE;
}

enum h1_event h1_fail(struct h1_reader *r, unsigned status)
{
    r->state = H1_FAILED;
    r->status = status;
    return H1_ERROR;
}

/* Without the empty lines in front (RFC 9112 2.2). */
static struct slice start_line(const char *base, size_t n)
{
    struct slice s = {base, n};
    while (s.n && (s.at[0] == '\r' || s.at[0] == '\n'))
        s = slice_after(s, 1);
    return s;
}

enum {
    H1_HEAD_MORE = 1 /* no status: what decides is still to come */
};

/* The head did not end within its limit: was it the request line? */
static unsigned too_long(const char *base, size_t n)
{
    struct slice s = start_line(base, n);
    return memchr(s.at, '\n', s.n) ? 431 : 414;
}

static void begin_body(struct h1_reader *r)
{
    struct h1_head *head = r->head;
    bool is_bare = head->status / 100 == 1 || head->status == 204 || head->status == 304;
    r->state = H1_AT_END;
    if (r->kind == H1_RESPONSE && (is_bare || r->answers_head))
        return;
    if (head->chunked) {
        r->state = H1_IN_CHUNKS;
        h1_chunks_begin(r);
    } else if (head->has_length && head->length > 0) {
        r->state = H1_IN_LENGTH;
        r->n_left = head->length;
    } else if (r->kind == H1_RESPONSE && !head->has_length) {
        r->state = H1_IN_REST;
        head->keep_alive = false;
    }
}

static enum h1_event take_head(struct h1_reader *r)
{
    r->n_head = r->head->size;
    begin_body(r);
    return H1_HEAD;
}

/* llhttp took the head whole, up to base[at]. */
static enum h1_event end_head(struct h1_reader *r, const char *base, size_t at)
{
    unsigned refusal = h1_head_parse(r->head, r->kind, base, at);
    if (refusal || r->head->size != at)
        return h1_fail(r, refusal ? refusal : 400);
    return take_head(r);
}

/* Nothing speaks against the head so far. */
static enum h1_event want_more(struct h1_reader *r, const char *base, size_t end)
{
    r->n_head = end;
    return end < r->head_limit ? H1_MORE : h1_fail(r, too_long(base, end));
}

/* llhttp has a list of methods, and some of them it takes for other protocols'; any token is one.
 * These are fed as they are, as they say which targets are good; for all others GET stands in. */
static struct slice method_for_llhttp(struct slice method)
{
    static const struct slice as_they_are[] = {SLICE_INIT("CONNECT"), SLICE_INIT("OPTIONS"),
                                               SLICE_INIT("PRI")};
    for (unsigned i = 0; i < sizeof as_they_are / sizeof *as_they_are; i++)
        if (slice_equal(method, as_they_are[i]))
            return method;
    return SLICE("GET");
}

/* Up to one byte more than a method may have. */
static size_t token_length(struct slice s)
{
    size_t n = 0;
    while (n < s.n && n <= H1_MAX_METHOD && token_has((unsigned char)s.at[n], TOKEN_TCHAR))
        n++;
    return n;
}

/* Of base[0..end), empty lines and a method come first. 0: llhttp has the method, and *from is the
 * place behind it. What was seen before is looked at again only as far as it may be a method. */
static unsigned feed_method(struct h1_reader *r, const char *base, size_t end, size_t *from)
{
    size_t seen = r->n_head > H1_MAX_METHOD ? r->n_head - H1_MAX_METHOD - 1 : 0;
    struct slice s = start_line(base + seen, end - seen);
    size_t n = token_length(s);
    if (n > H1_MAX_METHOD)
        return 501;
    if (n == s.n)
        return H1_HEAD_MORE;
    if (n == 0 || s.at[n] != ' ')
        return 400;
    struct slice fed = method_for_llhttp((struct slice){s.at, n});
    CHECK(llhttp_execute(&r->parser, fed.at, fed.n) == HPE_OK);
    r->has_method = true;
    *from = (size_t)(s.at - base) + n;
    return 0;
}

static enum h1_event read_head(struct h1_reader *r, const char *base, size_t from, size_t to,
                               size_t *used)
{
    CHECK(from == r->n_head); /* what came of the head before lies at base */
    size_t end = *used = to < r->head_limit ? to : r->head_limit;
    if (r->kind == H1_REQUEST && !r->has_method) {
        unsigned refusal = feed_method(r, base, end, &from);
        if (refusal)
            return refusal == H1_HEAD_MORE ? want_more(r, base, end) : h1_fail(r, refusal);
    }
    enum llhttp_errno verdict = llhttp_execute(&r->parser, base + from, end - from);
    if (verdict == HPE_OK)
        return want_more(r, base, end);
    *used = (size_t)(llhttp_get_error_pos(&r->parser) - base);
    if (verdict == HPE_PAUSED)
        return end_head(r, base, *used);
    return h1_fail(r, verdict == HPE_PAUSED_H2_UPGRADE ? 505 : 400); /* the preface of HTTP/2 */
}

/* The other forms of a target want a second look, and so does the preface of HTTP/2. */
static bool is_plain_request(const struct h1_head *head, const char *base)
{
    struct slice method = {base + head->method_at, head->method_n};
    return base[head->target_at] == '/' && !slice_equal(method, SLICE("PRI"));
}

/* The short way for a head that comes in one piece: our own grammar is the stricter one, so what it
 * takes needs no second reading. What it does not take llhttp judges, as it does any head that
 * comes in parts. */
static bool take_whole_head(struct h1_reader *r, struct slice fed)
{
    struct h1_head *head = r->head;
    size_t n = fed.n < r->head_limit ? fed.n : r->head_limit;
    if (h1_head_parse(head, r->kind, fed.at, n) != 0)
        return false;
    if (r->kind == H1_REQUEST && !is_plain_request(head, fed.at))
        return false;
    take_head(r);
    return true;
}

/* The first byte of a head may lie anywhere in what is fed. */
static enum h1_event begin_head(struct h1_reader *r, const char *base, size_t from, size_t to,
                                size_t *used)
{
    if (take_whole_head(r, (struct slice){base + from, to - from})) {
        *used = from + r->n_head;
        return H1_HEAD;
    }
    enum h1_event event = read_head(r, base + from, 0, to - from, used);
    *used += from;
    return event;
}

enum h1_event h1_read(struct h1_reader *r, const char *base, size_t from, size_t to, size_t *used)
{
    *used = from;
    if (r->state == H1_AT_END)
        return h1_end(r);
    if (r->state == H1_FAILED)
        return H1_ERROR;
    if (from == to)
        return H1_MORE;
    if (h1_is_between(r))
        return begin_head(r, base, from, to, used);
    if (r->state == H1_IN_HEAD)
        return read_head(r, base, from, to, used);
    return h1_body_read(r, (struct slice){base + from, to - from}, used);
}

enum h1_event h1_read_end(struct h1_reader *r)
{
    if (h1_is_between(r))
        return H1_MORE;
    if (r->state == H1_IN_REST || r->state == H1_AT_END)
        return h1_end(r);
    return r->state == H1_FAILED ? H1_ERROR : h1_fail(r, 400);
}

bool h1_is_between(const struct h1_reader *r)
{
    return r->state == H1_IN_HEAD && r->n_head == 0;
}
