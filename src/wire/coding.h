/* coding.h - content codings of bodies: gzip, deflate, br and zstd (RFC 9110 8.4)
 *
 * A reader takes a body's bytes as they come and gives what they mean, piece by piece, to a sink
 * that may stop it: so the bound on a body counts what is inside, and a small body that stands for
 * a huge one is found out before memory is. How much is done in one go is bounded as well, by a
 * budget. Windows are bounded too: 32 KiB, 16 MiB of br, 8 MiB of zstd (RFC 9659). Where a br body
 * repeats itself, its library fills the window before it gives any of it, whatever the budget says.
 * Pure; one thread's at a time.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

enum coding {
    CODING_IDENTITY,
    CODING_GZIP,
    CODING_DEFLATE, /* in zlib's frame as it should be, or bare as some send it */
    CODING_BR,
    CODING_ZSTD,
};

enum {
    CODING_MAX_STACKED = 2
};

/* What Content-Encoding fields say: codings in the order in which they were applied. */
struct coding_list {
    enum coding at[CODING_MAX_STACKED];
    unsigned n;
    bool is_foreign; /* there is one that we do not know, or there are too many */
};

/* By its name in any case, x-gzip too; false: we do not know it. */
bool coding_of(struct slice name, enum coding *out);
/* As Content-Encoding has it; empty: identity. */
struct slice coding_name(enum coding c);
/* {0} before the first field. */
void coding_list_add(struct coding_list *list, struct slice value);

enum coding_verdict {
    CODING_GOOD,    /* all of it is read, and what it means is with the sink */
    CODING_MORE,    /* the budget is spent before that */
    CODING_BAD,     /* the bytes are not what they are said to be */
    CODING_STOPPED, /* the sink wants no more */
};

struct coding_reader;

/* A piece of the body; false: no more. The bytes last for the call alone. */
typedef bool coding_sink(void *owner, struct slice piece);

/* Of a list that is neither empty nor foreign. */
struct coding_reader *coding_reader_new(const struct coding_list *list, coding_sink *sink,
                                        void *owner);
void coding_reader_free(struct coding_reader *r);
/* *bytes loses what was read, *budget the bytes that each coding has read and written, and
 * something for each step. After CODING_MORE it goes on with the rest, be it empty, and what
 * follows it; after CODING_BAD and CODING_STOPPED it is good for nothing more. */
enum coding_verdict coding_read(struct coding_reader *r, struct slice *bytes, size_t *budget);
/* Did the bytes so far end where a body may end? */
bool coding_reader_is_whole(const struct coding_reader *r);
/* The most bytes that one of the codings has read so far. */
uint64_t coding_reader_n_coded(const struct coding_reader *r);
/* Bytes of memory that it has now, windows included. */
size_t coding_reader_memory(const struct coding_reader *r);
