/* config_reference.h - what the reference page and the manual page say alike
 *
 * Texts are Markdown of the least kind: `code` and nothing else.
 */
#pragma once

#include "config/option.h"

/* How kinds of values are written; ends with a NULL name. */
struct config_reference_value {
    const char *name;
    const char *written;
};
extern const struct config_reference_value config_reference_values[];

extern const char *const config_reference_notes[]; /* ends with NULL */
extern const char config_reference_example[];      /* a whole small configuration */

/* What may stand there, and what holds where nothing does. */
bool config_reference_put_value(struct buffer *out, const struct option *row) MUST_USE;
bool config_reference_put_default(struct buffer *out, const struct option *row) MUST_USE;
