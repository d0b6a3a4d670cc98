/* description_internal.h - what the files that describe an endpoint share */
#pragma once

#include "app/description.h"
#include "app/schema.h"
#include "gateway/selection.h"

/* What is known of one source. */
struct description_source {
    struct draft *answer; /* schema of what its service answers */
    struct draft *names;  /* the schemas that this one may refer to */
    struct draft *value;  /* of all that is shown of it, by its name; NULL: not known yet, or others
                             stand in it */
};

/* An endpoint that is being described. */
struct description_work {
    struct description *d;
    const struct config_endpoint *config;
    struct slice name;
    struct place_tree places;
    struct description_source *sources;
    struct draft *parts;               /* named schemas, which may be referred to */
    const struct selection *selection; /* whose answer it is now; `of` is NULL for the whole one */
    struct draft *vague;               /* an object of names at its top level that may be taken by
                                          what joins it, with nothing there that is selected */
};

/* A name that nobody has: this, or with a number behind it. */
struct slice description_claim(struct description *d, struct slice wanted);
/* Words as in GetProductsById: first letters large, nothing but letters and digits. */
struct slice description_words(struct description *d, struct slice before, struct slice text);

/* What its `schema` and its format say. */
void description_begin_source(struct description_work *w, unsigned source);

/* Is something shown there, or further down? */
bool description_is_shown(const struct description_work *w, const struct place *p);
/* One answer of the place's source, as it is shown. */
struct draft *description_shown(const struct description_work *w, const struct place *p);
/* Adds to the names that are vague those of what joins at this place. */
void description_find_vague(struct description_work *w, const struct place *p);
/* What stands at the source's place, with what others put into it, and where it fails. */
struct draft *description_value(struct description_work *w, const struct place *p);
/* What stands in for one that fails; NULL: nothing, the answer ends. */
struct draft *description_stand_in(struct description_work *w, const struct place *p);
/* The schema with the places in it as members, where it is of objects; NULL: of a new object. */
struct draft *description_inside(struct description_work *w, struct draft *s,
                                 const struct draft *names, const struct place *p);
/* The answer to what is selected. */
struct draft *description_answer(struct description_work *w);
