/* jq_check.h - does every program of a configuration compile?
 *
 * Asked of a helper process (service/jq_helper.h) when a configuration is loaded, so that jq's
 * library is kept out of the serving process here as well. Blocks while it compiles.
 */
#pragma once

#include "config/config.h"

/* For struct config_judge. */
void jq_check(const struct config *c, const struct slice *programs, unsigned n,
              config_tell_jq *tell, void *context);
