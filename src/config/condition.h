/* condition.h - `when`, compiled (CONTRACT 3.1)
 *
 *   condition = and *("or" and);  and = not *("and" not);  not = "not" not / "(" condition ")" /
 * test test = operand [comparison operand] / "has(" path ")" / path "matches" string
 *
 * Instructions work on one truth value. An operand alone holds unless it is null or false. A value
 * that is missing is null; values of different types are unequal, and neither before the other.
 */
#pragma once

#include "config/config.h"

enum condition_code {
    CONDITION_HOLDS,   /* is `left` neither null nor false? */
    CONDITION_HAS,     /* is there such a member, even null? */
    CONDITION_MATCHES, /* does the pattern match somewhere in the string `left`? */
    CONDITION_EQUAL,
    CONDITION_UNEQUAL,
    CONDITION_LESS,
    CONDITION_AT_MOST,
    CONDITION_GREATER,
    CONDITION_AT_LEAST,
    CONDITION_NOT,           /* turns the truth around */
    CONDITION_JUMP_IF_TRUE,  /* to `target`, the truth stays: "or" */
    CONDITION_JUMP_IF_FALSE, /* "and" */
};

struct condition_operand {
    bool is_literal;
    struct slice literal; /* JSON text, checked */
    struct config_variable variable;
};

struct condition_instruction {
    enum condition_code code;
    unsigned target;
    struct pattern *pattern;
    struct condition_operand left, right;
};

struct condition {
    const struct condition_instruction *instructions;
    unsigned n_instructions;
    struct slice text; /* as written */
};

/* How many operands an instruction looks at: none, `left`, or both; the rest of it is not set. */
static inline unsigned condition_n_operands(enum condition_code code)
{
    if (code >= CONDITION_NOT)
        return 0;
    return code <= CONDITION_MATCHES ? 1 : 2;
}
