/* late.h - unsafe calls that outlive their request: they end by themselves, and are logged
 *
 * What the log line needs is copied, as the request is gone by then. The line looks as a request's,
 * with the method of the call, the endpoint's path as written, and the one source.
 */
#pragma once

#include "gateway/run.h"

struct service_call;

/* This call of the source goes on alone; it is no longer the run's. */
void late_begin(struct run *r, unsigned source, struct service_call *call);
