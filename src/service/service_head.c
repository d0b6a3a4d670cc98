/* service_head.c - heads of requests are written, heads of answers looked at */
#include "service/service_head.h"

#include "wire/media.h"
#include "wire/token.h"

enum {
    MAX_DIGITS = 20
};

static char *put(char *at, struct slice bytes)
{
    memcpy(at, bytes.at, bytes.n);
    return at + bytes.n;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[MAX_DIGITS];
    unsigned n = 0;
    do {
        digits[MAX_DIGITS - ++n] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return put(at, (struct slice){digits + MAX_DIGITS - n, n});
}

bool service_head_write(struct buffer *out, const struct service_request *r, struct slice host,
                        uint64_t given_ms)
{
    const struct slice name = SLICE("x-request-timeout-ms: ");
    const struct slice end = SLICE("\r\n\r\n");
    out->n = 0;
    char *start =
        buffer_reserve(out, r->line.n + host.n + r->fields.n + name.n + MAX_DIGITS + end.n);
    if (!start)
        return false;
    char *at = put(start, r->line);
    at = put(at, host);
    at = put(at, r->fields);
    at = put(at, name);
    at = put_number(at, given_ms);
    at = put(at, end);
    out->n = (size_t)(at - start);
    return true;
}

bool service_head_is_json(const struct h1_head *head, const char *base)
{
    for (unsigned i = 0; i < head->n_fields; i++) {
        const struct h1_field *f = &head->fields[i];
        if (token_equals(h1_name(base, f), SLICE("content-type")) &&
            media_of(h1_value(base, f)).kind == MEDIA_OTHER)
            return false;
    }
    return true;
}

static bool take_field(struct field *to, const char *base, const struct h1_field *f,
                       struct arena *arena)
{
    to->name = arena_copy(arena, h1_name(base, f));
    to->value = arena_copy(arena, h1_value(base, f));
    return to->name.at && to->value.at;
}

void service_head_take_fields(struct outcome *o, const struct h1_head *head, const char *base,
                              const struct service_wanted *wanted, struct arena *arena)
{
    if (wanted->n == 0)
        return;
    struct field *fields = arena_take(arena, head->n_fields * sizeof *fields);
    unsigned n = 0;
    if (!fields)
        return;
    for (unsigned w = 0; w < wanted->n; w++)
        for (unsigned i = 0; i < head->n_fields; i++)
            if (slice_equal_nocase(h1_name(base, &head->fields[i]), wanted->names[w]) &&
                take_field(&fields[n], base, &head->fields[i], arena))
                n++;
    o->returned = fields;
    o->n_returned = n;
}
