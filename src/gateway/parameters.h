/* parameters.h - what a request says for the parameters that its endpoint declares
 *
 * Values are found, decoded and checked; everything that is wrong is told at once. Queries are
 * decoded as forms; names that nobody declared are passed over. An empty value counts as absent. A
 * list is split at literal commas before it is decoded, and may be repeated as well.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"
#include "http/exchange.h"

struct parameters_value {
    bool is_present; /* given, or it has a default */
    bool is_list;
    struct slice text; /* decoded UTF-8; of a number or a boolean its text */
    const struct slice *items;
    unsigned n_items;
};

struct parameters_violation {
    struct slice parameter;
    struct slice message;
    struct parameters_violation *next;
};

struct parameters {
    struct parameters_value *values;         /* by index of the parameter */
    struct parameters_violation *violations; /* in declared order; NULL where all is well */
    struct parameters_violation **last;
    unsigned n_refused; /* how often something was wrong, what was told before included */
};

/* Where to look. */
struct parameters_input {
    const struct slice *segments; /* of the path, raw */
    struct slice query;           /* raw */
    const struct request *request;
    struct pattern_scratch *scratch;
};

/* false: the arena is full. */
bool parameters_read(struct parameters *p, const struct config_endpoint *endpoint,
                     const struct parameters_input *in, struct arena *arena) MUST_USE;
/* One violation more, unless it is told already; the message stays where it is. false: the arena is
 * full. */
bool parameters_refuse(struct parameters *p, struct slice parameter, struct slice message,
                       struct arena *arena) MUST_USE;
