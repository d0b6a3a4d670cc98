/* negotiation.c - the formats that there are, and what the client says of them */
#include "gateway/negotiation.h"

#include "wire/accept.h"

static const struct accept_offer offers[] = {
    {.type = SLICE_INIT("application/json"), .suffix = SLICE_INIT("+json")},
    {.type = SLICE_INIT("text/event-stream")},
    {.type = SLICE_INIT("application/x-ndjson")},
    {.type = SLICE_INIT("multipart/mixed"),
     .parameter = SLICE_INIT("deferspec"),
     .version = SLICE_INIT("20220824")},
    {.type = SLICE_INIT("multipart/mixed"),
     .parameter = SLICE_INIT("incrementalspec"),
     .version = SLICE_INIT("v0.2"),
     .must_be_named = true},
};

enum {
    PLAIN = 0
};

/* By offer. */
static const struct framing *const framings[] = {NULL, &framing_sse, &framing_ndjson,
                                                 &framing_multipart, &framing_multipart_v02};

static bool has_ended(const struct request *r, const struct framing *f)
{
    const struct field *last = f == &framing_sse ? exchange_field(r, SLICE("last-event-id")) : NULL;
    return last && slice_equal(last->value, SLICE(FRAMING_DONE));
}

enum negotiation negotiation_read(const struct request *r, const struct framing **framing)
{
    struct accept a;
    if (!exchange_field(r, SLICE("accept")))
        return NEGOTIATION_PLAIN;
    accept_init(&a, offers, sizeof offers / sizeof *offers);
    for (unsigned i = 0; i < r->n_fields; i++)
        if (slice_equal_nocase(r->fields[i].name, SLICE("accept")))
            accept_add(&a, r->fields[i].value);
    int chosen = accept_choose(&a);
    if (chosen < 0)
        return accept_is_refused(&a, PLAIN) ? NEGOTIATION_NONE : NEGOTIATION_PLAIN;
    *framing = framings[chosen];
    if (!*framing)
        return NEGOTIATION_PLAIN;
    return has_ended(r, *framing) ? NEGOTIATION_OVER : NEGOTIATION_PARTS;
}
