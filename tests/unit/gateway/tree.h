/* tree.h - the places of one endpoint's sources, from a text in a test */
#pragma once

#include "base/arena.h"
#include "gateway/place.h"
#include "load.h"

struct tree {
    struct config *config;
    struct arena arena;
    struct place_tree places;
};

/* Lines of `name: {...}` below `sources`. */
void tree_load(struct tree *t, const char *sources);
void tree_done(struct tree *t);
