/* document.h - one file of the configuration: its text, its lines, and places in it
 *
 * A place is a byte of a document; people are told line and column, which are counted only when
 * somebody asks. The text has no byte order mark.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "config/config.h"

struct document {
    const char *name; /* as it is told */
    const char *path; /* as it is opened */
    bool is_included; /* then it must be a regular file: nobody waits for a pipe */
    struct slice text;
    unsigned order; /* of reading; diagnostics are sorted by it */
    dev_t device;   /* these two say whether it is the same file */
    ino_t inode;
    size_t *lines; /* where each begins */
    size_t n_lines;
    bool is_ascii;
    size_t counted;  /* what document_position() counted last: a place on some line */
    unsigned column; /* and its column */
};

struct place {
    struct document *document; /* NULL: nowhere, of a default of ours */
    size_t offset;
};

/* Reads the whole file at d->path, at most limit bytes. FAULT_SYSTEM: errno says why;
 * FAULT_LIMIT: it is larger. */
enum fault document_read(struct document *d, size_t limit, struct arena *arena) MUST_USE;
/* The same of a text that is there already; it is copied. */
enum fault document_set_text(struct document *d, struct slice text, struct arena *arena) MUST_USE;
/* The first byte that no text may hold (ill-formed UTF-8, or a control); text.n where there is
 * none. */
size_t document_first_bad_byte(const struct document *d);

/* How many bytes of a line, which begins behind a quote, are in the quotes: all where none ends. */
size_t document_quoted_n(struct slice line, char quote);
/* From now on the n bytes there are shown as asterisks. */
void document_hide(struct place place, size_t n);

struct config_position document_position(struct place place);
/* The whole line a place is on, without its end. */
struct slice document_line(struct place place);
/* Moves the place to where the next line begins. false: there is none. */
bool document_next_line(struct place *place);
