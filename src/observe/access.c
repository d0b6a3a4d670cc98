/* access.c - the access line, byte by byte: no printf on the way of an answer */
#include "observe/access.h"

#include <time.h>

#include "base/check.h"
#include "base/put.h"
#include "base/quote.h"

/* The most that each text may become, quotes and escapes included; what grows beyond is cut. Their
 * sum leaves room for some twenty sources. */
enum {
    CLIENT_MAX = 256,
    METHOD_MAX = 128,
    PATH_MAX_RAW = 2048,
    PATH_MAX_QUOTED = 4096,
    ID_MAX = 512,
    IDENTITY_MAX = 256,
    NAME_MAX_QUOTED = 512,
    SOURCE_MAX = 160,  /* of one source, without its name */
    NUMBERS_MAX = 512, /* of the rest of the line */
};

_Static_assert(CLIENT_MAX + METHOD_MAX + PATH_MAX_QUOTED + 2 * ID_MAX + 2 * IDENTITY_MAX +
                       NUMBERS_MAX + NAME_MAX_QUOTED + SOURCE_MAX <
                   ACCESS_LINE_MAX,
               "a line has room for at least one source");

/* At most max bytes with the quotes. */
static char *put_quoted(char *to, struct slice text, size_t max)
{
    if (text.n * QUOTE_GROWTH + 2 > max && quote_json_size(text) > max)
        text.n = (max - 2) / QUOTE_GROWTH;
    return to + quote_json_into(to, text);
}

/* Exactly `width` digits. */
static char *put_padded(char *to, unsigned n, int width)
{
    for (int i = width - 1; i >= 0; i--, n /= 10)
        to[i] = (char)('0' + n % 10);
    return to + width;
}

char *access_put_ms(char *to, uint64_t us)
{
    to = put_number(to, us / 1000);
    unsigned rest = (unsigned)(us % 1000);
    if (rest == 0)
        return to;
    *to++ = '.';
    to = put_padded(to, rest, 3);
    while (to[-1] == '0')
        to--;
    return to;
}

/* ISO 8601 in UTC. The part that stays the same for a second is kept by each thread. */
static char *put_time(char *to, uint64_t wall_us)
{
    static _Thread_local struct {
        time_t second;
        char text[20]; /* "2024-05-01T12:00:00" */
    } kept = {.second = -1};
    time_t second = (time_t)(wall_us / 1000000);
    if (second != kept.second) {
        struct tm tm;
        CHECK(gmtime_r(&second, &tm));
        CHECK(strftime(kept.text, sizeof kept.text, "%Y-%m-%dT%H:%M:%S", &tm) == 19);
        kept.second = second;
    }
    to = put(to, (struct slice){kept.text, 19});
    *to++ = '.';
    to = put_padded(to, (unsigned)(wall_us / 1000 % 1000), 3);
    *to++ = 'Z';
    return to;
}

/* A word of ours. */
static char *put_cache(char *to, const char *word)
{
    if (!word)
        return to;
    to = put(put(to, SLICE(",\"cache\":\"")), slice_of(word));
    *to++ = '"';
    return to;
}

static char *put_identity(char *to, const struct access_entry *e)
{
    if (!e->policy.n)
        return to;
    to = put(to, SLICE(",\"policy\":"));
    to = put_quoted(to, e->policy, IDENTITY_MAX);
    to = put(to, SLICE(",\"identity\":"));
    return put_quoted(to, e->identity, IDENTITY_MAX);
}

static char *put_source(char *to, const struct access_source *s)
{
    to = put_quoted(to, s->name, NAME_MAX_QUOTED);
    to = put(to, SLICE(":{"));
    if (s->status) {
        to = put(to, SLICE("\"status\":"));
        to = put_number(to, s->status);
        *to++ = ',';
    }
    if (s->kind) {
        to = put(to, SLICE("\"kind\":\""));
        to = put(to, slice_of(s->kind)); /* a word of ours */
        to = put(to, SLICE("\","));
    }
    to = put(to, SLICE("\"ms\":"));
    to = access_put_ms(to, s->us);
    to = put_cache(to, s->cache);
    to = put(to, SLICE(",\"attempts\":"));
    to = put_number(to, s->attempts);
    if (s->has_calls) {
        to = put(to, SLICE(",\"calls\":"));
        to = put_number(to, s->calls);
    }
    *to++ = '}';
    return to;
}

static char *put_sources(char *to, const char *end, const struct access_entry *e)
{
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (end - to < NAME_MAX_QUOTED + SOURCE_MAX)
            break;
        if (i > 0)
            *to++ = ',';
        to = put_source(to, &e->sources[i]);
    }
    return to;
}

static struct slice cut(struct slice text, size_t n)
{
    return (struct slice){text.at, text.n < n ? text.n : n};
}

size_t access_format(char *out, size_t n, const struct access_entry *e)
{
    CHECK(n >= ACCESS_LINE_MAX);
    char *to = put(out, SLICE("{\"time\":\""));
    to = put_time(to, e->wall_us);
    to = put(to, SLICE("\",\"client\":"));
    to = put_quoted(to, e->client, CLIENT_MAX);
    to = put(to, SLICE(",\"method\":"));
    to = put_quoted(to, e->method, METHOD_MAX);
    to = put(to, SLICE(",\"path\":"));
    to = put_quoted(to, cut(e->path, PATH_MAX_RAW), PATH_MAX_QUOTED);
    to = put(to, SLICE(",\"status\":"));
    to = put_number(to, e->status);
    to = put(to, SLICE(",\"bytes\":"));
    to = put_number(to, e->bytes);
    to = put(to, SLICE(",\"ms\":"));
    to = access_put_ms(to, e->us);
    to = put(to, SLICE(",\"request_id\":"));
    to = put_quoted(to, e->request_id, ID_MAX);
    to = put(to, SLICE(",\"trace_id\":"));
    to = put_quoted(to, e->trace_id, ID_MAX);
    to = put_identity(to, e);
    to = put_cache(to, e->cache);
    to = put(to, SLICE(",\"sources\":{"));
    to = put_sources(to, out + ACCESS_LINE_MAX - 8, e);
    to = put(to, SLICE("}}\n"));
    return (size_t)(to - out);
}
