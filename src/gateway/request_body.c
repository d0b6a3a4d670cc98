/* request_body.c - is what the client sent JSON, and if not, where does it go wrong? */
#include "gateway/request_body.h"

#include "gateway/gateway_internal.h"
#include "json/scan.h"

/* Lines and columns count from 1, columns in bytes. */
static struct slice tell_place(struct visit *v, struct slice body, size_t offset)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < offset && i < body.n; i++)
        if (body.at[i] == '\n') {
            line++;
            start = i + 1;
        }
    return arena_print(&v->exchange->arena, "is not JSON at line %zu, column %zu", line,
                       offset - start + 1);
}

static struct slice why_not(struct visit *v, struct slice body, const struct scan_result *scan)
{
    if (scan->verdict == SCAN_EMPTY)
        return SLICE("is white space, and no JSON");
    if (scan->verdict == SCAN_TOO_DEEP)
        return arena_print(&v->exchange->arena, "nests deeper than %u levels",
                           v->gateway->config->bounds.json_depth);
    return tell_place(v, body, scan->offset);
}

bool request_body_read(struct visit *v)
{
    struct slice body = v->exchange->request.body;
    if (!v->plan->config->reads_body || body.n == 0)
        return true;
    struct scan_result scan = scan_json(body, v->gateway->config->bounds.json_depth);
    v->body = scan.value;
    if (scan.verdict == SCAN_OK)
        return true;
    struct slice why = why_not(v, body, &scan);
    v->body = SLICE_NONE;
    return why.at && parameters_refuse(&v->parameters, SLICE("body"), why, &v->exchange->arena);
}
