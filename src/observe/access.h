/* access.h - one JSON line a request, formatted here, written by the journal (base/journal.h)
 *
 * Pure. Every text from outside is quoted as JSON, so no line can be forged; the line has a bound:
 * a target is cut at 2 KiB and sources beyond the bound are left out.
 *
 * {"time":"2024-05-01T12:00:00.123Z","client":"10.0.0.1","method":"GET","path":"/p?id=1",
 *  "status":200,"bytes":812,"ms":1.234,"request_id":"...","trace_id":"...",
 *  "policy":"partner","identity":"acme","cache":"miss",
 *  "sources":{"product":{"status":200,"ms":0.412,"cache":"hit","attempts":0},
 *  "reviews":{"kind":"timeout","ms":300.1,"attempts":1},
 *  "items":{"status":200,"ms":3.5,"attempts":8,"calls":8}}}
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
    ACCESS_LINE_MAX = 8192
};

struct access_source {
    struct slice name;
    const char *kind;  /* "timeout", ...; NULL where it went well */
    unsigned status;   /* 0: none came */
    uint64_t us;       /* from its start to its end */
    const char *cache; /* "hit", ...; NULL where it does not cache */
    unsigned attempts;
    /* Of a list's elements: the kind is that of the first that failed, the status that of the first
     * that was answered. */
    bool has_calls;
    unsigned calls;
};

struct access_entry {
    uint64_t wall_us; /* of the end, since 1970 */
    struct slice client, method, path, request_id, trace_id;
    struct slice policy, identity; /* who the client has proved to be, and by what; policy empty:
                                      nobody was asked */
    unsigned status;
    uint64_t bytes;
    uint64_t us;
    const char *cache; /* of the whole answer; NULL where that is not remembered */
    const struct access_source *sources;
    unsigned n_sources;
};

/* Writes a whole line with its line break; the number of bytes, at most ACCESS_LINE_MAX, for which
 * n bytes must have room. */
size_t access_format(char *out, size_t n, const struct access_entry *e);
/* Milliseconds with up to three decimals, at most 24 bytes; behind them. */
char *access_put_ms(char *to, uint64_t us);
