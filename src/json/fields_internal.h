/* fields_internal.h - how a level of a tree of names comes into being */
#pragma once

#include "json/fields.h"

/* "*(...)" is part of each name beside it, so that trees could grow by multiplication. */
enum {
    FIELDS_TREE_MAX = 4096, /* names of a tree, those counted again that stand in several places */
    FIELDS_MADE_MAX = 8192, /* members that come into being on the way to one */
};

struct fields_builder {
    struct arena *arena;
    unsigned n_made;
    bool is_too_many; /* why a function gave NULL or false: otherwise the arena is full */
};

/* A level that is being made; `any` is known first, and members come in their order. */
struct fields_level {
    struct fields_member *members; /* room for as many as was said */
    unsigned n_members;
    unsigned n_names;
    const struct fields *any;
};

bool fields_level_init(struct fields_builder *b, struct fields_level *level, unsigned n_max,
                       const struct fields *any) MUST_USE;
/* A member that `any` says the same of is left out. */
bool fields_level_add(struct fields_builder *b, struct fields_level *level,
                      struct fields_member member) MUST_USE;
const struct fields *fields_level_done(struct fields_builder *b,
                                       const struct fields_level *level) MUST_USE;

/* fields_merge() with a reason. */
const struct fields *fields_build_merged(struct fields_builder *b, const struct fields *x,
                                         const struct fields *y) MUST_USE;

/* The order of names: by their bytes. */
int fields_compare_names(struct slice a, struct slice b);
