/* option_kind.h - kinds of values that know nothing of gateways, and what all kinds read with */
#pragma once

#include "config/option.h"
#include "config/quantity.h"

/* For schemas: a text that a value of the environment will be put into, and the words for a
 * boolean. What may be a boolean may be each of its words. */
#define OPTION_ENVIRONMENT "{\"$ref\":\"#/$defs/environment\"}"
#define OPTION_ON "{\"$ref\":\"#/$defs/on\"}"
#define OPTION_OFF "{\"$ref\":\"#/$defs/off\"}"

/* A duration is uint64_t milliseconds, a size size_t, a count unsigned, a share unsigned
 * thousandths, a rate uint64_t in an hour (one word in `choices` is 0 of a count or a duration), a
 * number double, a file const char * beside the file that names it, JSON struct slice. `choice_of`
 * is an enum in the order of `choices`; `either` is a bool, true for the second of two words, and
 * where the first is "off", booleans do too. */
extern const struct option_kind option_boolean, option_count, option_duration, option_size,
    option_share, option_rate, option_number, option_file, option_choice_of, option_either,
    option_json, option_section;

/* Is it what is due? Otherwise it is told. A scalar has a text; `due` says what belongs here: "a
 * duration". A null is an empty map and an empty list; `due` says how one looks. */
bool option_scalar(struct reading *r, const struct node *value, const char *due);
/* And of a text that is one line: no line break ends it, as one does a block behind ">". */
bool option_line(struct reading *r, const struct node *value, const char *due);
bool option_map(struct reading *r, const struct node *value, const char *due);
bool option_list(struct reading *r, const struct node *value, const char *due);
/* Of what has no default: a null is nothing, and told. */
bool option_is_given(struct reading *r, const struct node *value, const char *due);
/* A whole number as the row bounds it; told where it is none. */
bool option_read_count(struct reading *r, const struct option *row, const struct node *value,
                       unsigned *out);
/* Is the scalar a boolean? *out is which. */
bool option_is_boolean(const struct node *value, bool *out);
/* The i-th of the words "a|b|c"; at is NULL behind the last. */
struct slice option_choice(const char *choices, unsigned i);

/* Where the row's value goes in the struct that the section fills. */
static inline void *option_at(void *object, const struct option *row)
{
    return (char *)object + row->place;
}
