/* coding.h - content codings of bodies: gzip, deflate, br and zstd (RFC 9110 8.4)
 *
 * A reader takes a body's bytes as they come and gives what they mean, piece by piece, to a sink
 * that may stop it: so the bound on a body counts what is inside, and a small body that stands for
 * a huge one is found out before memory is. Windows are bounded too: 32 KiB, 16 MiB of br, 8 MiB of
 * zstd (RFC 9659). Pure; one thread's at a time.
 */
#pragma once

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
    CODING_GOOD,
    CODING_BAD,     /* the bytes are not what they are said to be */
    CODING_STOPPED, /* the sink wants no more */
};

struct coding_reader;

/* A piece of the body; false: no more. The bytes last for the call alone. */
typedef bool coding_sink(void *owner, struct slice piece);

/* Of a list that is neither empty nor foreign. */
struct coding_reader *coding_reader_new(const struct coding_list *list);
void coding_reader_free(struct coding_reader *r);
/* After anything but CODING_GOOD it is good for nothing more. */
enum coding_verdict coding_read(struct coding_reader *r, struct slice bytes, coding_sink *sink,
                                void *owner);
/* Did the bytes so far end where a body may end? */
bool coding_reader_is_whole(const struct coding_reader *r);
