/* framing_sse.c - text/event-stream, as EventSource reads it
 *
 * The last event's id says that all has come: a client that asks again with it has nothing to ask.
 */
#include "gateway/assemble_internal.h"
#include "gateway/framing.h"

static bool add(struct assembly *a, struct slice bytes)
{
    return assemble_add(a, bytes, NULL);
}

static enum assemble_verdict put_first(struct parts *p, struct assembly *a)
{
    if (!add(a, SLICE("event: initial\ndata: ")))
        return ASSEMBLE_NO_ROOM;
    enum assemble_verdict verdict = parts_add_first(p, true, a);
    return verdict == ASSEMBLE_NO_ROOM || add(a, SLICE("\n\n")) ? verdict : ASSEMBLE_NO_ROOM;
}

static bool put_part(struct parts *p, unsigned source, unsigned number, struct assembly *a)
{
    struct slice head =
        arena_print(&p->run->visit->exchange->arena, "event: part\nid: %u\ndata: {", number);
    return head.at && add(a, head) && parts_add(p, source, a) && add(a, SLICE("}\n\n"));
}

static bool put_done(struct parts *p, struct assembly *a)
{
    return add(a, SLICE("event: done\nid: " FRAMING_DONE "\ndata: {")) && parts_add_done(p, a) &&
           add(a, SLICE("}\n\n"));
}

const struct framing framing_sse = {
    .content_type = SLICE_INIT("text/event-stream"),
    .ping = SLICE_INIT(":\n\n"),
    .early_ping = SLICE_INIT(":\n\n"),
    .first = put_first,
    .part = put_part,
    .done = put_done,
};
