/* schema.h - JSON Schemas (2020-12) as drafts, and what becomes of them
 *
 * A schema here says what is known of a value: where a step cannot tell exactly it says less,
 * never something that may be wrong. References lead to `names`, an object of the schemas that a
 * source's own may refer to, under the names that they have in the description.
 */
#pragma once

#include "app/draft.h"
#include "json/shape.h"

#define SCHEMA_CONTAINERS (1U << JSON_ARRAY | 1U << JSON_OBJECT) /* bits of schema_kinds() */
#define SCHEMA_NAMES "#/components/schemas/"

/* {}: any value. */
struct draft *schema_any(struct arena *arena);
bool schema_is_any(const struct draft *s);
struct draft *schema_of_type(struct arena *arena, const char *type);
struct draft *schema_reference(struct arena *arena, struct slice name);
/* The name that it refers to; at is NULL where it does not: a map of members may have one that is
 * called $ref. */
struct slice schema_referred(const struct draft *s);
/* What stands behind its references; any where they lead nowhere. */
const struct draft *schema_resolve(const struct draft *s, const struct draft *names);
struct draft *schema_list_of(struct draft *element);
/* The one or the other; where one of them is any value, so are both. */
struct draft *schema_either(struct draft *one, struct draft *other);
struct draft *schema_or_null(struct draft *s);
/* Of what this value is like: its members and elements, not what their texts and numbers are. */
struct draft *schema_of_value(const struct draft *value);
/* Nothing but an object, whose members may be told one by one? */
bool schema_is_plain_object(const struct draft *s);
bool schema_requires(const struct draft *s, struct slice name);

/* The member at a path of names, through arrays; a null, which tells of an answer without a byte,
 * stays one. */
struct draft *schema_unwrap(struct draft *s, const struct draft *names, struct json_path path);
/* What json/shape.h leaves of such values; either may be NULL: everything. */
struct draft *schema_cut(struct draft *s, const struct draft *names, const struct shape *shape,
                         const struct fields *selected);

/* What a value may be, as bits of enum json_kind. */
unsigned schema_kinds(const struct draft *s, const struct draft *names);
