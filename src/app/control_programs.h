/* control_programs.h - what jq says of a program that failed, told to the operator
 *
 * Clients hear that it failed alone: the words may have of the answer in them. A worker tells each
 * program once in a configuration.
 */
#pragma once

#include "config/config.h"

struct control;

/* A program, and what jq said. */
struct control_program {
    const struct config_endpoint *endpoint;
    const struct config_source *source;
    struct slice why;
};

/* From any thread. All of it is copied, as far as a line goes. */
void control_programs_failed(struct control *c, const struct control_program *failed);
