/* jq_check.h - does every program of a configuration compile?
 *
 * Asked of a helper process (service/jq_helper.h) when a configuration is loaded, so that jq's
 * library is kept out of the serving process here as well. Blocks while it compiles.
 */
#pragma once

#include "base/buffer.h"
#include "config/config.h"

/* false: what does not is appended to the diagnostics. True at once where there is no program. */
bool jq_check(const struct config *c, struct buffer *diagnostics) MUST_USE;
