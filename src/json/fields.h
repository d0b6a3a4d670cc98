/* fields.h - which members of a document are asked for (CONTRACT 3.4)
 *
 * The grammar is Google's partial response: "a,b(c,d),e/f,*". Arrays are transparent: names speak
 * of the members of their elements. What is parsed is canonical from birth: names sorted and
 * merged, so that two ways to ask for the same give the same tree and the same text.
 *
 * Pure; trees live in the caller's arena, immutable.
 */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

enum {
    FIELDS_TEXT_MAX = 2048,
    FIELDS_DEPTH_MAX = 8,
    FIELDS_NAMES_MAX = 256,
};

struct fields_member;

/* What is asked for of one level. NULL never stands for "everything". */
struct fields {
    bool is_all;              /* everything, whatever is below; there are no members then */
    const struct fields *any; /* "*(...)": of members that no name here is; NULL: of none */
    const struct fields_member *members; /* by name, each once; `any` is merged into them */
    unsigned n_members;
    unsigned n_names; /* of the whole tree; for fields.c */
};
struct fields_member {
    struct slice name; /* UTF-8 as it stands unescaped in a document */
    size_t offset;     /* of its first mention in the text it was parsed from */
    const struct fields *below;
};

extern const struct fields fields_all;

enum fields_verdict {
    FIELDS_GOOD,
    FIELDS_BAD_TOKEN,
    FIELDS_TOO_LONG,
    FIELDS_TOO_DEEP,
    FIELDS_TOO_MANY,
    FIELDS_NO_ROOM, /* the arena is full */
};

struct fields_result {
    enum fields_verdict verdict;
    const struct fields *fields; /* FIELDS_GOOD */
    size_t offset;               /* otherwise: where it went wrong, */
    struct slice token;          /* what stands there; empty at the end of the text, */
    const char *expected;        /* and what could have stood there: "a name", "',' or ')'" */
};

/* The text must be UTF-8 and outlive the tree. */
struct fields_result fields_parse(struct slice text, struct arena *arena) MUST_USE;
/* The tree of one dotted path, a.b.c (`pick: [id, price.amount]`), at most FIELDS_DEPTH_MAX names.
 * NULL: no path, or no room. */
const struct fields *fields_of_path(struct slice dotted, struct arena *arena) MUST_USE;

/* What is asked for below a member; NULL: it is not asked for. */
const struct fields *fields_below(const struct fields *f, struct slice name);
/* Both of them; either may be NULL (nothing). NULL where the arena is full, or where names that
 * stand beside "*(...)" make more of them than anybody means. */
const struct fields *fields_merge(const struct fields *a, const struct fields *b,
                                  struct arena *arena) MUST_USE;
/* What both ask for. *out NULL: nothing. false: as fields_merge() at NULL. */
bool fields_intersect(const struct fields *a, const struct fields *b, struct arena *arena,
                      const struct fields **out) MUST_USE;
/* The canonical text. Parsing it gives the same tree, where it is within the bounds of a text and
 * its names are the grammar's. false: past the buffer's limit. */
bool fields_write(const struct fields *f, struct buffer *out) MUST_USE;
