/* node_internal.h - what the files that make nodes share */
#pragma once

#include "config/reading.h"

struct node_syntax_error {
    struct document *document;
    size_t offset;
    const char *message; /* libfyaml's */
};

/* Tells it, with a hint where it is one of the traps that everybody falls into. Where it shows
 * words of the file, the secrets in it are hidden before. */
void node_tell_syntax(struct reading *r, const struct node_syntax_error *error);
/* Hides in a file that could not be read the lines behind a secret's key, up to the next line that
 * has a key. */
void node_hide_secrets(struct document *d);
/* Does the line begin with a key and its colon? In quotes, too. */
bool node_has_key(struct slice line);
/* Tells a line of a text below '|' or '>' that is indented less than those above. */
bool node_text_tell(struct reading *r, struct place place);
/* Tells where the line of the place, or the one below it, is indented as no line may be. */
bool node_indent_tell(struct reading *r, struct place place);
/* Tells a brace or bracket that is open at the place, where something new begins; by the parser's
 * words that does not belong into it, or lacks a comma. */
bool node_bracket_tell(struct reading *r, struct place place, const char *words);
/* Tells a sign that no text begins with. */
bool node_sign_tell(struct reading *r, struct place place, const char *words);
/* Tells what would be right by the parser's words. */
void node_words_tell(struct reading *r, struct place place, const char *words);
/* Replaces ${NAME} and ${NAME:-default} in a scalar; what cannot be is told. */
void node_replace_environment(struct reading *r, struct node *scalar);
