/* service_answer.c - the same answer, read by one source after the other */
#include "service/service_answer.h"

#include "http/exchange.h"
#include "json/scan.h"
#include "service/service_format.h"
#include "service/service_head.h"
#include "wire/status.h"
#include "wire/token.h"

enum {
    SMALL = 4096 /* bytes of a value that are copied rather than shared */
};

struct service_answer service_answer_of_record(const struct record *r, struct blob *blob)
{
    return (struct service_answer){
        .status = r->status, .body = r->body, .blob = blob, .is_json = r->is_json, .record = r};
}

bool service_answer_next_field(const struct service_answer *a, size_t *at, struct record_field *f)
{
    if (a->record)
        return record_next_field(a->record, at, f);
    if (*at >= a->n_fields)
        return false;
    const struct field *from = &a->fields[(*at)++];
    *f = (struct record_field){from->name, from->value};
    return true;
}

static struct media media_of_answer(const struct service_answer *a)
{
    struct service_head_type type = {0};
    struct record_field f;
    for (size_t at = 0; service_answer_next_field(a, &at, &f);)
        if (token_equals(f.name, SLICE("content-type")))
            service_head_add_type(&type, f.value);
    return type.media;
}

/* Only who is asked to stay away looks for how long. */
static uint64_t retry_after_of(const struct service_answer *a, const struct service_context *c)
{
    struct record_field f;
    if (!service_head_may_ask_back(a->status))
        return 0;
    for (size_t at = 0; service_answer_next_field(a, &at, &f);)
        if (token_equals(f.name, SLICE("retry-after")))
            return service_head_retry_ms(f.value, c->loop->wall_us / 1000);
    return 0;
}

static unsigned count_wanted(const struct service_answer *a, const struct service_wanted *wanted)
{
    unsigned n = 0;
    struct record_field f;
    for (size_t at = 0; service_answer_next_field(a, &at, &f);)
        for (unsigned w = 0; w < wanted->n; w++)
            n += slice_equal_nocase(f.name, wanted->names[w]);
    return n;
}

static void take_field(struct outcome *o, struct field *to, const struct record_field *f,
                       struct arena *arena)
{
    to->name = arena_copy(arena, f->name);
    to->value = arena_copy(arena, f->value);
    if (to->name.at && to->value.at)
        o->n_returned++;
}

/* Of what came, only that which goes on (RFC 9110 7.6.1); records have nothing else. */
static bool is_for_the_connection(const struct service_answer *a, struct slice name)
{
    struct record_field f;
    for (size_t at = 0; !a->record && service_answer_next_field(a, &at, &f);)
        if (token_equals(f.name, SLICE("connection")) && token_list_names(f.value, name))
            return true;
    return false;
}

/* In the order of the names; none where the arena is full. */
static void take_fields(const struct service_answer *a, const struct service_request *r,
                        struct outcome *o)
{
    unsigned n = r->wanted.n ? count_wanted(a, &r->wanted) : 0;
    struct field *fields = n ? arena_take(r->arena, n * sizeof *fields) : NULL;
    struct record_field f;
    if (!fields)
        return;
    o->returned = fields;
    for (unsigned w = 0; w < r->wanted.n; w++)
        for (size_t at = 0; service_answer_next_field(a, &at, &f);)
            if (slice_equal_nocase(f.name, r->wanted.names[w]) && !is_for_the_connection(a, f.name))
                take_field(o, &fields[o->n_returned], &f, r->arena);
}

/* The body that the format is read from; what is written anew takes its place, and is the
 * reader's. */
static struct service_body body_of(const struct service_answer *a)
{
    return (struct service_body){.at = (char *)a->body.at, .n = a->body.n};
}

static struct slice without_space(struct slice s)
{
    while (s.n && (s.at[0] == ' ' || (s.at[0] >= '\t' && s.at[0] <= '\r')))
        s = slice_after(s, 1);
    while (s.n && (s.at[s.n - 1] == ' ' || (s.at[s.n - 1] >= '\t' && s.at[s.n - 1] <= '\r')))
        s.n--;
    return s;
}

static void drop_what_is_new(const struct service_answer *a, struct service_body *body,
                             struct service_context *c)
{
    if (body->at != a->body.at)
        service_body_drop(body, c);
}

/* A body that is no value has nothing to be dropped. */
static struct service_format_value read_body(const struct service_answer *a,
                                             enum config_format declared, struct service_body *body,
                                             struct service_context *c, struct arena *arena)
{
    const struct service_format f = service_format_of(declared, media_of_answer(a));
    if (f.refusal.n)
        return (struct service_format_value){OUTCOME_INVALID, f.refusal};
    if (a->is_json && f.kind == CONFIG_FORMAT_JSON && f.charset != MEDIA_LATIN1)
        return (struct service_format_value){OUTCOME_OK, without_space(a->body)};
    struct service_format_value v = service_format_read(&f, body, c, arena);
    if (v.kind != OUTCOME_OK)
        drop_what_is_new(a, body, c);
    return v;
}

static void fail_for_room(struct outcome *o)
{
    o->kind = OUTCOME_OVERLOADED;
    o->detail = SLICE("no memory is left for the answer");
}

/* Where the bytes are to stay: as they were written anew, copied, or shared. */
static void keep(const struct service_answer *a, const struct service_body *body,
                 struct slice value, struct arena *arena, struct outcome *o)
{
    struct slice copy = SLICE_NONE;
    if (body->at == a->body.at && (value.n < SMALL || !a->blob))
        copy = arena_copy(arena, value);
    o->value = copy.at ? copy : value;
    if (copy.at)
        return;
    o->blob = body->blob;
    if (body->at == a->body.at && a->blob)
        o->blob = blob_share(a->blob);
    else if (body->at == a->body.at)
        fail_for_room(o);
}

/* Its body is passed on where it is JSON, whatever the source's answers are otherwise. */
static void read_failure(const struct service_answer *a, const struct service_request *r,
                         struct service_context *c, struct outcome *o)
{
    o->kind = OUTCOME_STATUS;
    o->detail = arena_print(r->arena, "answered %u", a->status);
    if (!service_passed_has(&r->passed, a->status) || !a->body.n ||
        service_format_of(CONFIG_FORMAT_BY_TYPE, media_of_answer(a)).kind != CONFIG_FORMAT_JSON)
        return;
    struct service_body body = body_of(a);
    struct service_format_value v = read_body(a, CONFIG_FORMAT_JSON, &body, c, r->arena);
    if (v.kind == OUTCOME_OK)
        keep(a, &body, v.text, r->arena, o);
}

void service_answer_read(const struct service_answer *a, const struct service_request *r,
                         struct service_context *c, struct outcome *o)
{
    o->status = a->status;
    o->retry_after_ms = retry_after_of(a, c);
    take_fields(a, r, o);
    if (!status_is_success(a->status)) {
        read_failure(a, r, c, o);
        return;
    }
    if (!a->body.n) {
        outcome_set_empty(o);
        return;
    }
    struct service_body body = body_of(a);
    struct service_format_value v = read_body(a, r->format, &body, c, r->arena);
    o->kind = v.kind;
    if (v.kind == OUTCOME_OK)
        keep(a, &body, v.text, r->arena, o);
    else
        o->detail = v.text;
}

bool service_answer_is_readable(const struct service_answer *a, enum config_format format,
                                struct service_context *c, struct arena *arena)
{
    struct service_body body = body_of(a);
    if (!a->body.n)
        return true;
    struct service_format_value v = read_body(a, format, &body, c, arena);
    drop_what_is_new(a, &body, c);
    return v.kind == OUTCOME_OK;
}

bool service_answer_is_json(const struct service_answer *a, const struct service_context *c)
{
    const struct service_format f = service_format_of(CONFIG_FORMAT_BY_TYPE, media_of_answer(a));
    return f.kind == CONFIG_FORMAT_JSON && !f.refusal.n && f.charset != MEDIA_LATIN1 &&
           scan_json(a->body, c->bounds->json_depth).verdict == SCAN_OK;
}
