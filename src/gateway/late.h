/* late.h - unsafe calls that outlive their request: they end by themselves, and are logged
 *
 * What the log line needs is copied, as the request is gone by then. The line looks as a request's,
 * with the method of the call, the endpoint's path as written, and the one source. Those that are
 * still under way when the process ends are cut, and logged as cancelled.
 */
#pragma once

#include "base/list.h"

struct run;
struct service_call;

/* Of a worker, over all its gateways. */
struct late_calls {
    struct list list;
    bool are_cut;
};

void late_calls_init(struct late_calls *l);
/* Cuts those that are under way, and from now on each one at once. */
void late_calls_cut(struct late_calls *l);

/* This call of the source goes on alone; it is no longer the run's. */
void late_begin(struct run *r, unsigned source, struct service_call *call);
