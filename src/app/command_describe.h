/* command_describe.h - what the commands that describe the endpoints have in common */
#pragma once

#include "app/command.h"
#include "app/description.h"

/* Writes the configuration's description to stdout as `write` puts it. */
enum exit_code command_describe(const struct command_line *line,
                                bool (*write)(struct description *d, struct buffer *out));
