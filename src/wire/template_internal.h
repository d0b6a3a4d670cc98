/* template_internal.h - what a template is compiled into
 *
 * Parts in order: literals, already encoded, and expressions, each with the variables between its
 * braces. What an operator means is one row of a table (RFC 6570, appendix A).
 */
#pragma once

#include <stdint.h>

#include "wire/template.h"

enum template_operator {
    TEMPLATE_SIMPLE,
    TEMPLATE_LABEL,
    TEMPLATE_SEGMENT,
    TEMPLATE_PARAMETER,
    TEMPLATE_QUERY,
    TEMPLATE_CONTINUE,
    TEMPLATE_N_OPERATORS,
};

struct template_rule {
    char sign;       /* as written behind the brace; 0: none */
    char first;      /* put before the first defined variable; 0: nothing */
    char separator;  /* put before the others */
    bool is_named;   /* values go as name=value */
    bool keeps_sign; /* an empty named value keeps its "=" */
};

extern const struct template_rule template_rules[TEMPLATE_N_OPERATORS];

/* A variable in an expression. */
struct template_use {
    uint32_t variable;
    bool explodes;
    struct slice name; /* encoded, for operators that write it */
};

enum {
    TEMPLATE_NOWHERE = INT32_MAX
}; /* no place in a literal */

struct template_part {
    /* A literal, where there are no uses. */
    struct slice literal;
    uint32_t segment_end;   /* where in it a path segment that began before ends, or NOWHERE */
    uint32_t segment_start; /* where the segment begins that it leaves open, or NOWHERE */
    /* An expression. */
    enum template_operator operator;
    bool in_path;
    uint32_t n_uses;
    struct template_use *uses;
};

struct template_variable {
    struct slice name;
    size_t offset; /* of its first use in the text */
    bool takes_list;
};

struct template
{
    bool is_text; /* no URI: values go in as they are */
    uint32_t n_parts;
    uint32_t n_variables;
    struct template_part *parts;
    struct template_variable *variables;
};

/* Is the "%" at the beginning of s followed by two hexadecimal digits? */
bool template_is_triplet(struct slice s);
