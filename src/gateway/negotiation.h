/* negotiation.h - does a request want its answer whole, or in parts, and in which? (CONTRACT 3.6)
 */
#pragma once

#include "gateway/framing.h"
#include "http/exchange.h"

enum negotiation {
    NEGOTIATION_PLAIN, /* that, or it names nothing that there is */
    NEGOTIATION_PARTS,
    NEGOTIATION_OVER, /* a stream that ended is asked for again by an EventSource */
    NEGOTIATION_NONE, /* the client refuses a plain answer, and names nothing else that there is */
};

/* *framing is set where it wants parts. */
enum negotiation negotiation_read(const struct request *r, const struct framing **framing);
