/* authentication.h - does the client prove what the endpoint's policies ask for? (CONTRACT 3.9)
 *
 * Asked before anything else is looked at, the endpoint's own cache included. The first policy that
 * is satisfied, in the order in which the endpoint names them, says who the client is.
 */
#pragma once

#include "gateway/visit.h"

/* false: it does not, and that is answered. Of an answer that several get, it was asked before. */
bool authentication_check(struct visit *v) MUST_USE;
