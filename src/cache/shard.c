/* shard.c - two queues and the buckets, under a lock */
#include "cache/shard.h"

#include "base/check.h"
#include "cache/record.h"

enum {
    USES_MAX = 3,         /* that are counted: two bits, as in the paper */
    USES_TO_STAY = 2,     /* in the small queue, to go on to the main one */
    SMALL_SHARE = 10,     /* a tenth */
    SPARED_MAX = 1024,    /* by one put, in the main queue: then the next one goes, used or not */
    SMALLEST_BYTES = 160, /* of an entry and its record: bounds the number of buckets */
    LIMIT_MIN = 16384 /* bytes: half of it and an empty table have room; below, nothing is kept */
};

void shard_init(struct shard *s, size_t limit, const struct generations *g, atomic_size_t *n_held)
{
    *s = (struct shard){.limit = limit < LIMIT_MIN ? 0 : limit, .generations = g, .n_held = n_held};
    pthread_rwlockattr_t kind;
    CHECK(pthread_rwlockattr_init(&kind) == 0);
    /* A stream of readers would keep those out that write. */
    CHECK(pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
    CHECK(pthread_rwlock_init(&s->lock, &kind) == 0);
    pthread_rwlockattr_destroy(&kind);
    buckets_init(&s->buckets, limit / SMALLEST_BYTES);
    list_init(&s->small);
    list_init(&s->main);
}

static void read_begin(struct shard *s)
{
    CHECK(pthread_rwlock_rdlock(&s->lock) == 0);
}

static void write_begin(struct shard *s)
{
    CHECK(pthread_rwlock_wrlock(&s->lock) == 0);
}

static void end(struct shard *s)
{
    CHECK(pthread_rwlock_unlock(&s->lock) == 0);
}

static void free_all(const struct shard *s, struct entry *gone)
{
    while (gone) {
        struct entry *e = gone;
        gone = e->next;
        entry_release(e, s->n_held);
    }
}

/* Those that are gone are freed once the lock is not held. */
static void write_end(struct shard *s, struct entry **gone)
{
    end(s);
    free_all(s, *gone);
    *gone = NULL;
}

static void done_queue(const struct shard *s, struct list *queue)
{
    for (struct list *at = list_pop_front(queue); at; at = list_pop_front(queue))
        entry_release(LIST_OWNER(at, struct entry, place), s->n_held);
}

void shard_done(struct shard *s)
{
    done_queue(s, &s->small);
    done_queue(s, &s->main);
    buckets_done(&s->buckets);
    pthread_rwlock_destroy(&s->lock);
}

static struct entry *look_up(const struct shard *s, struct slice key, uint32_t hash)
{
    struct entry *e = buckets_of(&s->buckets, hash)->first;
    while (e && (e->hash != hash || !slice_equal(record_key(entry_record(e)), key)))
        e = e->next;
    return e;
}

static bool was_purged(const struct shard *s, const struct entry *e)
{
    return !generations_is_good(s->generations, e->begun, e->counters, e->n_counters);
}

static bool is_dead(const struct shard *s, const struct entry *e, const void *now_s)
{
    return *(const uint64_t *)now_s >= e->until_s || was_purged(s, e);
}

static void link_in(struct shard *s, struct entry *e)
{
    list_push_front(e->is_main ? &s->main : &s->small, &e->place);
    s->n_bytes += entry_bytes(e);
    s->n_small_bytes += e->is_main ? 0 : entry_bytes(e);
}

static void unlink_from(struct shard *s, struct entry *e)
{
    list_remove(&e->place);
    s->n_bytes -= entry_bytes(e);
    s->n_small_bytes -= e->is_main ? 0 : entry_bytes(e);
}

static void take_out(struct shard *s, struct entry *e, struct entry **gone)
{
    unlink_from(s, e);
    buckets_remove(&s->buckets, e);
    e->next = *gone;
    *gone = e;
}

/* Another thread may have put a new one meanwhile. */
static void drop_dead(struct shard *s, struct slice key, uint32_t hash, uint64_t now_s)
{
    struct entry *gone = NULL;
    write_begin(s);
    struct entry *e = look_up(s, key, hash);
    if (e && is_dead(s, e, &now_s))
        take_out(s, e, &gone);
    write_end(s, &gone);
}

static void count_use(struct entry *e)
{
    unsigned char n = atomic_load_explicit(&e->n_uses, memory_order_relaxed);
    if (n < USES_MAX)
        atomic_store_explicit(&e->n_uses, (unsigned char)(n + 1), memory_order_relaxed);
}

struct blob *shard_find(struct shard *s, struct slice key, uint32_t hash, uint64_t now_s,
                        struct memory_store_origin *from)
{
    struct blob *found = NULL;
    read_begin(s);
    struct entry *e = look_up(s, key, hash);
    if (e && !is_dead(s, e, &now_s)) {
        count_use(e);
        *from = (struct memory_store_origin){e->begun, e->is_found};
        found = blob_share(entry_record(e));
    }
    end(s);
    if (e && !found)
        drop_dead(s, key, hash, now_s);
    return found;
}

static unsigned uses_of(const struct entry *e)
{
    return atomic_load_explicit(&e->n_uses, memory_order_relaxed);
}

static void move_to_main(struct shard *s, struct entry *e, unsigned n_uses)
{
    unlink_from(s, e);
    e->is_main = true;
    atomic_store_explicit(&e->n_uses, (unsigned char)n_uses, memory_order_relaxed);
    link_in(s, e);
}

static void evict(struct shard *s, struct entry *e, struct entry **gone)
{
    if (!e->is_main)
        buckets_add_ghost(&s->buckets, e->hash);
    take_out(s, e, gone);
    s->n_evicted++;
}

/* One put's making of room. */
struct room {
    size_t n_wanted;
    unsigned n_spared;
    struct entry *gone;
};

static void step_small(struct shard *s, struct room *r)
{
    struct entry *e = LIST_OWNER(s->small.previous, struct entry, place);
    if (uses_of(e) >= USES_TO_STAY)
        move_to_main(s, e, 0);
    else
        evict(s, e, &r->gone);
}

static void step_main(struct shard *s, struct room *r)
{
    struct entry *e = LIST_OWNER(s->main.previous, struct entry, place);
    if (uses_of(e) > 0 && r->n_spared++ < SPARED_MAX)
        move_to_main(s, e, uses_of(e) - 1);
    else
        evict(s, e, &r->gone);
}

static bool has_room(const struct shard *s, size_t n)
{
    return s->n_bytes + buckets_bytes(&s->buckets) + n <= s->limit;
}

/* false: there are steps to be done yet, with the lock given to others in between. */
static bool make_room(struct shard *s, struct room *r)
{
    for (unsigned i = 0; i < SHARD_STEPS && !has_room(s, r->n_wanted); i++) {
        bool is_small_full = s->n_small_bytes >= s->limit / SMALL_SHARE;
        if (list_is_empty(&s->main) || (is_small_full && !list_is_empty(&s->small)))
            step_small(s, r);
        else
            step_main(s, r);
    }
    return has_room(s, r->n_wanted);
}

/* What a new entry owes to the one that it replaces, or to its ghost. */
static void inherit(struct shard *s, struct slice key, struct entry *e, struct entry **gone)
{
    struct entry *old = look_up(s, key, e->hash);
    if (old) {
        e->is_main = e->is_main || old->is_main;
        e->n_uses = (unsigned char)uses_of(old);
        take_out(s, old, gone);
    } else if (buckets_take_ghost(&s->buckets, e->hash)) {
        e->is_main = true;
    }
}

static bool may_keep(const struct shard *s, const struct entry *e)
{
    return generations_may_keep(s->generations, e->begun) && !was_purged(s, e);
}

/* false: there is no room yet. */
static bool try_put(struct shard *s, struct slice key, struct entry *e, struct room *r)
{
    inherit(s, key, e, &r->gone);
    if (!make_room(s, r))
        return false;
    link_in(s, e);
    buckets_add(&s->buckets, e);
    return true;
}

bool shard_put(struct shard *s, struct slice key, struct entry *e)
{
    struct room room = {.n_wanted = entry_bytes(e)};
    if (room.n_wanted > s->limit / 2) {
        entry_release(e, s->n_held);
        return false;
    }
    bool is_good, is_kept;
    do {
        write_begin(s);
        is_good = may_keep(s, e);
        is_kept = is_good && try_put(s, key, e, &room);
        write_end(s, &room.gone);
    } while (is_good && !is_kept);
    if (!is_kept)
        entry_release(e, s->n_held);
    return is_kept;
}

void shard_remove(struct shard *s, struct slice key, uint32_t hash)
{
    struct entry *gone = NULL;
    write_begin(s);
    struct entry *e = look_up(s, key, hash);
    if (e)
        take_out(s, e, &gone);
    write_end(s, &gone);
}

static size_t take_out_of(struct shard *s, struct bucket *b, shard_is_meant *is_meant,
                          const void *what, struct entry **gone)
{
    size_t n = 0;
    for (struct entry *e = b->first; e;) {
        struct entry *next = e->next;
        if (is_meant(s, e, what)) {
            take_out(s, e, gone);
            n++;
        }
        e = next;
    }
    return n;
}

struct walk {
    shard_is_meant *is_meant;
    const void *what;
    uint32_t from, n; /* buckets */
    size_t n_taken;
};

/* Buckets that are split meanwhile go on at the end, which is yet to come; none are joined. */
static void walk(struct shard *s, struct walk *w)
{
    struct entry *gone = NULL;
    write_begin(s);
    s->buckets.n_walks++;
    for (uint32_t i = 0; i < w->n && w->from < s->buckets.n; i++, w->from++) {
        if (i % SHARD_STEPS == SHARD_STEPS - 1) {
            write_end(s, &gone);
            write_begin(s);
        }
        struct bucket *b = buckets_numbered(&s->buckets, w->from);
        w->n_taken += take_out_of(s, b, w->is_meant, w->what, &gone);
    }
    s->buckets.n_walks--;
    while (buckets_narrow(&s->buckets, SHARD_STEPS)) {
        write_end(s, &gone);
        write_begin(s);
    }
    write_end(s, &gone);
}

size_t shard_purge(struct shard *s, shard_is_meant *is_meant, const void *what)
{
    struct walk w = {.is_meant = is_meant, .what = what, .n = UINT32_MAX};
    walk(s, &w);
    return w.n_taken;
}

/* From the last bucket down: what is joined on the way goes to where the sweep has yet to come, or
 * comes from where it has been. */
size_t shard_sweep(struct shard *s, unsigned parts, uint64_t now_s)
{
    read_begin(s);
    uint32_t n = s->buckets.n;
    end(s);
    if (s->n_unswept == 0) {
        s->n_unswept = n;
        s->sweep_step = n / parts + 1;
    }
    uint32_t above = s->n_unswept < n ? s->n_unswept : n;
    s->n_unswept = above > s->sweep_step ? above - s->sweep_step : 0;
    struct walk w = {
        .is_meant = is_dead, .what = &now_s, .from = s->n_unswept, .n = above - s->n_unswept};
    walk(s, &w);
    return w.n_taken;
}

void shard_count(struct shard *s, struct shard_count *c)
{
    read_begin(s);
    *c = (struct shard_count){.n_entries = s->buckets.n_entries,
                              .n_bytes = s->n_bytes + buckets_bytes(&s->buckets),
                              .n_evicted = s->n_evicted};
    end(s);
}
