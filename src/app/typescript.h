/* typescript.h - a description as declarations of TypeScript
 *
 * For each endpoint an interface of its parameters, sources, answer and views; for each schema an
 * interface or a type; and `Endpoints`, from paths to the first. They compile under `tsc --strict`
 * and need no other module.
 */
#pragma once

#include "app/description.h"

/* The type that a schema stands for, as it is written `depth` levels deep. */
struct typescript {
    struct slice text;
    bool is_compound; /* in need of parentheses behind which something follows */
};
struct typescript typescript_of_schema(const struct draft *s, unsigned depth);
/* "export interface NAME ..." or "export type NAME = ...". false: past the buffer's limit. */
bool typescript_declare(const struct draft *s, struct slice name, struct buffer *out) MUST_USE;
/* The name of a member: as it is, or quoted. */
struct slice typescript_member(struct slice name, struct arena *arena);
/* A comment on the next line or member; nothing where the text is empty. */
struct slice typescript_comment(struct slice text, unsigned depth, struct arena *arena);

/* The whole file. */
bool typescript_write(struct description *d, struct buffer *out) MUST_USE;
