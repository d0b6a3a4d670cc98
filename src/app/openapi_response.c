/* openapi_response.c - what may come back: the answer, whole or in parts, and problems */
#include <stdio.h>

#include "app/openapi_internal.h"
#include "app/schema.h"

static const struct {
    unsigned status;
    const char *description;
    const char *header; /* that comes with it; NULL: none */
} problems[] = {
    {400, "The request is bad: `violations` tell each parameter.", NULL},
    {401, "Credentials are missing, or not good.", "WWW-Authenticate"},
    {403, "The credentials do not go so far.", NULL},
    {404, "A required service does not have it.", NULL},
    {406, "None of the media types is accepted.", NULL},
    {410, "A required service has it no more.", NULL},
    {413, "The body is too large.", NULL},
    {429, "More was asked than the limit lets pass.", "Retry-After"},
    {502, "A required service failed.", NULL},
    {503, "Too much is going on, or a required service is known to fail.", "Retry-After"},
    {504, "A required service was late.", NULL},
};

enum {
    N_PROBLEMS = sizeof problems / sizeof *problems
};

static struct draft *new_response(struct arena *arena, struct slice description)
{
    struct draft *response = draft_object(arena);
    draft_set_text(response, "description", description);
    return response;
}

static void put_header(struct draft *response, const char *name, struct draft *schema)
{
    struct draft *header = draft_object(response->arena);
    struct draft *headers = draft_find(response, "headers");
    draft_set(header, "schema", schema);
    if (!headers) {
        headers = draft_object(response->arena);
        draft_set(response, "headers", headers);
    }
    draft_set(headers, name, header);
}

/* By it a client may ask whether what it has is good. */
static void put_etag(struct draft *response)
{
    put_header(response, "ETag", schema_of_type(response->arena, "string"));
}

static void put_media(struct draft *content, const char *type, struct draft *schema)
{
    struct draft *media = draft_object(content->arena);
    draft_set(media, "schema", schema);
    draft_set(content, type, media);
}

/* A view that may be chosen for a client answers as much as the whole does. */
static struct draft *answer_schema(const struct description_endpoint *e, struct arena *arena)
{
    struct draft *schema = schema_reference(arena, e->data);
    for (unsigned i = 0; i < e->n_views; i++)
        schema = schema_either(schema, schema_reference(arena, e->views[i].schema));
    return schema;
}

static struct draft *success(const struct description_endpoint *e, bool has_etag,
                             struct arena *arena)
{
    static const char *const in_parts[] = {"text/event-stream", "application/x-ndjson",
                                           "multipart/mixed"};
    const char *about =
        e->config->select.n ? "The answer, or what was selected of it." : "The answer.";
    struct draft *response = new_response(arena, slice_of(about));
    struct draft *complete = schema_of_type(arena, "string");
    struct draft *words = draft_list(arena);
    struct draft *content = draft_object(arena);
    draft_add_text(words, SLICE("?1"));
    draft_add_text(words, SLICE("?0"));
    draft_set(complete, "enum", words);
    put_header(response, "Sheaf-Complete", complete);
    if (has_etag)
        put_etag(response);
    put_media(content, "application/json", answer_schema(e, arena));
    for (unsigned i = 0; i < sizeof in_parts / sizeof *in_parts; i++)
        put_media(content, in_parts[i], schema_of_type(arena, "string"));
    draft_set(response, "content", content);
    return response;
}

static struct draft *not_modified(struct arena *arena)
{
    struct draft *response = new_response(arena, SLICE("What the client has is good."));
    put_etag(response);
    return response;
}

static struct draft *problem_content(struct arena *arena)
{
    struct draft *content = draft_object(arena);
    put_media(content, "application/problem+json",
              schema_reference(arena, SLICE(DESCRIPTION_PROBLEM)));
    return content;
}

/* As the service answered it, where it is JSON. */
static struct draft *passed(struct arena *arena)
{
    struct draft *response = new_response(arena, SLICE("A required service answered this."));
    struct draft *content = problem_content(arena);
    put_media(content, "application/json", schema_any(arena));
    draft_set(response, "content", content);
    return response;
}

static struct draft *refer(struct openapi *o, unsigned status)
{
    struct draft *reference = draft_object(&o->d->arena);
    char text[64];
    snprintf(text, sizeof text, "#/components/responses/Problem%u", status);
    draft_set_text(reference, "$ref", slice_of(text));
    o->has_problem[status] = true;
    return reference;
}

struct draft *openapi_responses(struct openapi *o, const struct description_endpoint *e)
{
    struct arena *arena = &o->d->arena;
    struct draft *responses = draft_object(arena);
    struct openapi_statuses s = openapi_statuses(e->config, arena);
    char name[16];
    snprintf(name, sizeof name, "%u", e->config->status);
    draft_set(responses, name, success(e, s.has_etag, arena));
    if (s.has_etag)
        draft_set(responses, "304", not_modified(arena));
    for (unsigned status = 400; status < OPENAPI_STATUSES_MAX; status++) {
        snprintf(name, sizeof name, "%u", status);
        if (s.is_passed[status])
            draft_set(responses, name, passed(arena));
        else if (s.has_problem[status])
            draft_set(responses, name, refer(o, status));
    }
    return responses;
}

struct draft *openapi_problems(struct openapi *o)
{
    struct arena *arena = &o->d->arena;
    struct draft *all = draft_object(arena);
    for (unsigned i = 0; i < N_PROBLEMS; i++) {
        char name[32];
        if (!o->has_problem[problems[i].status])
            continue;
        struct draft *response = new_response(arena, slice_of(problems[i].description));
        if (problems[i].header)
            put_header(response, problems[i].header, schema_of_type(arena, "string"));
        draft_set(response, "content", problem_content(arena));
        snprintf(name, sizeof name, "Problem%u", problems[i].status);
        draft_set(all, name, response);
    }
    return all;
}
