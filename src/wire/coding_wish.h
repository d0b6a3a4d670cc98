/* coding_wish.h - which codings a client takes: Accept-Encoding (RFC 9110 12.5.3)
 *
 * Weights are thousandths. What is not named has the weight of "*"; without that it is not taken,
 * but for identity, which always is unless it is refused. Pure.
 */
#pragma once

#include "wire/coding.h"

enum {
    CODING_N = 5
};

struct coding_wish {
    bool is_named[CODING_N];
    unsigned weights[CODING_N];
    bool has_rest; /* "*" */
    unsigned rest;
};

/* {0} before the first field. */
void coding_wish_add(struct coding_wish *wish, struct slice value);
/* Of ours, the best first, the one that it wants most; identity where it wants that more, or none
 * of ours. */
enum coding coding_wish_choose(const struct coding_wish *wish, const enum coding *ours, unsigned n);
/* Must the body be coded, however small it is? */
bool coding_wish_refuses_identity(const struct coding_wish *wish);
