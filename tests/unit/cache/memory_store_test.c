/* memory_store_test.c - what is kept, for how long, and what goes first */

#include "base/random.h"
#include "stored.h"

enum {
    LATER = 1000000,
    SMALL = 100
};

struct fixture {
    struct generations *g;
    struct memory_store *s;
    atomic_size_t n_held;
};

static struct fixture make(size_t limit)
{
    struct fixture f = {.g = generations_new()};
    f.s = memory_store_new(limit, f.g, NULL);
    return f;
}

static void unmake(struct fixture *f)
{
    memory_store_free(f->s);
    generations_free(f->g);
}

static struct memory_store_count count_of(struct fixture *f)
{
    struct memory_store_count c;
    memory_store_count(f->s, &c);
    return c;
}

static bool put_until(struct fixture *f, const char *key, size_t n_body, char fill,
                      uint64_t until_ms)
{
    struct blob *b = stored_record(&(struct stored){.key = key, .n_body = n_body, .fill = fill});
    struct cache_key k = stored_key(key);
    const struct memory_store_entry e = {
        .record = blob_slice(b), .until_ms = until_ms, .begun = generations_now(f->g)};
    bool is_kept = memory_store_put(f->s, &k, &e);
    blob_release(NULL, b);
    return is_kept;
}

static bool put(struct fixture *f, const char *key, size_t n_body, char fill)
{
    return put_until(f, key, n_body, fill, LATER);
}

static void put_numbered(struct fixture *f, const char *what, unsigned number)
{
    char key[32];
    snprintf(key, sizeof key, "%s%06u", what, number);
    assert_true(put(f, key, SMALL, 'x'));
}

static unsigned n_found(struct fixture *f, const char *what, unsigned n)
{
    unsigned n_there = 0;
    char key[32];
    for (unsigned i = 0; i < n; i++) {
        snprintf(key, sizeof key, "%s%06u", what, i);
        n_there += stored_fill(f->s, key, 0) == 'x';
    }
    return n_there;
}

static void what_was_put_is_found_and_a_new_one_replaces_it(void **unused)
{
    (void)unused;
    struct fixture f = make(1 << 20);
    assert_int_equal(stored_fill(f.s, "a", 0), '-');
    assert_true(put(&f, "a", 10, '1'));
    assert_true(put(&f, "b", 10, '2'));
    assert_int_equal(stored_fill(f.s, "a", 0), '1');
    assert_true(put(&f, "a", 500, '3'));
    assert_int_equal(stored_fill(f.s, "a", 0), '3');
    assert_int_equal(stored_fill(f.s, "b", 0), '2');
    assert_int_equal(count_of(&f).n_entries, 2);
    unmake(&f);
}

static void keys_of_one_hash_are_two_entries(void **unused)
{
    (void)unused;
    struct fixture f = make(1 << 20);
    assert_true(put(&f, "a", 10, '1'));
    struct cache_key other = stored_key("b");
    other.hash = stored_key("a").hash;
    assert_null(memory_store_find(f.s, &other, 0));
    unmake(&f);
}

static void a_reader_keeps_what_is_evicted(void **unused)
{
    (void)unused;
    struct fixture f = make(64 << 10);
    assert_true(put(&f, "a", 100, 'r'));
    struct cache_key k = stored_key("a");
    struct blob *held = memory_store_find(f.s, &k, 0);
    memory_store_remove(f.s, &k);
    assert_int_equal(stored_fill(f.s, "a", 0), '-');
    struct record r;
    assert_true(record_read(&r, blob_slice(held)));
    assert_int_equal(r.body.at[99], 'r');
    blob_release(NULL, held);
    unmake(&f);
}

static void remove_it(struct fixture *f, const struct cache_key *k)
{
    memory_store_remove(f->s, k);
}

static void replace_it(struct fixture *f, const struct cache_key *k)
{
    (void)k;
    assert_true(put(f, "a", 10, '2'));
}

static void evict_it(struct fixture *f, const struct cache_key *k)
{
    for (unsigned i = 0; i < 1000; i++)
        put_numbered(f, "more", i);
    assert_null(memory_store_find(f->s, k, 0));
}

static void let_its_time_end(struct fixture *f, const struct cache_key *k)
{
    assert_null(memory_store_find(f->s, k, LATER));
}

static void what_readers_hold_is_counted_once_it_is_in_the_store_no_more(void **unused)
{
    (void)unused;
    static void (*const ways[])(struct fixture *, const struct cache_key *) = {
        remove_it, replace_it, evict_it, let_its_time_end};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct fixture f = {.g = generations_new()};
        f.s = memory_store_new(64 << 10, f.g, &f.n_held);
        assert_true(put(&f, "a", 20000, '1'));
        const struct cache_key k = stored_key("a");
        struct blob *held = memory_store_find(f.s, &k, 0);
        assert_int_equal(f.n_held, 0);
        ways[i](&f, &k);
        assert_int_equal(f.n_held, held->capacity);
        blob_release(NULL, blob_share(held));
        assert_int_equal(f.n_held, held->capacity);
        blob_release(NULL, held);
        assert_int_equal(f.n_held, 0);
        unmake(&f);
    }
}

static void its_time_over_an_entry_is_dropped(void **unused)
{
    (void)unused;
    struct fixture f = make(1 << 20);
    assert_true(put_until(&f, "a", 10, '1', 5000));
    assert_true(put_until(&f, "b", 10, '2', 5001));
    assert_true(put_until(&f, "c", 10, '3', UINT64_MAX));
    assert_int_equal(stored_fill(f.s, "a", 4999), '1');
    assert_int_equal(stored_fill(f.s, "a", 5000), '-');
    assert_int_equal(stored_fill(f.s, "b", 5001), '2');
    assert_int_equal(stored_fill(f.s, "b", 6000), '-');
    assert_int_equal(stored_fill(f.s, "c", UINT64_C(4102444800000)), '3');
    assert_int_equal(count_of(&f).n_entries, 1);
    unmake(&f);
}

static void what_nobody_asks_for_again_is_swept_within_its_parts(void **unused)
{
    (void)unused;
    struct fixture f = make(1 << 20);
    for (unsigned i = 0; i < 900; i++)
        put_numbered(&f, "old", i);
    assert_true(put_until(&f, "young", 10, 'y', 2 * LATER));
    size_t n_full = count_of(&f).n_bytes;
    size_t n = memory_store_sweep(f.s, 60, LATER - 1);
    assert_int_equal(n, 0);
    for (unsigned i = 0; i < 61; i++) {
        n += memory_store_sweep(f.s, 60, LATER);
        assert_true(i > 30 || n < 900);
    }
    assert_int_equal(n, 900);
    assert_int_equal(count_of(&f).n_entries, 1);
    assert_true(count_of(&f).n_bytes < n_full / 10);
    assert_int_equal(stored_fill(f.s, "young", LATER), 'y');
    unmake(&f);
}

static void what_was_purged_is_not_found_and_not_kept(void **unused)
{
    (void)unused;
    struct fixture f = make(1 << 20);
    uint16_t counter = generations_counter(GENERATIONS_TAG, SLICE("t"));
    struct blob *b = stored_record(&(struct stored){.key = "a", .n_body = 1, .fill = '1'});
    struct cache_key k = stored_key("a");
    struct memory_store_entry e = {.record = blob_slice(b),
                                   .until_ms = LATER,
                                   .begun = generations_now(f.g),
                                   .counters = &counter,
                                   .n_counters = 1};
    assert_true(memory_store_put(f.s, &k, &e));
    generations_purge(f.g, counter);
    assert_int_equal(stored_fill(f.s, "a", 0), '-');
    assert_int_equal(count_of(&f).n_entries, 0);
    assert_false(memory_store_put(f.s, &k, &e));
    e.begun = generations_now(f.g);
    assert_true(memory_store_put(f.s, &k, &e));
    generations_purge_coming(f.g);
    assert_int_equal(stored_fill(f.s, "a", 0), '1');
    assert_false(memory_store_put(f.s, &k, &e));
    assert_int_equal(stored_fill(f.s, "a", 0), '1');
    generations_purge_all(f.g);
    assert_int_equal(stored_fill(f.s, "a", 0), '-');
    blob_release(NULL, b);
    unmake(&f);
}

static void bytes_are_bounded_and_counted_as_they_are_taken(void **unused)
{
    (void)unused;
    const size_t limit = 256 << 10;
    struct fixture f = make(limit);
    struct random r;
    random_init_seeded(&r, 3);
    for (unsigned i = 0; i < 20000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%u", i);
        assert_true(put(&f, key, random_below(&r, 3000), 'x'));
        assert_true(count_of(&f).n_bytes <= limit);
    }
    struct memory_store_count c = count_of(&f);
    assert_true(c.n_bytes > limit * 3 / 4);
    assert_int_equal(c.n_evicted + c.n_entries, 20000);
    unmake(&f);
}

static void what_is_larger_than_half_of_it_is_not_kept(void **unused)
{
    (void)unused;
    struct fixture f = make(64 << 10);
    assert_true(put(&f, "a", 10, '1'));
    assert_false(put(&f, "large", 33 << 10, '2'));
    assert_int_equal(stored_fill(f.s, "a", 0), '1');
    assert_true(put(&f, "b", 31 << 10, '3'));
    assert_int_equal(stored_fill(f.s, "b", 0), '3');
    unmake(&f);
}

static void without_memory_nothing_is_kept(void **unused)
{
    (void)unused;
    struct fixture f = make(0);
    assert_false(put(&f, "a", 10, '1'));
    assert_int_equal(stored_fill(f.s, "a", 0), '-');
    assert_int_equal(memory_store_sweep(f.s, 60, 0), 0);
    unmake(&f);
}

/* Forty that were asked for twice before a thousand that nobody asks for again. */
static void a_scan_does_not_drive_out_what_is_asked_for_again(void **unused)
{
    (void)unused;
    struct fixture f = make(64 << 10);
    for (unsigned i = 0; i < 40; i++)
        put_numbered(&f, "hot", i);
    assert_int_equal(n_found(&f, "hot", 40), 40);
    assert_int_equal(n_found(&f, "hot", 40), 40);
    for (unsigned i = 0; i < 1000; i++)
        put_numbered(&f, "scan", i);
    assert_int_equal(n_found(&f, "hot", 40), 40);
    unmake(&f);
}

static void what_comes_back_while_its_ghost_is_there_stays(void **unused)
{
    (void)unused;
    struct fixture f = make(64 << 10);
    for (unsigned i = 0; i < 250; i++)
        put_numbered(&f, "fill", i);
    put_numbered(&f, "back", 0);
    unsigned n = 0;
    char key[32];
    snprintf(key, sizeof key, "back%06u", 0);
    struct cache_key k = stored_key(key);
    /* Until all are gone that were there; the last of them is the one. */
    size_t n_gone = count_of(&f).n_evicted + count_of(&f).n_entries;
    while (count_of(&f).n_evicted < n_gone)
        put_numbered(&f, "more", n++);
    assert_null(memory_store_find(f.s, &k, 0));
    put_numbered(&f, "back", 0);
    for (unsigned i = 0; i < 500; i++)
        put_numbered(&f, "scan", i);
    assert_int_equal(n_found(&f, "back", 1), 1);
    unmake(&f);
}

static bool has_name(const void *what, const struct blob *record)
{
    struct record r;
    return record_read(&r, blob_slice(record)) && slice_starts(r.name, *(const struct slice *)what);
}

static void a_purge_takes_what_is_meant_and_nothing_else(void **unused)
{
    (void)unused;
    struct fixture f = make(1 << 20);
    for (unsigned i = 0; i < 1000; i++) {
        put_numbered(&f, "a", i);
        put_numbered(&f, "b", i);
    }
    const struct slice a = SLICE_INIT("a");
    assert_int_equal(memory_store_purge(f.s, has_name, &a), 1000);
    assert_int_equal(n_found(&f, "a", 1000), 0);
    assert_int_equal(n_found(&f, "b", 1000), 1000);
    const struct slice any = SLICE_INIT("");
    assert_int_equal(memory_store_purge(f.s, has_name, &any), 1000);
    assert_true(count_of(&f).n_bytes < 8192);
    unmake(&f);
}

static void a_large_store_has_shards_and_counts_them_all(void **unused)
{
    (void)unused;
    struct fixture f = make((size_t)512 << 20);
    for (unsigned i = 0; i < 500; i++)
        put_numbered(&f, "k", i);
    assert_int_equal(n_found(&f, "k", 500), 500);
    assert_int_equal(count_of(&f).n_entries, 500);
    unmake(&f);
}

/* The model: what was put last of each key, and until when. Whatever the store has, the model has
 * too; what the store misses was evicted, and counted so. */
enum {
    KEYS = 300,
    STEPS = 40000
};
struct known {
    char fill; /* '-': none */
    uint64_t until_ms;
};

static void step_of_the_model(struct fixture *f, struct known *known, struct random *r,
                              uint64_t now)
{
    unsigned i = (unsigned)random_below(r, 1 + random_below(r, KEYS));
    char key[16];
    snprintf(key, sizeof key, "%u", i);
    struct cache_key k = stored_key(key);
    switch (random_below(r, 8)) {
    case 0:
    case 1:
        known[i] = (struct known){(char)('a' + random_below(r, 26)),
                                  (now / 1000 + 1 + random_below(r, 20)) * 1000};
        assert_true(put_until(f, key, 1 + random_below(r, 900), known[i].fill, known[i].until_ms));
        break;
    case 2:
        memory_store_remove(f->s, &k);
        known[i].fill = '-';
        break;
    default: {
        char fill = stored_fill(f->s, key, now);
        bool is_over = now >= known[i].until_ms;
        assert_true(fill == '-' || (fill == known[i].fill && !is_over));
    }
    }
}

static void it_never_has_what_the_model_has_not(size_t limit, bool may_evict)
{
    struct fixture f = make(limit);
    struct known known[KEYS];
    for (unsigned i = 0; i < KEYS; i++)
        known[i] = (struct known){'-', 0};
    struct random r;
    random_init_seeded(&r, 5);
    for (uint64_t step = 0; step < STEPS; step++) {
        step_of_the_model(&f, known, &r, step * 3);
        if (step % 500 == 0)
            memory_store_sweep(f.s, 7, step * 3);
        assert_true(count_of(&f).n_bytes <= limit);
    }
    assert_int_equal(count_of(&f).n_evicted > 0, may_evict);
    uint64_t now = UINT64_C(3) * STEPS;
    for (unsigned i = 0; !may_evict && i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%u", i);
        assert_int_equal(stored_fill(f.s, key, now), now < known[i].until_ms ? known[i].fill : '-');
    }
    unmake(&f);
}

static void with_room_it_is_the_model(void **unused)
{
    (void)unused;
    it_never_has_what_the_model_has_not(1 << 20, false);
}

static void without_room_it_is_part_of_the_model(void **unused)
{
    (void)unused;
    it_never_has_what_the_model_has_not(40 << 10, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_and_a_new_one_replaces_it),
        cmocka_unit_test(keys_of_one_hash_are_two_entries),
        cmocka_unit_test(a_reader_keeps_what_is_evicted),
        cmocka_unit_test(what_readers_hold_is_counted_once_it_is_in_the_store_no_more),
        cmocka_unit_test(its_time_over_an_entry_is_dropped),
        cmocka_unit_test(what_nobody_asks_for_again_is_swept_within_its_parts),
        cmocka_unit_test(what_was_purged_is_not_found_and_not_kept),
        cmocka_unit_test(bytes_are_bounded_and_counted_as_they_are_taken),
        cmocka_unit_test(what_is_larger_than_half_of_it_is_not_kept),
        cmocka_unit_test(without_memory_nothing_is_kept),
        cmocka_unit_test(a_scan_does_not_drive_out_what_is_asked_for_again),
        cmocka_unit_test(what_comes_back_while_its_ghost_is_there_stays),
        cmocka_unit_test(a_purge_takes_what_is_meant_and_nothing_else),
        cmocka_unit_test(a_large_store_has_shards_and_counts_them_all),
        cmocka_unit_test(with_room_it_is_the_model),
        cmocka_unit_test(without_room_it_is_part_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
