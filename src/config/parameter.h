/* parameter.h - does a text fit what is declared of its parameter?
 *
 * The same for a request's value as for a default or an allowed value, which a client could send as
 * well. Numbers are JSON's (RFC 8259 section 6), and are compared by their worth with all their
 * digits. Pure.
 */
#pragma once

#include "config/config.h"

/* What is wrong, as bits; nothing is, where there are none. */
enum parameter_fault {
    PARAMETER_TYPE = 1,    /* it is of another type, and nothing else is looked at */
    PARAMETER_PATTERN = 2, /* it does not match, */
    PARAMETER_COSTLY = 4,  /* or takes too long to tell */
    PARAMETER_ENUM = 8,    /* it is none of the allowed ones */
    PARAMETER_MIN = 16,
    PARAMETER_MAX = 32
};

unsigned parameter_judge(const struct config_parameter *p, struct slice text,
                         struct pattern_scratch *scratch);
bool parameter_is_numeric(const struct config_parameter *p);
