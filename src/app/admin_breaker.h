/* admin_breaker.h - the services' breakers on the admin address: what they are, and forcing them */
#pragma once

#include "app/control.h"
#include "http/exchange.h"
#include "observe/metrics.h"

/* POST {"service": "reviews", "force": "open" | "closed" | "off"}: of the whole process, until it
 * is let go or the configuration is read again. */
void admin_breaker_answer(struct exchange *e);
/* sheaf_breaker_state, a sample a service. */
void admin_breaker_show(const struct control *c, struct metrics *m);
