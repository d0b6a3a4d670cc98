/* map.h - values by name, for tables that are built once and read often
 *
 * Open addressing over xxHash seeded once a process, so that nobody outside can choose names that
 * collide. Entries keep their order of arrival. Names are borrowed: they must outlive the map.
 * Nothing is removed. One thread while it is being built; any number of readers after that.
 */
#pragma once

#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"

struct map_entry {
    struct slice name;
    void *value;
    uint64_t hash;
};

struct map {
    struct map_entry *entries; /* in order of arrival */
    uint32_t *slots;           /* 0: free, else the entry's number plus 1 */
    uint32_t n;
    uint32_t n_slots; /* a power of two, at least twice n */
    uint32_t limit;   /* n never exceeds it */
};

enum map_added {
    MAP_ADDED,
    MAP_PRESENT, /* the name is there already; nothing was changed */
    MAP_FULL,
};

/* Of a name, by the process's seed: for tables of another shape. */
uint64_t map_hash(struct slice name);

/* No memory is held until the first map_add(). */
void map_init(struct map *m, uint32_t limit);
void map_done(struct map *m);

enum map_added map_add(struct map *m, struct slice name, void *value) MUST_USE;
/* The entry of that name, whose value may be replaced; NULL where there is none. */
struct map_entry *map_find(const struct map *m, struct slice name);
/* The value of that name; NULL where there is none. */
void *map_get(const struct map *m, struct slice name);
