/* place.h - where in the answer each source's value stands (CONTRACT 3.3, `into`)
 *
 * A tree of names, made once at load, in the order in which its sources are declared. A place is a
 * source's, or an object of ours that is made where something stands in it. What is placed below
 * a source's place lies in the source's own value where that is shown, and in an object of ours
 * where it is not. Hidden sources have no place.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"

struct place {
    struct slice name;   /* UTF-8; the root and what is joined have none */
    struct slice member; /* `,"name":` */
    struct slice dotted; /* product.reviews, for people */
    int source;          /* whose value stands here; -1: an object of ours */
    unsigned order;      /* of the source, or of the first one below, in the endpoint */
    bool is_joined;      /* the members of the source's value join the top level here */
    bool is_hosted;      /* below a source's place */
    uint64_t inside;     /* bits of the sources further down */
    uint64_t covered;    /* of all sources here and further down */
    struct place *first, *last, *next;
};

struct place_tree {
    struct place root;
    bool is_flat;         /* each source is a member of the top level, and nothing lies in it */
    uint64_t all;         /* bits of the endpoint's sources */
    uint64_t shown;       /* of those that have a place */
    uint64_t joined;      /* of those at `into: .` */
    uint64_t conditional; /* of those with `when`, and of those that need one of them */
    uint64_t kept;        /* of those that are called whatever is selected, and what they need */
    uint64_t *called;     /* by source: itself and what it needs, at any depth */
    struct place **of;    /* by source; NULL: it is hidden */
};

/* The arena has no limit. */
void place_compile(struct place_tree *t, const struct config_endpoint *e, struct arena *arena);
/* The child of that name; NULL: there is none. */
struct place *place_find(const struct place *parent, struct slice name);
