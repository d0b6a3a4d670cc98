/* accept.h - which of several representations a client would rather have (RFC 9110 12.5.1)
 *
 * Each offer is weighed by the most specific range that fits it. The highest weight wins; of equal
 * ones that which the client named first, and of those that one range names the earlier offer. A
 * parameter of a range counts where some offer has one of that name, as versions of a format do;
 * all others (charset) are passed over.
 *
 * Pure; a malformed range is passed over.
 */
#pragma once

#include "base/slice.h"

struct accept_offer {
    struct slice type;      /* lower case, type/subtype */
    struct slice suffix;    /* "+json": types that end so fit too; empty: none do */
    struct slice parameter; /* of its version, lower case; empty: it has none */
    struct slice version;
    bool must_be_named; /* only a range with the parameter fits */
};

enum {
    ACCEPT_MAX_OFFERS = 8
};

struct accept {
    const struct accept_offer *offers;
    unsigned n_offers;
    unsigned n_ranges; /* seen so far */
    struct {
        unsigned closeness; /* of the range; 0: none fits */
        unsigned weight;    /* thousandths */
        unsigned range;
    } best[ACCEPT_MAX_OFFERS];
};

/* The offers stay where they are. */
void accept_init(struct accept *a, const struct accept_offer *offers, unsigned n);
/* One field's value; fields add up. */
void accept_add(struct accept *a, struct slice value);
/* Its index; -1: the client names none of them, or refuses all. Without a range everything is
 * taken. */
int accept_choose(const struct accept *a);
/* Does the client say that it does not take this one? */
bool accept_is_refused(const struct accept *a, unsigned offer);
