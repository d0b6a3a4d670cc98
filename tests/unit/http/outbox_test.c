/* outbox_test.c - what waits to be sent: joined, bounded, given back */
#include <stdlib.h>

#include "../unit.h"
#include "http/outbox.h"

struct box {
    struct arena arena;
    struct blob_pool blobs;
    atomic_size_t n_held;
    struct outbox outbox;
};

static int setup(void **state)
{
    struct box *b = calloc(1, sizeof *b);
    arena_init(&b->arena, 4096, 1 << 20);
    blob_pool_init(&b->blobs, 1 << 20, &b->n_held);
    outbox_init(&b->outbox, &b->arena, &b->blobs, 100000);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct box *b = *state;
    outbox_clear(&b->outbox);
    assert_int_equal(b->n_held, 0);
    assert_int_equal(b->outbox.n_bytes, 0);
    arena_done(&b->arena);
    blob_pool_done(&b->blobs);
    free(b);
    return 0;
}

static struct blob *make_blob(struct box *b, size_t n)
{
    struct blob *blob = blob_take(&b->blobs, n);
    memset(blob->at, 'b', n);
    blob->n = n;
    return blob;
}

static void put_large(struct box *b, size_t n)
{
    struct blob *blob = make_blob(b, n);
    assert_true(outbox_put(&b->outbox, blob_slice(blob), blob));
}

static void expect_slices(struct box *b, const char *const *texts, unsigned n)
{
    struct slice slices[8];
    assert_int_equal(outbox_peek(&b->outbox, slices, 8), n);
    for (unsigned i = 0; i < n; i++)
        assert_true(slice_equal(slices[i], slice_of(texts[i])));
}

static void small_slices_are_joined(void **state)
{
    struct box *b = *state;
    assert_true(outbox_put(&b->outbox, SLICE("{\"a\":"), NULL));
    assert_true(outbox_put(&b->outbox, SLICE("1"), NULL));
    assert_true(outbox_put(&b->outbox, SLICE_NONE, NULL));
    assert_true(outbox_put(&b->outbox, SLICE("}"), NULL));
    expect_slices(b, (const char *[]){"{\"a\":1}"}, 1);
    assert_int_equal(b->outbox.n_bytes, 7);
}

static void a_small_slice_of_a_blob_holds_it_no_longer(void **state)
{
    struct box *b = *state;
    struct blob *blob = make_blob(b, OUTBOX_JOIN_BELOW - 1);
    assert_true(outbox_put(&b->outbox, blob_slice(blob), blob));
    assert_int_equal(b->n_held, 0);
    blob = make_blob(b, OUTBOX_JOIN_BELOW);
    assert_true(outbox_put(&b->outbox, blob_slice(blob), blob));
    assert_true(b->n_held > 0);
    blob = make_blob(b, 100);
    assert_true(outbox_put(&b->outbox, (struct slice){blob->at, 0}, blob));
    outbox_drop(&b->outbox, 2);
    assert_int_equal(b->n_held, 0);
}

static void order_is_kept_around_a_large_slice(void **state)
{
    struct box *b = *state;
    static char large[OUTBOX_JOIN_BELOW + 1];
    memset(large, 'x', OUTBOX_JOIN_BELOW);
    assert_true(outbox_put(&b->outbox, SLICE("before"), NULL));
    assert_true(outbox_put(&b->outbox, slice_of(large), NULL));
    assert_true(outbox_put(&b->outbox, SLICE("be"), NULL));
    assert_true(outbox_put(&b->outbox, SLICE("hind"), NULL));
    expect_slices(b, (const char *[]){"before", large, "behind"}, 3);
}

/* What a write under way has been given must not grow behind its back. */
static void a_peeked_slice_grows_no_more(void **state)
{
    struct box *b = *state;
    assert_true(outbox_put(&b->outbox, SLICE("one"), NULL));
    expect_slices(b, (const char *[]){"one"}, 1);
    assert_true(outbox_put(&b->outbox, SLICE("two"), NULL));
    outbox_drop(&b->outbox, 1);
    expect_slices(b, (const char *[]){"two"}, 1);
}

static void reserved_bytes_join_what_lies_before(void **state)
{
    struct box *b = *state;
    for (unsigned i = 0; i < 2; i++) {
        char *at = outbox_reserve(&b->outbox, 1000);
        assert_non_null(at);
        memcpy(at, "head", 4);
        assert_true(outbox_commit(&b->outbox, 4));
    }
    assert_true(outbox_put(&b->outbox, SLICE("body"), NULL));
    expect_slices(b, (const char *[]){"headheadbody"}, 1);
    char *at = outbox_reserve(&b->outbox, 10000);
    assert_non_null(at);
    memset(at, 'x', 10000);
    assert_true(outbox_commit(&b->outbox, 10000));
    assert_int_equal(b->outbox.n_bytes, 10012);
}

static void bytes_that_wait_are_bounded(void **state)
{
    struct box *b = *state;
    struct blob *blob = make_blob(b, 60000);
    put_large(b, 60000);
    assert_false(outbox_put(&b->outbox, blob_slice(blob), blob));
    assert_true(outbox_has_room(&b->outbox, 1, 40000));
    assert_false(outbox_has_room(&b->outbox, 1, 40001));
    outbox_drop(&b->outbox, 1);
    assert_true(outbox_put(&b->outbox, blob_slice(blob), blob));
}

static void an_empty_outbox_takes_any_one_slice(void **state)
{
    struct box *b = *state;
    put_large(b, 200000);
    assert_false(outbox_put(&b->outbox, SLICE("x"), NULL));
    outbox_drop(&b->outbox, 1);
    assert_true(outbox_put(&b->outbox, SLICE("x"), NULL));
}

static void a_head_that_waits_alone_keeps_no_body_away(void **state)
{
    struct box *b = *state;
    assert_true(outbox_put(&b->outbox, SLICE("head"), NULL));
    assert_true(outbox_has_room(&b->outbox, 2, 200000));
    put_large(b, 200000);
    assert_false(outbox_has_room(&b->outbox, 1, 1));
    assert_int_equal(b->outbox.n, 2);
}

static void slices_that_wait_are_bounded(void **state)
{
    struct box *b = *state;
    static const char large[OUTBOX_JOIN_BELOW];
    b->outbox.limit = SIZE_MAX;
    for (unsigned i = 0; i < OUTBOX_MAX_SLICES; i++)
        assert_true(outbox_put(&b->outbox, (struct slice){large, sizeof large}, NULL));
    assert_false(outbox_put(&b->outbox, (struct slice){large, sizeof large}, NULL));
    outbox_drop(&b->outbox, 1);
    assert_true(outbox_put(&b->outbox, (struct slice){large, sizeof large}, NULL));
}

/* The ring turns and grows; what comes out is what went in. */
static void many_slices_keep_their_order(void **state)
{
    static char bytes[4096];
    struct box *b = *state;
    unsigned next_in = 0, next_out = 0;
    b->outbox.limit = SIZE_MAX;
    for (unsigned round = 0; round < 200; round++) {
        struct slice slices[64];
        for (unsigned i = 0; i < 3 + round % 5; i++, next_in++) /* a slice's size is its number */
            assert_true(outbox_put(&b->outbox, (struct slice){bytes, 256 + next_in % 1000}, NULL));
        unsigned n = outbox_peek(&b->outbox, slices, 1 + round % 6);
        for (unsigned i = 0; i < n; i++, next_out++)
            assert_int_equal(slices[i].n, 256 + next_out % 1000);
        outbox_drop(&b->outbox, n);
    }
    assert_int_equal(b->outbox.n, next_in - next_out);
}

/* A stream of small parts that are sent one by one may go on for days. */
static void the_joining_block_is_used_again(void **state)
{
    struct box *b = *state;
    size_t taken = 0;
    for (unsigned i = 0; i < 10000; i++) {
        assert_true(outbox_put(&b->outbox, SLICE("event: part\ndata: {\"value\":1}\n\n"), NULL));
        outbox_drop(&b->outbox, 1);
        if (i == 100)
            taken = b->arena.taken;
    }
    assert_int_equal(b->arena.taken, taken);
}

static void a_full_arena_is_no_reason_to_copy(void **state)
{
    struct box *b = *state;
    assert_true(outbox_put(&b->outbox, SLICE("x"), NULL));
    while (arena_take(&b->arena, 16))
        continue;
    static const char text[200];
    for (unsigned i = 0; i < 14; i++)
        assert_true(outbox_put(&b->outbox, (struct slice){text, sizeof text}, NULL));
    assert_null(outbox_reserve(&b->outbox, 10000));
    assert_int_equal(b->outbox.n_bytes, 1 + 14 * 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(small_slices_are_joined),
        TEST(a_small_slice_of_a_blob_holds_it_no_longer),
        TEST(order_is_kept_around_a_large_slice),
        TEST(a_peeked_slice_grows_no_more),
        TEST(reserved_bytes_join_what_lies_before),
        TEST(bytes_that_wait_are_bounded),
        TEST(an_empty_outbox_takes_any_one_slice),
        TEST(a_head_that_waits_alone_keeps_no_body_away),
        TEST(slices_that_wait_are_bounded),
        TEST(many_slices_keep_their_order),
        TEST(the_joining_block_is_used_again),
        TEST(a_full_arena_is_no_reason_to_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
