/* timing.c - the Server-Timing field, byte by byte */
#include "observe/timing.h"

#include "base/put.h"

enum {
    ENTRY_MAX = 64, /* of one source, without its name */
    TOTAL_MAX = 64
};

size_t timing_size(const struct access_source *sources, unsigned n)
{
    size_t size = TOTAL_MAX;
    for (unsigned i = 0; i < n; i++)
        size += sources[i].name.n + ENTRY_MAX;
    return size;
}

/* A word of ours. */
static char *put_word(char *to, const char *word)
{
    if (!word)
        return to;
    return put(put(put(to, SLICE(";desc=\"")), slice_of(word)), SLICE("\""));
}

size_t timing_write(char *out, const struct access_source *sources, unsigned n, uint64_t total_us)
{
    char *to = out;
    for (unsigned i = 0; i < n; i++) {
        const struct access_source *s = &sources[i];
        to = access_put_ms(put(put(to, s->name), SLICE(";dur=")), s->us);
        to = put(put_word(to, s->kind ? s->kind : s->cache), SLICE(", "));
    }
    to = access_put_ms(put(to, SLICE("total;dur=")), total_us);
    return (size_t)(to - out);
}
