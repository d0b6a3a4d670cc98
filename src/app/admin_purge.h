/* admin_purge.h - what is remembered and no longer true: purging it on the admin address */
#pragma once

#include "app/control.h"
#include "http/exchange.h"

/* POST {"key": …}, {"tag": …}, {"prefix": …} or {"all": true}: on this instance, and on all that
 * share a store with it. Answered when the stores have done it, or in TIER_PURGE_MS. */
void admin_purge_answer(struct exchange *e);
/* The client has left before that. */
void admin_purge_gone(struct exchange *e);
