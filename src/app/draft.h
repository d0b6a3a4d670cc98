/* draft.h - a JSON document in the making: values that are put together, and written once
 *
 * Values live in an arena without a limit and are never freed alone. A value may stand in several
 * places, as long as nobody changes it any more. Numbers keep the digits that they came with;
 * members keep their order. For what commands write, not for the hot path.
 */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

enum draft_kind {
    DRAFT_SCALAR,
    DRAFT_LIST,
    DRAFT_OBJECT,
};

struct draft;

/* A member of an object, or an element of a list, which has no name. */
struct draft_part {
    struct slice name; /* without quotes or escapes */
    struct draft *value;
    struct draft_part *next;
};

struct draft {
    enum draft_kind kind;
    struct arena *arena;
    struct slice text; /* of a scalar, as JSON */
    struct draft_part *first, *last;
    unsigned n; /* parts */
};

struct draft *draft_object(struct arena *arena);
struct draft *draft_list(struct arena *arena);
/* A string of this text. */
struct draft *draft_text(struct arena *arena, struct slice text);
/* A number, true, false or null, as JSON. */
struct draft *draft_word(struct arena *arena, const char *json);
/* A whole document, which scan_json() has accepted. */
struct draft *draft_read(struct arena *arena, struct slice json);

/* The member, where the object has it; anything else has none. */
struct draft *draft_find(const struct draft *object, const char *name);
struct draft *draft_find_slice(const struct draft *object, struct slice name);
/* A new member, which must not be there already; the name is copied. */
void draft_append(struct draft *object, struct slice name, struct draft *value);
/* The same, in place of one of that name where there is one. */
void draft_put(struct draft *object, struct slice name, struct draft *value);
void draft_set(struct draft *object, const char *name, struct draft *value);
void draft_set_text(struct draft *object, const char *name, struct slice text);
void draft_set_word(struct draft *object, const char *name, const char *json);
void draft_add(struct draft *list, struct draft *element);
void draft_add_text(struct draft *list, struct slice text);

/* A new object or list with the same parts. */
struct draft *draft_copy(const struct draft *d);
/* Takes the member out where it is an empty object or list. */
void draft_drop_empty(struct draft *object, const char *name);
bool draft_is_string(const struct draft *d);
/* Is it the string, or the word? */
bool draft_is_text(const struct draft *d, const char *text);
bool draft_is_word(const struct draft *d, const char *json);
/* The characters of a string. */
struct slice draft_characters(const struct draft *string);
/* Does a list have the string? */
bool draft_has_text(const struct draft *list, struct slice text);

/* On several lines, indented by two spaces; short lists of scalars on one. false: past the buffer's
 * limit. */
bool draft_write(const struct draft *d, struct buffer *out) MUST_USE;
