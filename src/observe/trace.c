/* trace.c - traceparent read and written, tracestate checked */
#include "observe/trace.h"

#include <string.h>

#include "base/word.h"

enum {
    RANDOM_DIGITS = 13, /* at an id's end, of the 14 that are random (Trace Context level 2) */
    MAX_MEMBERS = 32,
    MAX_KEY = 256,
    MAX_TENANT = 241,
    MAX_SYSTEM = 14,
    MAX_VALUE = 256
};

static bool is_hex(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool is_digit = s.at[i] >= '0' && s.at[i] <= '9';
        if (!is_digit && (s.at[i] < 'a' || s.at[i] > 'f'))
            return false;
    }
    return true;
}

static bool is_zero(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.at[i] != '0')
            return false;
    }
    return true;
}

/* VERSION "-" ID "-" SPAN "-" FLAGS */
bool trace_parse(struct slice traceparent, struct trace *out)
{
    const char *at = traceparent.at;
    if (traceparent.n < TRACE_PARENT_SIZE || at[2] != '-' || at[35] != '-' || at[52] != '-')
        return false;
    struct slice version = {at, 2}, id = {at + 3, TRACE_ID_SIZE}, span = {at + 36, TRACE_SPAN_SIZE},
                 flags = {at + 53, 2};
    if (!is_hex(version) || !is_hex(id) || !is_hex(span) || !is_hex(flags))
        return false;
    if (slice_equal(version, SLICE("ff")) || is_zero(id) || is_zero(span))
        return false;
    bool has_more = traceparent.n > TRACE_PARENT_SIZE;
    if (has_more && (is_zero(version) || at[TRACE_PARENT_SIZE] != '-'))
        return false;
    memcpy(out->id, id.at, id.n);
    memcpy(out->span, span.at, span.n);
    out->is_sampled = strchr("13579bdf", flags.at[1]) != NULL;
    return true;
}

/* Eight digits, the highest first: the bits are spread out to a byte a digit, and letters lie as
 * far behind the figures as they do in ASCII. */
static void put_hex(char *to, uint32_t n)
{
    uint64_t x = n;
    x = (x | x << 16) & 0x0000ffff0000ffffu;
    x = (x | x << 8) & 0x00ff00ff00ff00ffu;
    x = (x | x << 4) & word_of(0x0f);
    uint64_t letters = (x + word_of(6)) >> 4 & word_of(1);
    x = htobe64(x + word_of('0') + letters * ('a' - '0' - 10));
    memcpy(to, &x, sizeof x);
}

/* 16 digits of a number that is not 0. */
static void put_random(char *to, struct random *r)
{
    uint64_t n;
    do
        n = random_next(r);
    while (n == 0);
    put_hex(to, (uint32_t)(n >> 32));
    put_hex(to + 8, (uint32_t)n);
}

void trace_make_span(char out[TRACE_SPAN_SIZE], struct random *r)
{
    put_random(out, r);
}

static uint64_t digit(char c)
{
    return (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

bool trace_is_chosen(const struct trace *t, unsigned permille)
{
    uint64_t n = 0;
    for (size_t i = TRACE_ID_SIZE - RANDOM_DIGITS; i < TRACE_ID_SIZE; i++)
        n = n << 4 | digit(t->id[i]);
    return n * 1000 >> (4 * RANDOM_DIGITS) < permille;
}

void trace_begin(struct trace *out, struct random *r)
{
    put_random(out->id, r);
    put_random(out->id + 16, r);
    put_random(out->span, r);
    out->is_sampled = true;
}

void trace_write(char out[TRACE_PARENT_SIZE], const struct trace *t, const char *span)
{
    memcpy(out, "00-", 3);
    memcpy(out + 3, t->id, TRACE_ID_SIZE);
    out[35] = '-';
    memcpy(out + 36, span, TRACE_SPAN_SIZE);
    memcpy(out + 52, t->is_sampled ? "-01" : "-00", 3);
}

/* lcalpha or DIGIT first, then also "_", "-", "*" and "/". */
static bool is_key_part(struct slice s, size_t limit, bool digit_first)
{
    if (s.n == 0 || s.n > limit)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.at[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_letter = c >= 'a' && c <= 'z';
        bool is_sign = c == '_' || c == '-' || c == '*' || c == '/';
        if (i == 0 ? !is_letter && !(is_digit && digit_first) : !is_letter && !is_digit && !is_sign)
            return false;
    }
    return true;
}

/* A simple key, or TENANT@SYSTEM. */
static bool is_key(struct slice s)
{
    const char *sign = memchr(s.at, '@', s.n);
    if (!sign)
        return is_key_part(s, MAX_KEY, false);
    size_t n = (size_t)(sign - s.at);
    return is_key_part((struct slice){s.at, n}, MAX_TENANT, true) &&
           is_key_part(slice_after(s, n + 1), MAX_SYSTEM, false);
}

static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.at[i] < ' ' || s.at[i] > '~' || s.at[i] == '=')
            return false;
    }
    return s.n > 0 && s.n <= MAX_VALUE;
}

static struct slice trim(struct slice s)
{
    while (s.n && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = slice_after(s, 1);
    while (s.n && (s.at[s.n - 1] == ' ' || s.at[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static bool is_member(struct slice s)
{
    const char *sign = s.n ? memchr(s.at, '=', s.n) : NULL;
    size_t n = sign ? (size_t)(sign - s.at) : 0;
    return sign && is_key((struct slice){s.at, n}) && is_value(slice_after(s, n + 1));
}

bool trace_is_state(struct slice rest)
{
    unsigned n_members = 0;
    while (rest.n) {
        const char *comma = memchr(rest.at, ',', rest.n);
        size_t n = comma ? (size_t)(comma - rest.at) : rest.n;
        struct slice member = trim((struct slice){rest.at, n});
        rest = slice_after(rest, comma ? n + 1 : n);
        if (member.n == 0) /* empty ones are allowed */
            continue;
        if (++n_members > MAX_MEMBERS || !is_member(member))
            return false;
    }
    return n_members > 0;
}

/* Letters, digits and what ids are made with; nothing that means something in HTML, in a shell or
 * in JSON. */
static bool is_id_byte(char c)
{
    static const char marks[] = "-._~:/+=,@|";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           memchr(marks, c, sizeof marks - 1);
}

bool trace_is_request_id(struct slice id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!is_id_byte(id.at[i]))
            return false;
    return id.n > 0 && id.n <= TRACE_REQUEST_ID_LIMIT;
}

void trace_make_request_id(char out[TRACE_REQUEST_ID_SIZE], struct random *r)
{
    put_random(out, r);
    put_random(out + 16, r);
}
