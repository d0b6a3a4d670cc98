/* buckets.c - linear hashing over segments of buckets */
#include "cache/buckets.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

static struct bucket *segment_new(void)
{
    struct bucket *s = memory_take_zero(BUCKETS_SEGMENT, sizeof *s);
    return s;
}

void buckets_init(struct buckets *b, size_t most)
{
    size_t n_segments = most / BUCKETS_SEGMENT + 1;
    CHECK(n_segments <= UINT32_MAX / BUCKETS_SEGMENT);
    *b = (struct buckets){.segments = calloc(n_segments, sizeof *b->segments),
                          .n = BUCKETS_SEGMENT,
                          .n_max = (uint32_t)n_segments * BUCKETS_SEGMENT};
    CHECK(b->segments);
    b->segments[0] = segment_new();
}

void buckets_done(struct buckets *b)
{
    for (uint32_t i = 0; i < b->n; i += BUCKETS_SEGMENT)
        free(b->segments[i / BUCKETS_SEGMENT]);
    free(b->segments);
}

size_t buckets_bytes(const struct buckets *b)
{
    size_t n_segments = (b->n + BUCKETS_SEGMENT - 1) / BUCKETS_SEGMENT;
    return n_segments * entry_allocated(BUCKETS_SEGMENT * sizeof(struct bucket)) +
           entry_allocated(b->n_max / BUCKETS_SEGMENT * sizeof *b->segments);
}

struct bucket *buckets_numbered(const struct buckets *b, uint32_t number)
{
    return &b->segments[number / BUCKETS_SEGMENT][number % BUCKETS_SEGMENT];
}

/* All bits of the greatest number there is. */
static uint32_t mask_of(const struct buckets *b)
{
    return UINT32_MAX >> __builtin_clz(b->n - 1);
}

/* A bucket that is not there yet is still part of the one without its highest bit. */
static uint32_t number_of(const struct buckets *b, uint32_t hash)
{
    uint32_t mask = mask_of(b);
    uint32_t number = hash & mask;
    return number < b->n ? number : number & mask >> 1;
}

struct bucket *buckets_of(const struct buckets *b, uint32_t hash)
{
    return buckets_numbered(b, number_of(b, hash));
}

static struct bucket *last_of(const struct buckets *b)
{
    return buckets_numbered(b, b->n - 1);
}

/* That the last one was split from. */
static struct bucket *before_split(const struct buckets *b)
{
    return buckets_numbered(b, (b->n - 1) & mask_of(b) >> 1);
}

void buckets_add_ghost(struct buckets *b, uint32_t hash)
{
    if (hash)
        buckets_of(b, hash)->ghost = hash;
}

static void split(struct buckets *b)
{
    if (b->n % BUCKETS_SEGMENT == 0)
        b->segments[b->n / BUCKETS_SEGMENT] = segment_new();
    b->n++;
    struct bucket *from = before_split(b);
    struct entry *rest = from->first;
    struct bucket old = *from;
    *from = (struct bucket){0};
    while (rest) {
        struct entry *e = rest;
        rest = e->next;
        struct bucket *to = buckets_of(b, e->hash);
        e->next = to->first;
        to->first = e;
    }
    buckets_add_ghost(b, old.ghost);
}

static void join(struct buckets *b)
{
    struct bucket *last = last_of(b), *into = before_split(b);
    struct entry **end = &into->first;
    while (*end)
        end = &(*end)->next;
    *end = last->first;
    if (!into->ghost)
        into->ghost = last->ghost;
    *last = (struct bucket){0};
    b->n--;
    if (b->n % BUCKETS_SEGMENT == 0) {
        free(b->segments[b->n / BUCKETS_SEGMENT]);
        b->segments[b->n / BUCKETS_SEGMENT] = NULL;
    }
}

void buckets_add(struct buckets *b, struct entry *e)
{
    struct bucket *to = buckets_of(b, e->hash);
    e->next = to->first;
    to->first = e;
    b->n_entries++;
    if (b->n_entries > b->n && b->n < b->n_max)
        split(b);
}

/* More than twice as many buckets as entries. */
static bool is_wide(const struct buckets *b)
{
    return b->n_walks == 0 && b->n > BUCKETS_SEGMENT && b->n / 2 > b->n_entries;
}

bool buckets_narrow(struct buckets *b, unsigned n)
{
    for (unsigned i = 0; i < n && is_wide(b); i++)
        join(b);
    return is_wide(b);
}

void buckets_remove(struct buckets *b, struct entry *e)
{
    struct entry **at = &buckets_of(b, e->hash)->first;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    e->next = NULL;
    b->n_entries--;
    (void)buckets_narrow(b, 2);
}

bool buckets_take_ghost(struct buckets *b, uint32_t hash)
{
    struct bucket *at = buckets_of(b, hash);
    bool was_there = hash && at->ghost == hash;
    if (was_there)
        at->ghost = 0;
    return was_there;
}
