/* secret.h - a secret of the configuration: a text, or a file that is read again when it changes
 *
 * A file's line breaks at its end are not part of the secret. One that cannot be read, is empty or
 * too long changes nothing: what was read before stays. Control thread only.
 */
#pragma once

#include <sys/stat.h>

#include "base/buffer.h"
#include "config/config.h"

struct secret {
    struct slice text; /* the configuration's */
    const char *file;  /* NULL: the text is it */
    struct buffer read;
    struct stat seen; /* the file when it was read, or could not be */
    size_t limit;     /* bytes of the file */
    bool was_young;   /* by then: another change may look like the one that was seen */
    bool was_lost;
};

enum secret_news {
    SECRET_SAME,
    SECRET_CHANGED,
    SECRET_LOST, /* the file cannot be read; told once, until it can */
};

/* The configuration outlives it. Nothing is read yet; a file has at most `limit` bytes. */
void secret_init(struct secret *s, const struct config_secret *from, size_t limit);
/* Of another configuration that says the same. */
void secret_move(struct secret *s, const struct config_secret *to);
/* Looks whether the file is another one. Of a text nothing changes. */
enum secret_news secret_look(struct secret *s);
/* Empty: there is none. Good until the next look. */
struct slice secret_value(const struct secret *s);
/* Wipes it. */
void secret_done(struct secret *s);
