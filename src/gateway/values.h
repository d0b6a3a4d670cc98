/* values.h - what the variables of a template are worth in one run
 *
 * From the request's parameters, header fields, body and claims, from the answers of sources that
 * have settled, and from the element that a call is for: there a path leads to a string, a number
 * or a boolean, whose text is the value. A path that leads elsewhere is a failed dependency, and of
 * the request's body or claims a violation; what these lack is undefined. Texts lie where the
 * JSON does, or in the exchange's arena.
 */
#pragma once

#include "gateway/run.h"

enum values_verdict {
    VALUES_GOOD,
    VALUES_MISSING, /* a source or an element has no such value */
    VALUES_UNFIT,   /* the client's body, or a claim, has another kind of value there */
    VALUES_NO_ROOM, /* the arena is full */
};

/* What one call of `each` is for. */
struct values_item {
    struct slice element;      /* JSON; of a batch empty, and instead the distinct elements: */
    const struct slice *texts; /* as text */
    const struct slice *jsons;
    unsigned n;
};

struct values_missing {
    struct slice detail; /* "product.sku is missing" */
    struct slice name;   /* product.sku */
    struct slice why;    /* missing, null, an array */
    int source;          /* whose value it was to be; -1: no source's */
};

/* The text of a string, a number or a boolean, as variables have it: where it stands, or unescaped
 * in the arena. false: that is full. */
bool values_text(struct arena *arena, struct slice json, struct slice *text) MUST_USE;
/* Fills the gateway's values, one a variable. item: NULL where the source is called once. */
enum values_verdict values_fill(struct run *r, const struct values_item *item,
                                const struct config_template *t,
                                struct values_missing *missing) MUST_USE;
/* The value as JSON, for bodies and conditions; SLICE_NONE where there is none. false: the arena is
 * full. */
bool values_json(struct run *r, const struct values_item *item, const struct config_variable *from,
                 struct slice *json) MUST_USE;
/* Is it the client's own: a parameter, a header field, a place in its body or its claims? */
bool values_are_of_request(const struct config_variable *from);
/* The same from the request and the item alone; what others will say is stood for by a letter, and
 * so is the item where it is NULL. */
enum values_verdict values_fill_early(struct run *r, const struct values_item *item,
                                      const struct config_template *t,
                                      struct values_missing *missing) MUST_USE;
