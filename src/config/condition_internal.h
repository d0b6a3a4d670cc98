/* condition_internal.h - the tokens of a condition */
#pragma once

#include "config/condition.h"
#include "config/config_internal.h"

enum condition_token_kind {
    CONDITION_END,
    CONDITION_OPEN,
    CONDITION_CLOSE,
    CONDITION_COMPARE,
    CONDITION_AND,
    CONDITION_OR,
    CONDITION_NEGATE,
    CONDITION_HAS_WORD,
    CONDITION_MATCHES_WORD,
    CONDITION_LITERAL,
    CONDITION_PATH,
    CONDITION_WRONG,
};

struct condition_token {
    enum condition_token_kind kind;
    size_t at; /* in the text */
    struct slice text;
    enum condition_code code; /* CONDITION_COMPARE */
    const char *instead;      /* CONDITION_WRONG: what to write; NULL where nobody knows */
};

/* The token at or behind `at`. */
struct condition_token condition_next_token(struct slice text, size_t at);
