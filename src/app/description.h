/* description.h - what the endpoints take and answer, as far as a configuration tells
 *
 * One neutral form for all that is written of it: JSON Schemas of the answers, under names that do
 * not collide and stay the same as long as methods and paths do. openapi.h and typescript.h put it
 * down in their languages.
 *
 * An answer's schema is that of the whole answer, and one more for each view. A value without a
 * `schema` is any value.
 */
#pragma once

#include "app/draft.h"
#include "base/map.h"
#include "config/config.h"
#include "gateway/place.h"

struct description_view {
    struct slice name;   /* the client's */
    struct slice schema; /* the name of what is answered in it */
};

struct description_endpoint {
    const struct config_endpoint *config;
    struct slice name; /* GetProductsById; its own, also with DESCRIPTION_SUFFIXES behind it */
    struct slice data; /* the name of the answer's schema */
    struct description_view *views;
    unsigned n_views;
};

/* What may stand behind an endpoint's name. */
#define DESCRIPTION_SUFFIXES "PathParams", "Params", "Headers", "Data", "Sources"

struct description {
    struct arena arena;
    const struct config *config;
    struct map names;      /* all that are taken */
    struct draft *schemas; /* by name, each referred to by one before it or by an endpoint */
    struct description_endpoint *endpoints;
    unsigned n_endpoints;
};

/* The names of the schemas of an entry in `errors`, where it is an object, and of a problem. */
#define DESCRIPTION_ERROR "SourceError"
#define DESCRIPTION_PROBLEM "Problem"
/* What any endpoint may answer where something went wrong (CONTRACT 3.5): both, by these names. */
struct draft *description_failures(struct arena *arena);

void description_init(struct description *d, const struct config *c);
void description_done(struct description *d);
/* Must a client send it? */
bool description_is_due(const struct config_parameter *p);
/* The endpoint's, in small letters. */
struct slice description_method(struct description *d, const struct config_endpoint *e);
