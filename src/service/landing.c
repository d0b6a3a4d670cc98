/* landing.c - tables of seats, and messages to their workers */
#include "service/landing.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

enum {
    FIRST_SLOTS = 64
};

struct slot {
    struct seat *seat;   /* NULL: free */
    uint32_t generation; /* of the seat that has it, or had it last */
    uint32_t next_free;  /* one more than a slot; 0: none */
};

struct seats {
    struct loop *loop;
    uint32_t worker;
    struct slot *slots;
    uint32_t n, free; /* free: one more than a slot; 0: none */
};

struct seats *landing_seats_new(struct loop *loop, uint32_t worker)
{
    struct seats *t = memory_take_zero(1, sizeof *t);
    t->loop = loop;
    t->worker = worker;
    return t;
}

void landing_seats_free(struct seats *t)
{
    free(t->slots);
    free(t);
}

void landing_seat_init(struct seat *s, void (*landed)(struct seat *s, const struct landing *l))
{
    *s = (struct seat){.landed = landed};
}

/* As many as wait at once: connections and calls have bounds of their own. */
static void grow(struct seats *t)
{
    uint32_t n = t->n ? 2 * t->n : FIRST_SLOTS;
    struct slot *slots = realloc(t->slots, n * sizeof *slots);
    CHECK(slots && n > t->n);
    for (uint32_t i = t->n; i < n; i++) {
        slots[i] = (struct slot){.next_free = t->free};
        t->free = i + 1;
    }
    t->slots = slots;
    t->n = n;
}

struct flight_seat landing_seat_take(struct seats *t, struct seat *s)
{
    CHECK(!s->table);
    if (!t->free)
        grow(t);
    uint32_t i = t->free - 1;
    struct slot *slot = &t->slots[i];
    t->free = slot->next_free;
    slot->seat = s;
    slot->generation++;
    s->table = t;
    s->slot = i;
    return landing_seat_told(s);
}

struct flight_seat landing_seat_told(const struct seat *s)
{
    const struct seats *t = s->table;
    CHECK(t);
    return (struct flight_seat){t->worker, s->slot, t->slots[s->slot].generation};
}

void landing_seat_leave(struct seat *s)
{
    struct seats *t = s->table;
    if (!t)
        return;
    struct slot *slot = &t->slots[s->slot];
    slot->seat = NULL;
    slot->next_free = t->free;
    t->free = s->slot + 1;
    s->table = NULL;
}

/* To the seats of one worker. */
struct message {
    struct loop_message message;
    struct seats *table;
    struct landing landing;
    size_t n;
    struct flight_seat seats[];
};

static void tell(const struct message *m, struct flight_seat told)
{
    const struct slot *slot = &m->table->slots[told.slot];
    struct seat *s = slot->seat;
    if (!s || slot->generation != told.generation)
        return;
    landing_seat_leave(s);
    s->landed(s, &m->landing);
}

static void on_message(struct loop_message *message, void *owner)
{
    struct message *m = LIST_OWNER(message, struct message, message);
    (void)owner;
    for (size_t i = 0; i < m->n; i++)
        tell(m, m->seats[i]);
    if (m->landing.news)
        blob_release(&m->table->loop->blobs, m->landing.news);
    free(m);
}

/* The share of the news is the message's. */
static void post(const struct crew *crew, const struct flight_seat *seats, size_t n,
                 const struct landing *l)
{
    struct message *m = malloc(sizeof *m + n * sizeof *seats);
    CHECK(m && seats->worker < crew->n);
    *m = (struct message){
        .message.run = on_message, .table = crew->seats[seats->worker], .landing = *l, .n = n};
    memcpy(m->seats, seats, n * sizeof *seats);
    loop_post(m->table->loop, &m->message);
}

/* How many from the first on are of its worker. */
static size_t count_mates(const struct flight_seat *seats, size_t n)
{
    size_t i = 1;
    while (i < n && seats[i].worker == seats->worker)
        i++;
    return i;
}

/* A blob of the cache is of no pool, and whose pool releases it is all the same. */
void landing_tell(const struct crew *crew, struct flight_seat *seats, size_t n,
                  const struct landing *l)
{
    for (size_t at = 0; at < n;) {
        size_t n_mates = count_mates(seats + at, n - at);
        if (l->news)
            blob_share(l->news);
        post(crew, seats + at, n_mates, l);
        at += n_mates;
    }
    if (l->news)
        blob_release(&crew->seats[0]->loop->blobs, l->news);
    free(seats);
}

void landing_nudge(const struct crew *crew, struct flight_seat seat, uint64_t word)
{
    post(crew, &seat, 1, &(struct landing){.word = word});
}
