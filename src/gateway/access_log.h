/* access_log.h - one line a request, and one a call that outlived its request */
#pragma once

#include "gateway/run.h"
#include "observe/access.h"

/* The exchange has finished. */
void access_log_visit(struct visit *v);
/* What the line of this visit tells of sources is what this run's would. */
void access_log_keep(struct visit *v, const struct run *r);
/* What is told of one source of a run that is over. */
struct access_source access_log_describe(const struct run *r, unsigned source);
/* The sources of a run that is over, in declared order; their number. Those that were skipped or
 * not needed are left out. Room for all of the endpoint. */
unsigned access_log_list(const struct run *r, struct access_source *list);
struct access_source access_log_source(const struct plan_source *s, const struct outcome *o);
void access_log_write(struct gateway *g, const struct access_entry *entry);
