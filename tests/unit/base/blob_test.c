/* blob_test.c - counted blocks: their sizes, their sharing, and what the pool keeps */
#include "../unit.h"
#include "base/blob.h"

static void a_blob_wastes_at_most_a_fifth(void **state)
{
    (void)state;
    struct blob_pool pool;
    blob_pool_init(&pool, 0, NULL);
    for (size_t n = 1; n < (size_t)40 << 20; n += n / 7 + 1) {
        struct blob *b = blob_take(&pool, n);
        assert_true(b->capacity >= n);
        assert_true(n <= 1024 || (b->capacity - n) * 5 <= b->capacity);
        b->at[b->capacity - 1] = 'x';
        blob_release(&pool, b);
    }
    blob_pool_done(&pool);
}

static void sizes_meet_their_classes_exactly(void **state)
{
    (void)state;
    struct blob_pool pool;
    blob_pool_init(&pool, 0, NULL);
    static const size_t sizes[] = {1024, 1280, 1536, 1792, 2048, 2560, 65536, 81920};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct blob *b = blob_take(&pool, sizes[i]);
        assert_int_equal(b->capacity, sizes[i]);
        blob_release(&pool, b);
    }
    blob_pool_done(&pool);
}

static void the_last_holder_gives_it_back(void **state)
{
    (void)state;
    struct blob_pool pool;
    atomic_size_t n_held = 0;
    blob_pool_init(&pool, 1 << 20, &n_held);
    struct blob *b = blob_take(&pool, 2000);
    size_t capacity = b->capacity;
    assert_int_equal(n_held, capacity);
    assert_ptr_equal(blob_share(b), b);
    blob_release(&pool, b);
    assert_int_equal(n_held, capacity);
    assert_int_equal(pool.n_kept_bytes, 0);
    blob_release(&pool, b);
    assert_int_equal(n_held, 0);
    assert_int_equal(pool.n_kept_bytes, capacity);
    assert_ptr_equal(blob_take(&pool, 2000), b); /* no malloc in the steady state */
    assert_int_equal(pool.n_kept_bytes, 0);
    blob_release(&pool, b);
    blob_pool_done(&pool);
}

static void a_blob_of_its_own_is_counted_by_no_pool(void **state)
{
    (void)state;
    struct blob_pool pool;
    atomic_size_t n_held = 0;
    blob_pool_init(&pool, 1 << 20, &n_held);
    struct blob *b = blob_new(777);
    assert_int_equal(b->capacity, 777);
    assert_int_equal(b->n, 777);
    b->at[776] = 'x';
    blob_release(&pool, blob_share(b));
    assert_int_equal(b->at[776], 'x');
    blob_release(&pool, b);
    assert_int_equal(n_held, 0);
    assert_int_equal(pool.n_kept_bytes, 0);
    blob_pool_done(&pool);
}

static void a_blob_of_its_own_may_be_counted_until_its_last_release(void **state)
{
    (void)state;
    atomic_size_t n_held = 5;
    struct blob *b = blob_new_behind(16, 777);
    assert_true(blob_is_alone(b));
    assert_false(blob_is_alone(blob_share(b)));
    blob_count(b, &n_held);
    assert_int_equal(n_held, 782);
    blob_release(NULL, b);
    assert_int_equal(n_held, 782);
    blob_release(NULL, b);
    assert_int_equal(n_held, 5);
}

static void a_blob_may_go_home_to_another_pool(void **state)
{
    (void)state;
    struct blob_pool one, other;
    atomic_size_t n_held = 0;
    blob_pool_init(&one, 1 << 20, &n_held);
    blob_pool_init(&other, 1 << 20, &n_held);
    struct blob *b = blob_take(&one, 100);
    blob_release(&other, b);
    assert_int_equal(n_held, 0);
    assert_int_equal(other.n_kept_bytes, 1024);
    blob_pool_done(&one);
    blob_pool_done(&other);
}

static void a_pool_keeps_no_more_than_its_limit(void **state)
{
    (void)state;
    struct blob_pool pool;
    blob_pool_init(&pool, 3000, NULL);
    struct blob *blobs[4];
    for (size_t i = 0; i < 4; i++)
        blobs[i] = blob_take(&pool, 1000);
    for (size_t i = 0; i < 4; i++)
        blob_release(&pool, blobs[i]);
    assert_int_equal(pool.n_kept_bytes, 2048);
    blob_pool_done(&pool);
    assert_int_equal(pool.n_kept_bytes, 0);
}

static void growing_keeps_the_content(void **state)
{
    (void)state;
    struct blob_pool pool;
    atomic_size_t n_held = 0;
    blob_pool_init(&pool, 1 << 20, &n_held);
    struct blob *b = blob_take(&pool, 10);
    memcpy(b->at, "0123456789", 10);
    b->n = 10;
    assert_ptr_equal(blob_take_grown(&pool, b, 1024), b);
    b = blob_take_grown(&pool, b, 5000);
    assert_true(b->capacity >= 5000);
    assert_int_equal(n_held, b->capacity);
    assert_true(slice_equal(blob_slice(b), SLICE("0123456789")));
    blob_release(&pool, b);
    blob_pool_done(&pool);
}

static void what_is_no_blob_may_be_counted_with_them(void **state)
{
    (void)state;
    struct blob_pool pool;
    atomic_size_t n_held = 0;
    size_t counted = 0;
    blob_pool_init(&pool, 0, &n_held);
    struct blob *b = blob_take(&pool, 1000);
    blob_pool_count(&pool, &counted, 5000);
    assert_int_equal(n_held, b->capacity + 5000);
    blob_pool_count(&pool, &counted, 3000);
    assert_int_equal(n_held, b->capacity + 3000);
    blob_release(&pool, b);
    blob_pool_count(&pool, &counted, 0);
    assert_int_equal(n_held, 0);
    assert_int_equal(counted, 0);
    blob_pool_done(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_wastes_at_most_a_fifth),
        cmocka_unit_test(sizes_meet_their_classes_exactly),
        cmocka_unit_test(the_last_holder_gives_it_back),
        cmocka_unit_test(a_blob_of_its_own_is_counted_by_no_pool),
        cmocka_unit_test(a_blob_of_its_own_may_be_counted_until_its_last_release),
        cmocka_unit_test(a_blob_may_go_home_to_another_pool),
        cmocka_unit_test(a_pool_keeps_no_more_than_its_limit),
        cmocka_unit_test(growing_keeps_the_content),
        cmocka_unit_test(what_is_no_blob_may_be_counted_with_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
