/* assemble_internal.h - how the parts of a document are laid side by side */
#pragma once

#include "gateway/assemble.h"
#include "gateway/names.h"

/* All of these: false where the arena is full. */
bool assemble_add(struct assembly *a, struct slice bytes, struct outcome *owner) MUST_USE;
/* What stands in the answer for a source, an array of its elements where it is called for each. */
bool assemble_add_source(struct assembly *a, unsigned source) MUST_USE;
/* The same for one of these elements. */
bool assemble_add_element(struct assembly *a, unsigned source, unsigned element) MUST_USE;
/* Is a member of that name, with its quotes, taken along? false: the arena is full. */
typedef bool assemble_filter(void *context, struct slice name, bool *is_taken);
/* The members of a source at `into: .` that are taken along. */
bool assemble_add_joined(struct assembly *a, unsigned source, assemble_filter *filter,
                         void *context, bool *has_members) MUST_USE;
/* Before the members of these are claimed: the names of many bring room of their own into the
 * exchange's arena. */
bool assemble_reserve_names(struct run *r, uint64_t joined, struct names *names) MUST_USE;
/* The whole document by its places, without the last brace. shown: bits of the sources that stand
 * in it; one that cannot, fails. *has_members: does a comma go before what follows? */
bool assemble_add_places(struct assembly *a, uint64_t shown, bool *has_members) MUST_USE;
