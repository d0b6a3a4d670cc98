/* jq_setup.h - the programs of a configuration, and what their helpers may take */
#pragma once

#include "config/config.h"
#include "service/jq.h"

struct jq_settings jq_setup_settings(const struct config *c);

/* Goes over the sources that have a program. */
struct jq_setup_walk { /* all zero: before the first */
    unsigned endpoint, source;
};
const struct config_source *jq_setup_next(const struct config *c, struct jq_setup_walk *walk);

/* The helper for this configuration: made where it has programs, kept from then on. Its programs
 * are prepared. `j` is the worker's from the configuration before; NULL: none. */
struct jq *jq_setup(struct jq *j, struct loop *l, const struct config *c) MUST_USE;
