/* keys.h - a file of keys: a YAML map of names and what each of them shows, and may do
 *
 * Read like the configuration itself (${NAME} is replaced), but apart from it, as it changes by
 * itself. What stands in it is secret: no message shows any of it.
 */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

enum {
    KEYS_FILE_MAX = 4 * 1024 * 1024 /* bytes */
};

struct keys_pair {
    struct slice name, key;
    struct slice scopes; /* words with a space between; empty: none */
};

/* Takes one pair; its texts are gone after the call. What is wrong with it, NULL: nothing. */
typedef const char *(*keys_take)(void *context, const struct keys_pair *p);

/* Hands over all pairs of the text. false: something is wrong; `wrong` has it as one line,
 * FILE:LINE:COL: what, without its break. */
bool keys_read(struct slice text, const char *file, keys_take take, void *context,
               struct buffer *wrong) MUST_USE;
