/* cache_traces.c - how often the memory store has what is asked for
 *
 * usage: cache_traces entries=N [body=64] < TRACE
 *
 * The trace is 32-bit numbers of this machine's order, a key each. What is not found is put. Prints
 * the numbers of requests and of hits, and how many entries the store held at the end:
 * bench/hit_ratios gives another program, written from the paper alone, as many.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cache/cache.h"
#include "cache/record.h"
#include "kit.h"

enum {
    PER_ENTRY = 64 + 16, /* what the store takes beside the record's block */
    TABLE = 4096,
    LATER_S = 1000000
};

static struct blob *write_record(struct slice key, size_t n_body)
{
    static char body[1 << 16];
    struct record r = {
        .status = 200, .key = key, .name = key, .body = {body, n_body < sizeof body ? n_body : 0}};
    struct blob *b = record_write(&r, sizeof body + 1024);
    if (!b)
        kit_die("record");
    return b;
}

static struct slice write_key(char text[16], uint32_t number)
{
    return (struct slice){text, (size_t)snprintf(text, 16, "key:%09u", number % 1000000000U)};
}

/* Was it there? */
static bool ask(struct cache *c, uint32_t number, size_t n_body)
{
    char text[16];
    struct cache_key k = cache_key_of(write_key(text, number));
    struct blob *b = memory_store_find(c->memory, &k, 1000);
    if (b) {
        blob_release(NULL, b);
        return true;
    }
    struct cache_entry e = {.record = write_record(k.text, n_body), .until_ms = LATER_S * 1000ULL};
    if (!cache_put(c, &e))
        kit_die("not kept");
    return false;
}

int main(int n, char **words)
{
    (void)n;
    size_t n_entries = kit_number(words, "entries", 1000);
    size_t n_body = kit_number(words, "body", 64);
    struct blob *one = write_record(SLICE("key:000000000"), n_body);
    size_t n_block = (sizeof *one + one->n + sizeof(size_t) + 15) & ~(size_t)15;
    blob_release(NULL, one);
    struct cache *c = cache_new(n_entries * (n_block + PER_ENTRY) + TABLE, NULL);
    size_t n_asked = 0, n_hits = 0;
    for (uint32_t number; fread(&number, sizeof number, 1, stdin) == 1; n_asked++)
        n_hits += ask(c, number, n_body);
    struct memory_store_count held;
    memory_store_count(c->memory, &held);
    printf("asked=%zu hits=%zu held=%zu\n", n_asked, n_hits, held.n_entries);
    cache_free(c);
    return 0;
}
