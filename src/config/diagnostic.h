/* diagnostic.h - what is wrong with a configuration, gathered, sorted, shown as compilers do
 *
 *   sheaf.yaml:12:5: error: unknown key 'timout' in an endpoint; did you mean 'timeout'?
 *       timout: 800ms
 *       ^
 */
#pragma once

#include "base/buffer.h"
#include "config/document.h"
#include "config/rule.h"

struct diagnostic {
    enum rule rule;
    struct place place;
    const char *message;
    unsigned order; /* of being told */
};

struct diagnostics { /* all zero: none */
    struct diagnostic *items;
    unsigned n, capacity;
};

enum {
    DIAGNOSTIC_MAX = 1000 /* more of them help nobody */
};

/* Keeps the message, which must live as long. It says what is wrong, a semicolon, and what would be
 * right. Past the limit it is dropped. */
void diagnostic_add(struct diagnostics *d, enum rule rule, struct place place, const char *message);
void diagnostic_done(struct diagnostics *d);
/* All of them by file, place and order of being told; what is told twice of one place, once. */
void diagnostic_write(struct diagnostics *d, struct buffer *out);

/* Does the line name a key whose value is a secret, in letters of any case? */
bool diagnostic_has_secret(struct slice line);
/* Hides on the line of the place what may be secret, as it is done before the line is shown. */
void diagnostic_hide(struct place place);

/* The same look for what is found out about a configuration once it has been read. The place is in
 * the main file, where the line is looked up again, and left out where it cannot be. */
void diagnostic_show(const struct config_position *at, const char *message, struct buffer *out);
