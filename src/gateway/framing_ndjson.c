/* framing_ndjson.c - application/x-ndjson: an object a line */
#include "gateway/assemble_internal.h"
#include "gateway/framing.h"

static bool add(struct assembly *a, struct slice bytes)
{
    return assemble_add(a, bytes, NULL);
}

static enum assemble_verdict put_first(struct parts *p, struct assembly *a)
{
    if (!add(a, SLICE("{\"event\":\"initial\",\"data\":")))
        return ASSEMBLE_NO_ROOM;
    enum assemble_verdict verdict = parts_add_first(p, true, a);
    return verdict == ASSEMBLE_NO_ROOM || add(a, SLICE("}\n")) ? verdict : ASSEMBLE_NO_ROOM;
}

static bool put_part(struct parts *p, unsigned source, unsigned number, struct assembly *a)
{
    (void)number;
    return add(a, SLICE("{\"event\":\"part\",")) && parts_add(p, source, a) && add(a, SLICE("}\n"));
}

static bool put_done(struct parts *p, struct assembly *a)
{
    return add(a, SLICE("{\"event\":\"done\",")) && parts_add_done(p, a) && add(a, SLICE("}\n"));
}

const struct framing framing_ndjson = {
    .content_type = SLICE_INIT("application/x-ndjson"),
    .ping = SLICE_INIT("{\"event\":\"ping\"}\n"),
    .early_ping = SLICE_INIT("{\"event\":\"ping\"}\n"),
    .first = put_first,
    .part = put_part,
    .done = put_done,
};
