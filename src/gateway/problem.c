/* problem.c - problem documents, written in one go */
#include "gateway/problem.h"

#include "base/check.h"
#include "base/put.h"
#include "base/quote.h"
#include "wire/status.h"

struct slice problem_title(unsigned status)
{
    struct slice phrase = status_phrase(status);
    return phrase.n ? phrase : SLICE("Error");
}

static char *put_member(char *at, struct slice name, struct slice text)
{
    at = put(at, name);
    return at + quote_json_into(at, text);
}

static char *put_status(char *at, unsigned status)
{
    at = put(at, SLICE(",\"status\":"));
    *at++ = (char)('0' + status / 100 % 10);
    *at++ = (char)('0' + status / 10 % 10);
    *at++ = (char)('0' + status % 10);
    return at;
}

static char *put_violations(char *at, const struct parameters_violation *first)
{
    at = put(at, SLICE(",\"violations\":["));
    for (const struct parameters_violation *v = first; v; v = v->next) {
        if (v != first)
            *at++ = ',';
        at = put_member(at, SLICE("{\"parameter\":"), v->parameter);
        at = put_member(at, SLICE(",\"message\":"), v->message);
        *at++ = '}';
    }
    *at++ = ']';
    return at;
}

/* Room for the whole document: its texts quoted, and what stands around them. */
static size_t size_of(const struct problem *p)
{
    const size_t frame = 256, violation_frame = sizeof ",{\"parameter\":,\"message\":}";
    size_t n = frame + quote_json_size(p->detail) + p->errors.n;
    for (const struct parameters_violation *v = p->violations; v; v = v->next)
        n += violation_frame + quote_json_size(v->parameter) + quote_json_size(v->message);
    return n;
}

struct slice problem_write(const struct problem *p, struct arena *arena)
{
    char *text = arena_take(arena, size_of(p));
    if (!text)
        return SLICE_NONE;
    char *at =
        put_member(text, SLICE("{\"type\":\"about:blank\",\"title\":"), problem_title(p->status));
    at = put_status(at, p->status);
    if (p->detail.n)
        at = put_member(at, SLICE(",\"detail\":"), p->detail);
    if (p->violations)
        at = put_violations(at, p->violations);
    if (p->errors.n)
        at = put(put(at, SLICE(",\"errors\":")), p->errors);
    *at++ = '}';
    return (struct slice){text, (size_t)(at - text)};
}

static void answer_with(struct exchange *e, const struct problem *p, const struct field *fields,
                        unsigned n_fields)
{
    struct slice body = problem_write(p, &e->arena);
    if (!body.at) {
        answer_give_up(e);
        return;
    }
    exchange_begin(e, p->status, fields, n_fields, (int64_t)body.n);
    bool is_taken = exchange_put(e, body, NULL);
    CHECK(is_taken); /* an empty outbox takes a slice of any size */
    exchange_end(e);
}

/* Whole seconds, at least one (RFC 9110 10.2.3). */
static struct slice retry_after(struct visit *v, uint64_t ms)
{
    uint64_t seconds = (ms + 999) / 1000;
    struct slice text =
        arena_print(&v->exchange->arena, "%llu", (unsigned long long)(seconds ? seconds : 1));
    return text.at ? text : SLICE("1");
}

void problem_send(struct visit *v, const struct problem *p, struct answer *a)
{
    answer_add(a, SLICE("Content-Type"), SLICE("application/problem+json"));
    if (!v->is_shared) /* of a shared one it is told to each (answer_cache_send.c) */
        answer_add_no_store(a);
    if (p->status == 503 || p->status == 429)
        answer_add(a, SLICE("Retry-After"), retry_after(v, p->retry_after_ms));
    answer_with(v->exchange, p, a->fields, a->n);
}

void problem_answer(struct exchange *e, unsigned status, const char *detail)
{
    const struct problem p = {.status = status, .detail = slice_of(detail)};
    const struct field fields[] = {
        {SLICE("Content-Type"), SLICE("application/problem+json")},
        {SLICE("Cache-Control"), SLICE("no-store")},
    };
    answer_with(e, &p, fields, sizeof fields / sizeof *fields);
}

void problem_answer_method(struct exchange *e, struct slice allow)
{
    const struct problem p = {.status = 405, .detail = SLICE("the path does not take this method")};
    const struct field fields[] = {
        {SLICE("Allow"), allow},
        {SLICE("Content-Type"), SLICE("application/problem+json")},
        {SLICE("Cache-Control"), SLICE("no-store")},
    };
    answer_with(e, &p, fields, sizeof fields / sizeof *fields);
}
