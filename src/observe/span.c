/* span.c - spans and batches of them, byte by byte */
#include "observe/span.h"

#include "base/put.h"
#include "base/quote.h"

enum {
    TEXT_MAX = 512, /* of a text with its quotes and escapes */
    N_TEXTS = 6,
    REST_MAX = 960, /* of all else */
};

_Static_assert(N_TEXTS *TEXT_MAX + REST_MAX < SPAN_LINE_MAX, "a line has room for all of it");

static char *put_text(char *to, struct slice text)
{
    if (text.n * QUOTE_GROWTH + 2 > TEXT_MAX && quote_json_size(text) > TEXT_MAX)
        text.n = (TEXT_MAX - 2) / QUOTE_GROWTH;
    return text.n ? to + quote_json_into(to, text) : put(to, SLICE("\"\""));
}

/* Each attribute ends with a comma, which the last one gives back. */
static char *put_key(char *to, const char *key)
{
    to = put(put(to, SLICE("{\"key\":\"")), slice_of(key));
    return put(to, SLICE("\",\"value\":{"));
}

static char *put_attribute(char *to, const char *key, struct slice value)
{
    if (!value.n)
        return to;
    to = put_text(put(put_key(to, key), SLICE("\"stringValue\":")), value);
    return put(to, SLICE("}},"));
}

static char *put_word(char *to, const char *key, const char *word)
{
    return word ? put_attribute(to, key, slice_of(word)) : to;
}

static char *put_count(char *to, const char *key, unsigned n)
{
    if (!n)
        return to;
    to = put_number(put(put_key(to, key), SLICE("\"intValue\":\"")), n);
    return put(to, SLICE("\"}},"));
}

static char *put_attributes(char *to, const struct span *s)
{
    char *start = to;
    to = put_attribute(to, "http.request.method", s->method);
    to = put_attribute(to, "http.route", s->route);
    to = put_count(to, "http.response.status_code", s->status);
    to = put_attribute(to, "peer.service", s->service);
    to = put_attribute(to, "server.address", s->host);
    to = put_count(to, "server.port", s->port);
    to = put_count(to, "sheaf.attempts", s->attempts);
    to = put_word(to, "sheaf.cache", s->cache);
    to = put_word(to, "error.type", s->error);
    if (s->is_cancelled)
        to = put(put_key(to, "sheaf.cancelled"), SLICE("\"boolValue\":true}},"));
    return to == start ? to : to - 1;
}

static char *put_ids(char *to, const struct span *s)
{
    to = put(put(to, SLICE("{\"traceId\":\"")), (struct slice){s->trace, TRACE_ID_SIZE});
    to = put(put(to, SLICE("\",\"spanId\":\"")), (struct slice){s->id, TRACE_SPAN_SIZE});
    if (s->parent)
        to = put(put(to, SLICE("\",\"parentSpanId\":\"")),
                 (struct slice){s->parent, TRACE_SPAN_SIZE});
    return put(to, SLICE("\",\"name\":"));
}

/* The two parts of a name, each cut by itself. */
static char *put_name(char *to, const struct span *s)
{
    to = put_text(to, s->name);
    if (!s->object.n)
        return to;
    char *at = to - 1; /* over the quote */
    char *quoted = put_text(at, s->object);
    *at = ' ';
    return quoted;
}

size_t span_write(char out[SPAN_LINE_MAX], const struct span *s)
{
    char *to = put_name(put_ids(out, s), s);
    to = put_number(put(to, SLICE(",\"kind\":")), s->kind);
    to = put_number(put(to, SLICE(",\"startTimeUnixNano\":\"")), s->start_ns);
    to = put_number(put(to, SLICE("\",\"endTimeUnixNano\":\"")), s->end_ns);
    to = put_attributes(put(to, SLICE("\",\"attributes\":[")), s);
    to = put(to, s->error ? SLICE("],\"status\":{\"code\":2}}\n") : SLICE("],\"status\":{}}\n"));
    return (size_t)(to - out);
}

bool span_write_batch(struct buffer *out, struct slice service_name, struct slice lines)
{
    static const struct slice begin =
        SLICE_INIT("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
                   "\"value\":{\"stringValue\":");
    static const struct slice middle =
        SLICE_INIT("}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"sheaf\"},\"spans\":[");
    static const struct slice end = SLICE_INIT("]}]}]}");
    out->n = 0;
    char *start = buffer_reserve(out, begin.n + TEXT_MAX + middle.n + lines.n + end.n);
    if (!start)
        return false;
    char *to = put(put_text(put(start, begin), service_name), middle);
    char *first = to;
    to = lines.n ? put(to, lines) - 1 : to;
    for (char *at = first; at < to; at++)
        if (*at == '\n')
            *at = ',';
    out->n = (size_t)(put(to, end) - start);
    return true;
}
