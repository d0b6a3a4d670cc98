/* tier_text.c - labels written and read */
#include "store/tier_text.h"

enum {
    DIGITS_MAX = 18
};

static const struct slice kinds[] = {
    [CACHE_PURGE_KEY] = SLICE_INIT("k:"), [CACHE_PURGE_TAG] = SLICE_INIT("t:"),
    [CACHE_PURGE_URL] = SLICE_INIT("u:"), [CACHE_PURGE_PREFIX] = SLICE_INIT("p:"),
    [CACHE_PURGE_ALL] = SLICE_INIT("a:"),
};

enum {
    N_KINDS = sizeof kinds / sizeof *kinds
};

struct slice tier_text_kind(enum cache_purge_kind kind)
{
    return kinds[kind];
}

static bool read_time(struct slice *told, uint64_t *time)
{
    size_t n = 0;
    *time = 0;
    while (n < told->n && n < DIGITS_MAX && told->at[n] >= '0' && told->at[n] <= '9')
        *time = *time * 10 + (unsigned)(told->at[n++] - '0');
    if (n == 0 || n == told->n || told->at[n] != ' ')
        return false;
    *told = slice_after(*told, n + 1);
    return true;
}

bool tier_text_read(struct slice told, struct cache_purge *p, uint64_t *time)
{
    if (!read_time(&told, time))
        return false;
    for (unsigned i = 0; i < N_KINDS; i++)
        if (slice_starts(told, kinds[i])) {
            *p = (struct cache_purge){.kind = (enum cache_purge_kind)i,
                                      .what = slice_after(told, TIER_TEXT_KIND)};
            return p->what.n > 0 || p->kind == CACHE_PURGE_ALL;
        }
    return false;
}

/* What stands for itself in a name stands behind a backslash in a pattern. */
static bool append_escaped(struct buffer *out, char byte)
{
    bool is_special = byte == '*' || byte == '?' || byte == '[' || byte == ']' || byte == '\\';
    return (!is_special || buffer_append(out, SLICE("\\"))) &&
           buffer_append(out, (struct slice){&byte, 1});
}

bool tier_text_pattern(struct buffer *out, struct slice prefix)
{
    bool is_whole =
        buffer_append(out, SLICE(TIER_TEXT_SET)) && buffer_append(out, kinds[CACHE_PURGE_KEY]);
    for (size_t i = 0; i < prefix.n && is_whole; i++)
        is_whole = append_escaped(out, prefix.at[i]);
    return is_whole && buffer_append(out, SLICE("*"));
}

unsigned tier_text_choose(const struct slice *names, unsigned n,
                          const char digest[CACHE_KEY_DIGEST])
{
    char best[DIGEST_SIZE] = {0}, score[DIGEST_SIZE];
    unsigned chosen = 0;
    for (unsigned i = 0; i < n && n > 1; i++) {
        const struct slice parts[] = {names[i], {digest, CACHE_KEY_DIGEST}};
        digest_of(parts, 2, score);
        if (memcmp(score, best, DIGEST_SIZE) > 0) {
            memcpy(best, score, DIGEST_SIZE);
            chosen = i;
        }
    }
    return chosen;
}
