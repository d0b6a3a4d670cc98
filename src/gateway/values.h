/* values.h - what the variables of a template are worth in one run
 *
 * From the request's parameters and header fields, and from the answers of sources that have
 * settled: there a path leads to a string, a number or a boolean, whose text is the value. A path
 * that leads elsewhere is a failed dependency. Texts lie in the exchange's arena.
 */
#pragma once

#include "gateway/run.h"

enum values_verdict {
    VALUES_GOOD,
    VALUES_MISSING, /* a source has no such value */
    VALUES_NO_ROOM, /* the arena is full */
};

struct values_missing {
    struct slice detail; /* "product.sku is missing" */
    int source;
};

/* Fills the gateway's values, one a variable. */
enum values_verdict values_fill(struct run *r, const struct config_template *t,
                                struct values_missing *missing) MUST_USE;
/* The same from the request alone; what sources will say is stood for by a letter. */
void values_fill_early(struct run *r, const struct config_template *t);
