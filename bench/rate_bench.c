/* rate_bench.c - what a million callers of a limit take, and how many of them are still known
 *
 * usage: rate_bench
 *
 * Each takes one permit, as a request does. A caller is known as long as its slot has its name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/rate_table.h"
#include "kit.h"

enum {
    CALLERS = 1000000,
    BOUND = 128 * 1024 * 1024
};

static const uint64_t seed = 0x9e3779b97f4a7c15;

struct caller {
    struct digest name;
    const struct rate_slot *slot;
};

static size_t resident(void)
{
    size_t n_all, n_pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%zu %zu", &n_all, &n_pages) != 2)
        kit_die("statm");
    fclose(f);
    return n_pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* An address, as a limit by ip tells callers apart. */
static struct digest name_of(const struct rate_table *t, unsigned i)
{
    char address[32];
    int n = snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
    const struct slice parts[] = {SLICE("the limit"), SLICE("ip"), {address, (size_t)n}};
    return rate_table_key(t, parts, 3);
}

/* Nanoseconds a caller. */
static double pass_all(struct rate_table *t, struct caller *callers)
{
    static const struct gcra_settings limit = {.interval_ns = 10000000, .burst = 100};
    uint64_t began = kit_now_ns();
    for (unsigned i = 0; i < CALLERS; i++) {
        struct digest name = name_of(t, i);
        struct rate_slot *slot = rate_table_find(t, name);
        if (!gcra_take(&slot->word, &limit, 1, began + i).passes)
            kit_die("a caller that may not pass");
        callers[i] = (struct caller){name, slot};
    }
    return (double)(kit_now_ns() - began) / (double)CALLERS;
}

static unsigned count_known(const struct caller *callers)
{
    unsigned n = 0;
    for (unsigned i = 0; i < CALLERS; i++)
        n += callers[i].slot->low == callers[i].name.low &&
             callers[i].slot->high == callers[i].name.high;
    return n;
}

int main(void)
{
    struct caller *callers = kit_memory(CALLERS, sizeof *callers);
    memset(callers, 1, CALLERS * sizeof *callers); /* so that only the table grows */
    size_t before = resident();
    struct rate_table *t = rate_table_new(RATE_TABLE_SLOTS, seed);
    size_t empty = resident();
    double new_ns = pass_all(t, callers);
    size_t n_bytes = resident() - before;
    unsigned n_known = count_known(callers);
    double again_ns = pass_all(t, callers);
    printf("a million callers: %.1f MiB resident (%.1f before the first), goal %d: %s\n",
           (double)n_bytes / (1 << 20), (double)(empty - before) / (1 << 20), BOUND >> 20,
           n_bytes <= BOUND ? "met" : "NOT MET");
    printf("of them %u are still known; one takes %.0f ns when it is new, %.0f ns later\n", n_known,
           new_ns, again_ns);
    rate_table_free(t);
    free(callers);
    return 0;
}
