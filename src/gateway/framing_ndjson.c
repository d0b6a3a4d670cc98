/* framing_ndjson.c - application/x-ndjson: an object a line; messages of a WebSocket are the same
 *
 * The socket sends pings of its own, and takes the line ends away.
 */
#include "gateway/assemble_internal.h"
#include "gateway/framing.h"

static bool add(struct assembly *a, struct slice bytes)
{
    return assemble_add(a, bytes, NULL);
}

/* Which question of several it answers. */
static bool add_id(const struct parts *p, struct assembly *a)
{
    const struct visit_ask *ask = p->run->visit->ask;
    return !ask || ask->id.n == 0 || add(a, ask->id);
}

static enum assemble_verdict put_first(struct parts *p, struct assembly *a)
{
    if (!add(a, SLICE("{\"event\":\"initial\",")) || !add_id(p, a) || !add(a, SLICE("\"data\":")))
        return ASSEMBLE_NO_ROOM;
    enum assemble_verdict verdict = parts_add_first(p, true, a);
    return verdict == ASSEMBLE_NO_ROOM || add(a, SLICE("}\n")) ? verdict : ASSEMBLE_NO_ROOM;
}

static bool put_part(struct parts *p, unsigned source, unsigned number, struct assembly *a)
{
    (void)number;
    return add(a, SLICE("{\"event\":\"part\",")) && add_id(p, a) && parts_add(p, source, a) &&
           add(a, SLICE("}\n"));
}

static bool put_done(struct parts *p, struct assembly *a)
{
    return add(a, SLICE("{\"event\":\"done\",")) && add_id(p, a) && parts_add_done(p, a) &&
           add(a, SLICE("}\n"));
}

const struct framing framing_ndjson = {
    .content_type = SLICE_INIT("application/x-ndjson"),
    .ping = SLICE_INIT("{\"event\":\"ping\"}\n"),
    .early_ping = SLICE_INIT("{\"event\":\"ping\"}\n"),
    .first = put_first,
    .part = put_part,
    .done = put_done,
};

const struct framing framing_websocket = {
    .first = put_first,
    .part = put_part,
    .done = put_done,
};
