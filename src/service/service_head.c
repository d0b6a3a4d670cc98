/* service_head.c - heads of requests are written, heads of answers looked at */
#include "service/service_head.h"

#include "base/put.h"
#include "http/exchange.h"
#include "wire/http_date.h"
#include "wire/prefer.h"
#include "wire/token.h"

enum {
    RETRY_AFTER_MAX_S = 3600,
    END_MAX = sizeof "content-length: \r\nx-request-timeout-ms: \r\n\r\n" + 2 * PUT_NUMBER_MAX
};

/* The lines that are the call's business, and the empty one. */
static char *put_end(char *at, const struct service_request *r, uint64_t given_ms)
{
    if (r->has_body) {
        at = put(at, SLICE("content-length: "));
        at = put_number(at, r->body.n);
        at = put(at, SLICE("\r\n"));
    }
    at = put(at, SLICE("x-request-timeout-ms: "));
    at = put_number(at, given_ms);
    return put(at, SLICE("\r\n\r\n"));
}

/* Services go on with the attempt that reached them. */
static void put_span(char *fields, const struct service_trace *t)
{
    memcpy(fields + t->at, t->span, sizeof t->span);
}

bool service_head_write(struct buffer *out, const struct service_request *r, struct slice host,
                        struct slice authorization, uint64_t given_ms)
{
    out->n = 0;
    char *start = buffer_reserve(out, r->line.n + host.n + r->fields.n + authorization.n + END_MAX);
    if (!start)
        return false;
    char *at = put(start, r->line);
    at = put(at, host);
    if (r->trace.is_recorded)
        put_span(put(at, r->fields) - r->fields.n, &r->trace);
    else
        put(at, r->fields);
    at += r->fields.n;
    at = put(at, authorization);
    at = put_end(at, r, given_ms);
    out->n = (size_t)(at - start);
    return true;
}

void service_head_add_type(struct service_head_type *type, struct slice value)
{
    struct media said = media_of(value);
    bool agrees = said.kind == type->media.kind && said.charset == type->media.charset;
    if (type->n++ && !agrees)
        said = (struct media){MEDIA_OTHER, MEDIA_FOREIGN};
    type->media = said;
}

struct media service_head_media(const struct h1_head *head, const char *base)
{
    struct service_head_type type = {0};
    for (unsigned i = 0; i < head->n_fields; i++)
        if (token_equals(h1_name(base, &head->fields[i]), SLICE("content-type")))
            service_head_add_type(&type, h1_value(base, &head->fields[i]));
    return type.media;
}

struct coding_list service_head_coding(const struct h1_head *head, const char *base)
{
    struct coding_list list = {0};
    for (unsigned i = 0; i < head->n_fields; i++)
        if (token_equals(h1_name(base, &head->fields[i]), SLICE("content-encoding")))
            coding_list_add(&list, h1_value(base, &head->fields[i]));
    return list;
}

uint64_t service_head_retry_ms(struct slice value, uint64_t wall_ms)
{
    const uint64_t most_ms = RETRY_AFTER_MAX_S * 1000;
    uint32_t seconds;
    int64_t date;
    uint64_t ms = 0;
    if (prefer_integer(value, &seconds))
        ms = (uint64_t)seconds * 1000;
    else if (http_date_read(value, (int64_t)(wall_ms / 1000), &date) &&
             date > (int64_t)(wall_ms / 1000))
        ms = (uint64_t)date * 1000 - wall_ms;
    return ms < most_ms ? ms : most_ms;
}

bool service_head_may_ask_back(unsigned status)
{
    return status == 429 || status == 503;
}

/* Only where somebody asks to be left alone is it looked for. */
uint64_t service_head_retry_after(const struct h1_head *head, const char *base, uint64_t wall_ms)
{
    uint64_t ms = 0;
    if (!service_head_may_ask_back(head->status))
        return 0;
    for (unsigned i = 0; i < head->n_fields && !ms; i++)
        if (token_equals(h1_name(base, &head->fields[i]), SLICE("retry-after")))
            ms = service_head_retry_ms(h1_value(base, &head->fields[i]), wall_ms);
    return ms;
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
                !h1_is_option(head, base, wanted->names[w]) &&
                take_field(&fields[n], base, &head->fields[i], arena))
                n++;
    o->returned = fields;
    o->n_returned = n;
}

bool service_head_take_all(struct outcome *o, const struct h1_head *head, const char *base,
                           struct arena *arena)
{
    struct field *fields = arena_take(arena, (head->n_fields + 1) * sizeof *fields);
    if (!fields)
        return false;
    for (unsigned i = 0; i < head->n_fields; i++)
        if (!take_field(&fields[i], base, &head->fields[i], arena))
            return false;
    o->returned = fields;
    o->n_returned = head->n_fields;
    return true;
}
