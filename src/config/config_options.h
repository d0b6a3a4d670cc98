/* config_options.h - what the rows of the options say to people and to editors
 *
 * docs/config.md, docs/man/sheaf.yaml.5 and docs/sheaf.schema.json are made from config_table*.c:
 * `ninja config-docs` writes them, and a test tells when they are stale.
 */
#pragma once

#include "base/buffer.h"

/* Each appends; false where the buffer's limit is reached. */
bool config_write_reference(struct buffer *out) MUST_USE;
bool config_write_manual(struct buffer *out) MUST_USE;
bool config_write_schema(struct buffer *out) MUST_USE;
