/* config_variable.h - what a name in a template, a condition or `each` stands for */
#pragma once

#include "config/config_internal.h"

/* Resolves a name for the source being read, which comes to need the sources that it speaks of;
 * false and told at the place where it stands for nothing. has_items: the call's own element, and
 * the list of a batch, may be meant. */
bool config_variable_resolve(struct reading *r, struct slice name, struct place place,
                             bool has_items, struct config_variable *out);
/* The steps of a path, which begins with a dot or a bracket or is empty; `written` is the whole
 * that it is part of, for what is told. */
bool config_variable_path(struct reading *r, struct slice written, struct slice path,
                          struct place place, struct json_path *out);
