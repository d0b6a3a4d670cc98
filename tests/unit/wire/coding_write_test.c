/* coding_write_test.c - what is coded in any pieces is read again */
#include <string.h>

#include "../unit.h"
#include "wire/coding_write.h"

enum {
    ROOM = 1 << 20
};

struct text {
    char at[ROOM];
    size_t n;
};

static struct text plain, coded, got;

static bool take(void *owner, struct slice piece)
{
    struct text *t = owner;
    assert_in_range(piece.n, 1, ROOM - t->n);
    memcpy(t->at + t->n, piece.at, piece.n);
    t->n += piece.n;
    return true;
}

static bool refuse(void *owner, struct slice piece)
{
    (void)owner;
    (void)piece;
    return false;
}

static void write_plain(size_t n)
{
    uint32_t x = 1;
    for (plain.n = 0; plain.n < n; plain.n++) {
        x = x * 1664525 + 1013904223;
        plain.at[plain.n] = (char)('a' + (x >> 28) % 7);
    }
}

static void code(enum coding c, size_t step)
{
    struct coding_writer *w = coding_writer_new(c, plain.n);
    coded.n = 0;
    for (size_t at = 0; at < plain.n; at += step) {
        size_t n = plain.n - at < step ? plain.n - at : step;
        assert_true(
            coding_write(w, (struct slice){plain.at + at, n}, at + n == plain.n, take, &coded));
    }
    coding_writer_free(w);
}

static void assert_read(enum coding c)
{
    const struct coding_list list = {.at = {c}, .n = 1};
    struct coding_reader *r = coding_reader_new(&list, take, &got);
    struct slice all_of_it = {coded.at, coded.n};
    size_t budget = SIZE_MAX;
    got.n = 0;
    assert_int_equal(coding_read(r, &all_of_it, &budget), CODING_GOOD);
    assert_true(coding_reader_is_whole(r));
    coding_reader_free(r);
    assert_int_equal(got.n, plain.n);
    assert_memory_equal(got.at, plain.at, plain.n);
}

static const enum coding all[] = {CODING_GZIP, CODING_BR, CODING_ZSTD};

static void what_is_written_in_any_pieces_is_read(void **state)
{
    static const size_t sizes[] = {1, 1000, 32 * 1024, 300 * 1000},
                        steps[] = {7777, 32 * 1024, ROOM};
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned k = 0; k < 4; k++)
            for (unsigned s = 0; s < 3; s++) {
                write_plain(sizes[k]);
                code(all[i], steps[s]);
                assert_read(all[i]);
                assert_true(plain.n < 1000 || coded.n < plain.n / 2);
            }
}

/* As a reader has it by now. */
static void assert_read_so_far(struct coding_reader *r, size_t *n_read, size_t n_plain)
{
    struct slice piece = {coded.at + *n_read, coded.n - *n_read};
    size_t budget = SIZE_MAX;
    assert_int_equal(coding_read(r, &piece, &budget), CODING_GOOD);
    *n_read = coded.n;
    assert_int_equal(got.n, n_plain);
    assert_memory_equal(got.at, plain.at, n_plain);
}

static void what_is_flushed_is_read_at_once(void **state)
{
    static const size_t steps[] = {1, 500, 40 * 1000, 1, 16 * 1024, 200 * 1000};
    (void)state;
    write_plain(300 * 1000);
    for (unsigned i = 0; i < 3; i++) {
        const struct coding_list list = {.at = {all[i]}, .n = 1};
        struct coding_writer *w = coding_writer_new(all[i], CODING_SIZE_UNKNOWN);
        struct coding_reader *r = coding_reader_new(&list, take, &got);
        size_t at = 0, n_read = 0;
        coded.n = got.n = 0;
        for (unsigned k = 0; k < sizeof steps / sizeof *steps; at += steps[k++]) {
            struct slice piece = {plain.at + at, steps[k]};
            assert_true(coding_write(w, piece, false, take, &coded));
            assert_true(coding_flush(w, take, &coded));
            assert_read_so_far(r, &n_read, at + steps[k]);
            assert_false(coding_reader_is_whole(r));
        }
        assert_true(coding_write(w, SLICE(""), true, take, &coded));
        assert_read_so_far(r, &n_read, at);
        assert_true(coding_reader_is_whole(r));
        coding_writer_free(w);
        coding_reader_free(r);
    }
}

static void a_sink_may_stop_it(void **state)
{
    (void)state;
    write_plain(1000);
    for (unsigned i = 0; i < 3; i++) {
        struct coding_writer *w = coding_writer_new(all[i], plain.n);
        assert_false(coding_write(w, (struct slice){plain.at, plain.n}, true, refuse, NULL));
        coding_writer_free(w);
    }
}

/* At least the windows and tables that coding_write.c asks for. */
static void memory_is_told(void **state)
{
    static const struct {
        enum coding coding;
        bool is_size_known;
        size_t least, most;
    } cases[] = {
        {CODING_GZIP, true, 200 << 10, 400 << 10}, {CODING_BR, true, 500 << 10, 4 << 20},
        {CODING_ZSTD, true, 500 << 10, 4 << 20},   {CODING_GZIP, false, 60 << 10, 200 << 10},
        {CODING_BR, false, 100 << 10, 800 << 10},  {CODING_ZSTD, false, 100 << 10, 500 << 10},
    };
    (void)state;
    write_plain(300 * 1000);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t size = cases[i].is_size_known ? 2 * plain.n : CODING_SIZE_UNKNOWN;
        struct coding_writer *w = coding_writer_new(cases[i].coding, size);
        coded.n = 0;
        assert_true(coding_write(w, (struct slice){plain.at, plain.n}, false, take, &coded));
        assert_in_range(coding_writer_memory(w), cases[i].least, cases[i].most);
        coding_writer_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_in_any_pieces_is_read),
        cmocka_unit_test(what_is_flushed_is_read_at_once),
        cmocka_unit_test(a_sink_may_stop_it),
        cmocka_unit_test(memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
