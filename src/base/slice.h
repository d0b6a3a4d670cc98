/* slice.h - some bytes that belong to somebody else
 *
 * A slice is borrowed: never freed, not NUL-terminated, good as long as its lender says.
 * The empty slice may have a NULL pointer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
    const char *at;
    size_t n;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* The same in the initialiser of a static table, where a compound literal is no constant. */
#define SLICE_INIT(literal)                                                                        \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define SLICE_NONE ((struct slice){NULL, 0})
/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).n, (s).at

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

/* Of C's strings, where NULL is like itself alone. */
static inline bool slice_equal_texts(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* ASCII letters of either case are the same: field names, schemes, hosts. */
static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.at, b.at, a.n) == 0);
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.at, prefix.at, prefix.n) == 0);
}

static inline bool slice_starts_nocase(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && slice_equal_nocase((struct slice){s.at, prefix.n}, prefix);
}

/* The rest after the first n bytes; n is at most s.n. */
static inline struct slice slice_after(struct slice s, size_t n)
{
    return (struct slice){s.at + n, s.n - n};
}
