/* explain_choice.h - what a client would select of each endpoint: --fields and --view */
#pragma once

#include "app/command.h"
#include "gateway/selection.h"

struct explain_choice {
    struct arena arena;
    struct place_tree places;
    struct selection selection;
    struct slice complaint; /* why it cannot be selected so */
};

/* false: this endpoint has no such view or field, or lets nobody select. To be done with in any
 * case. */
bool explain_choose(struct explain_choice *c, const struct config_endpoint *e,
                    const struct command_line *line);
void explain_choice_done(struct explain_choice *c);
