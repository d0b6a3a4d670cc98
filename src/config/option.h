/* option.h - one row is the whole truth about an option
 *
 * The reader, the checks, "did you mean", the reference page and the JSON Schema are all made from
 * the rows. A new option is a new row; a new kind of value is a new struct option_kind.
 */
#pragma once

#include "config/reading.h"

struct option;

struct option_kind {
    const char *name; /* for the reference page */
    /* JSON Schema of a value, "@" standing for the row's section; NULL: it depends on the row. */
    const char *schema;
    /* Reads the value into object, the struct whose offsets the row has. */
    void (*read)(struct reading *r, const struct option *row, struct node *value, void *object);
};

enum option_flags {
    OPTION_REQUIRED = 1, /* there is no default */
    OPTION_OWN = 2,      /* not under `defaults`: it makes no sense for all */
    OPTION_JOINS = 4,    /* may stand in an included file */
    OPTION_WHOLE = 8,    /* `defaults` are replaced by it, never merged into it */
    OPTION_ONE_OF = 16,  /* one of the rows with this flag is due */
    OPTION_EARLY = 32,   /* read before the others, which need it */
};

struct option {
    const char *name;
    const struct option_kind *kind;
    size_t place;          /* in the struct that the section fills */
    size_t given;          /* of a bool that becomes true where the option is given; 0: none */
    const char *preset;    /* the default, as it would be written */
    const char *otherwise; /* the default in words, where it is no value */
    uint64_t min, max;     /* of the value, in its unit; max 0: no bounds */
    const char *choices;   /* words that may stand, "a|b", in the order of the enum */
    const struct section *section; /* of what is inside */
    const char *needs; /* another key of the thing's own without which this one makes no sense */
    unsigned flags;
    unsigned unread; /* reading_unread: what is not known where it is missing or wrong */
    const char *sentence;
    const char *example;
};

struct section {
    const char *name;  /* in the schema, and the title on the reference page */
    const char *what;  /* in messages: "an endpoint" */
    const char *about; /* opens its part of the reference page */
    const struct option *rows;
    unsigned n_rows;
};

/* Reads a map row by row, in the order of the rows, early ones first. What is absent gets its
 * default; what is unknown, and what is due and absent, is told. A null is an empty map. */
void option_read_section(struct reading *r, const struct section *s, struct node *map,
                         void *object);
/* Neither there nor, as far as can be guessed, meant by an unknown key that stands there. */
bool option_is_lacking(const struct section *s, const struct node *map, const char *key);

/* A word of other gateways for what a section calls `key`, or says in another way. */
struct option_word {
    const struct section *section;
    const char *words; /* "a|b" */
    const char *key;   /* NULL: none of its keys */
    const char *hint;  /* NULL: did you mean the key? */
};
const struct option_word *option_word_find(const struct section *s, struct slice key);
const struct option *option_find(const struct section *s, struct slice name);
/* Tells the keys of a map that the section has no row for. */
void option_check_keys(struct reading *r, const struct section *s, const struct node *map);
/* Tells what stands in a map under `defaults` and may not. */
void option_check_defaults(struct reading *r, const struct section *s, const struct node *map);
/* Own, with what `defaults` say of such a thing. */
struct node *option_merge_defaults(struct reading *r, const struct section *s,
                                   struct node *defaults, struct node *own);
