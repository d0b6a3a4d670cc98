/* names.c - a set of names that grows by doubling */
#include "gateway/names.h"

#include "base/map.h"
#include "json/text.h"

enum {
    FIRST_SLOTS = 64
};

struct names_entry {
    struct slice name; /* unescaped; at is NULL where the slot is free */
    uint64_t hash;
    unsigned owner;
};

void names_init(struct names *t, struct arena *arena)
{
    *t = (struct names){.arena = arena};
}

/* The slot of that name, or the free one where it belongs. */
static struct names_entry *find(const struct names *t, struct slice name, uint64_t hash)
{
    size_t i = hash & (t->n_slots - 1);
    while (t->entries[i].name.at &&
           (t->entries[i].hash != hash || !slice_equal(t->entries[i].name, name)))
        i = (i + 1) & (t->n_slots - 1);
    return &t->entries[i];
}

static bool grow(struct names *t, size_t n_slots)
{
    struct names bigger = *t;
    bigger.n_slots = n_slots;
    bigger.entries = arena_take_zero(t->arena, bigger.n_slots, sizeof *bigger.entries);
    if (!bigger.entries)
        return false;
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->entries[i].name.at)
            *find(&bigger, t->entries[i].name, t->entries[i].hash) = t->entries[i];
    *t = bigger;
    return true;
}

/* No more than half of the slots are taken. */
static size_t slots_for(const struct names *t, size_t n)
{
    size_t n_slots = t->n_slots ? t->n_slots : FIRST_SLOTS;
    while (n_slots < 2 * (t->n + n))
        n_slots *= 2;
    return n_slots;
}

size_t names_room(const struct names *t, size_t n)
{
    size_t n_slots = n ? slots_for(t, n) : t->n_slots;
    return n_slots > t->n_slots ? n_slots * sizeof *t->entries : 0;
}

bool names_reserve(struct names *t, size_t n)
{
    return !names_room(t, n) || grow(t, slots_for(t, n));
}

/* A name without an escape lies in the document as it is. */
bool names_unescape(struct arena *arena, struct slice quoted, struct slice *name)
{
    *name = (struct slice){quoted.at + 1, quoted.n - 2};
    if (!memchr(name->at, '\\', name->n))
        return true;
    char *at = arena_take(arena, quoted.n);
    if (at)
        *name = (struct slice){at, text_unquote(at, quoted)};
    return at;
}

bool names_claim(struct names *t, struct slice quoted, unsigned *owner)
{
    struct slice name;
    if (!names_unescape(t->arena, quoted, &name) || !names_reserve(t, 1))
        return false;
    uint64_t hash = map_hash(name);
    struct names_entry *e = find(t, name, hash);
    if (!e->name.at) {
        *e = (struct names_entry){name, hash, *owner};
        t->n++;
    }
    if (*owner < e->owner)
        e->owner = *owner;
    *owner = e->owner;
    return true;
}
