/* target_fuzz.c - request targets: what passes can name one path only, and decodes in bounds */
#include <stdint.h>

#include "base/check.h"
#include "wire/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Decoded once, an accepted path has neither an empty segment nor a segment of dots. */
static void check_path(struct slice path, struct arena *arena)
{
    struct slice decoded;
    if (target_decode(path, false, arena, &decoded) != FAULT_NONE)
        return;
    CHECK(decoded.n && decoded.at[0] == '/');
    size_t start = 1;
    for (size_t i = 1; i <= decoded.n; i++) {
        if (i < decoded.n && decoded.at[i] != '/')
            continue;
        struct slice segment = {decoded.at + start, i - start};
        const char *mark = segment.n ? memchr(segment.at, ';', segment.n) : NULL;
        struct slice name = {segment.at, mark ? (size_t)(mark - segment.at) : segment.n};
        CHECK(name.n || (i == decoded.n && !mark));
        CHECK(!slice_equal(name, SLICE(".")) && !slice_equal(name, SLICE("..")));
        start = i + 1;
    }
}

static void check_query(struct slice query, struct arena *arena)
{
    struct slice name, value, decoded;
    size_t n = 0;
    while (target_next_pair(&query, &name, &value)) {
        if (target_decode(value, true, arena, &decoded) == FAULT_NONE)
            CHECK(decoded.n <= value.n && target_is_utf8(decoded));
        n += name.n + value.n;
    }
    CHECK(query.n == 0 && n <= (size_t)1 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice raw = {(const char *)data, n};
    struct target target;
    const char *why = NULL;
    struct arena arena;
    arena_init(&arena, 4096, 1 << 20);
    if (target_split(raw, &target, &why)) {
        check_path(target.path, &arena);
        check_query(target.query, &arena);
    } else {
        CHECK(why);
    }
    arena_done(&arena);
    return 0;
}
