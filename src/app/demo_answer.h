/* demo_answer.h - what the demo's listeners say when there is nothing else to say */
#pragma once

#include "http/exchange.h"

/* The whole answer: {"error": what}. `what` is a constant of ours that needs no escapes. */
void demo_answer_error(struct exchange *e, unsigned status, struct slice what);
