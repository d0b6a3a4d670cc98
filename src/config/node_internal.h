/* node_internal.h - what the files that make nodes share */
#pragma once

#include "config/reading.h"

struct node_syntax_error {
    struct document *document;
    size_t offset;
    const char *message; /* libfyaml's */
};

/* Tells it, with a hint where it is one of the traps that everybody falls into. */
void node_tell_syntax(struct reading *r, const struct node_syntax_error *error);
/* Tells where the line of the place, or the one below it, is indented as no line may be. */
bool node_indent_tell(struct reading *r, struct place place);
/* Tells a brace or bracket that is open at the place, where something new begins; by the parser's
 * words that does not belong into it, or lacks a comma. */
bool node_bracket_tell(struct reading *r, struct place place, const char *words);
/* Tells what would be right by the parser's words. */
void node_words_tell(struct reading *r, struct place place, const char *words);
/* Replaces ${NAME} and ${NAME:-default} in a scalar; what cannot be is told. */
void node_replace_environment(struct reading *r, struct node *scalar);
