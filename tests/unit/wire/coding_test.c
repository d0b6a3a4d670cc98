/* coding_test.c - bodies in each coding, whole and byte by byte, cut, spoilt, stacked and huge */
#include <brotli/encode.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "../unit.h"
#include "wire/coding.h"

enum {
    ROOM = 1 << 20,
    GZIP_BITS = 15 + 16,
    ZLIB_BITS = 15,
    RAW_BITS = -15
};

struct text {
    char at[ROOM];
    size_t n;
    size_t limit;
};

static struct text plain, coded, twice, got;

static void deflate_with(int bits, const struct text *from, struct text *to)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)from->at;
    z.avail_in = (uInt)from->n;
    z.next_out = (Bytef *)to->at;
    z.avail_out = ROOM;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    to->n = ROOM - z.avail_out;
    deflateEnd(&z);
}

static void encode(enum coding c, const struct text *from, struct text *to)
{
    to->n = ROOM;
    switch (c) {
    case CODING_IDENTITY:
        fail();
        break;
    case CODING_GZIP:
        deflate_with(GZIP_BITS, from, to);
        break;
    case CODING_DEFLATE:
        deflate_with(ZLIB_BITS, from, to);
        break;
    case CODING_BR:
        assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, from->n,
                                          (const uint8_t *)from->at, &to->n, (uint8_t *)to->at));
        break;
    case CODING_ZSTD:
        to->n = ZSTD_compress(to->at, ROOM, from->at, from->n, 3);
        assert_false(ZSTD_isError(to->n));
        break;
    }
}

static void write_plain(size_t n)
{
    for (plain.n = 0; plain.n < n; plain.n++)
        plain.at[plain.n] = (char)('a' + plain.n * plain.n % 23 % 17);
}

static bool take(void *owner, struct slice piece)
{
    struct text *t = owner;
    if (piece.n > t->limit - t->n)
        return false;
    memcpy(t->at + t->n, piece.at, piece.n);
    t->n += piece.n;
    return true;
}

static struct coding_reader *reader_of(const char *field)
{
    struct coding_list list = {0};
    coding_list_add(&list, slice_of(field));
    return coding_reader_new(&list, take, &got);
}

/* Decodes in steps of so many bytes, each of which costs what it may. */
static enum coding_verdict decode(const char *field, const struct text *from, size_t step,
                                  bool *is_whole)
{
    enum coding_verdict verdict = CODING_GOOD;
    struct coding_reader *r = reader_of(field);
    got.n = 0;
    got.limit = got.limit ? got.limit : ROOM;
    for (size_t at = 0; at < from->n && verdict == CODING_GOOD; at += step) {
        size_t n = from->n - at < step ? from->n - at : step;
        struct slice bytes = {from->at + at, n};
        size_t budget = SIZE_MAX;
        verdict = coding_read(r, &bytes, &budget);
    }
    *is_whole = verdict == CODING_GOOD && coding_reader_is_whole(r);
    coding_reader_free(r);
    return verdict;
}

static void assert_decodes(const char *field, const struct text *from)
{
    static const size_t steps[] = {ROOM, 1, 1000};
    bool is_whole;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(decode(field, from, steps[i], &is_whole), CODING_GOOD);
        assert_true(is_whole);
        assert_int_equal(got.n, plain.n);
        assert_memory_equal(got.at, plain.at, plain.n);
    }
}

static const struct {
    const char *name;
    enum coding coding;
} all[] = {
    {"gzip", CODING_GZIP}, {"X-GZIP", CODING_GZIP}, {"deflate", CODING_DEFLATE},
    {"br", CODING_BR},     {"zstd", CODING_ZSTD},
};

static const size_t sizes[] = {1, 100, 16 * 1024, 32 * 1024 + 1, 200 * 1000};

static void what_was_coded_is_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            write_plain(sizes[k]);
            encode(all[i].coding, &plain, &coded);
            assert_decodes(all[i].name, &coded);
        }
}

static void deflate_without_its_frame_is_read_too(void **state)
{
    (void)state;
    write_plain(5000);
    deflate_with(RAW_BITS, &plain, &coded);
    assert_decodes("deflate", &coded);
}

static void two_codings_are_taken_off_in_turn(void **state)
{
    (void)state;
    write_plain(50000);
    encode(CODING_BR, &plain, &coded);
    encode(CODING_GZIP, &coded, &twice);
    assert_decodes("br, identity, gzip", &twice);
}

static void streams_in_a_row_are_one_body(void **state)
{
    static const struct {
        const char *name;
        enum coding coding;
        enum coding_verdict verdict;
    } cases[] = {
        {"gzip", CODING_GZIP, CODING_GOOD},
        {"zstd", CODING_ZSTD, CODING_GOOD},
        {"br", CODING_BR, CODING_BAD},
        {"deflate", CODING_DEFLATE, CODING_BAD},
    };
    bool is_whole;
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_plain(1000);
        encode(cases[i].coding, &plain, &coded);
        memcpy(coded.at + coded.n, coded.at, coded.n);
        coded.n *= 2;
        assert_int_equal(decode(cases[i].name, &coded, ROOM, &is_whole), cases[i].verdict);
        if (cases[i].verdict == CODING_GOOD)
            assert_int_equal(got.n, 2 * plain.n);
    }
}

static void what_is_cut_is_not_whole(void **state)
{
    bool is_whole;
    (void)state;
    write_plain(3000);
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        encode(all[i].coding, &plain, &coded);
        for (coded.n -= 1; coded.n; coded.n--) {
            decode(all[i].name, &coded, ROOM, &is_whole);
            assert_false(is_whole);
        }
    }
}

static void what_follows_or_is_none_is_bad(void **state)
{
    bool is_whole;
    (void)state;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        write_plain(3000);
        encode(all[i].coding, &plain, &coded);
        memset(coded.at + coded.n, 'x', 100);
        coded.n += 100;
        assert_int_equal(decode(all[i].name, &coded, ROOM, &is_whole), CODING_BAD);
        memset(coded.at, 'x', coded.n);
        assert_int_equal(decode(all[i].name, &coded, ROOM, &is_whole), CODING_BAD);
    }
}

static void a_bomb_is_stopped_by_its_sink(void **state)
{
    bool is_whole;
    (void)state;
    memset(plain.at, 0, ROOM);
    plain.n = ROOM;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        encode(all[i].coding, &plain, &coded);
        assert_in_range(coded.n, 1, ROOM / 100);
        got.limit = 100 * 1000;
        assert_int_equal(decode(all[i].name, &coded, ROOM, &is_whole), CODING_STOPPED);
        assert_in_range(got.n, 1, got.limit);
        got.limit = ROOM;
    }
}

/* The budget that a go may use, and what it may go beyond it by its last step. */
#define BUDGET ((size_t)64 * 1024)
#define BEYOND ((size_t)16 * 1024)

/* Goes on by the budget until it is over; the number of goes. */
static unsigned decode_by_budget(struct coding_reader *r, const struct text *from, size_t step)
{
    enum coding_verdict verdict = CODING_MORE;
    struct slice bytes = {from->at, 0};
    unsigned n_goes = 0;
    got.n = 0;
    got.limit = ROOM;
    for (; verdict == CODING_MORE || bytes.at < from->at + from->n; n_goes++) {
        size_t left = (size_t)(from->at + from->n - bytes.at), n_before = got.n, budget = BUDGET;
        bytes.n = left < step ? left : step;
        verdict = coding_read(r, &bytes, &budget);
        assert_true(verdict == CODING_GOOD ? bytes.n == 0 : verdict == CODING_MORE && !budget);
        assert_in_range(got.n - n_before, 0, BUDGET + BEYOND);
    }
    return n_goes;
}

static void one_go_does_no_more_than_its_budget(void **state)
{
    static const size_t steps[] = {ROOM, 1, 1000};
    (void)state;
    memset(plain.at, 'x', ROOM);
    plain.n = ROOM;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        for (unsigned k = 0; k < 3; k++) {
            encode(all[i].coding, &plain, &coded);
            struct coding_reader *r = reader_of(all[i].name);
            assert_true(decode_by_budget(r, &coded, steps[k]) >= ROOM / (BUDGET + BEYOND));
            assert_true(coding_reader_is_whole(r));
            assert_int_equal(got.n, ROOM);
            assert_memory_equal(got.at, plain.at, ROOM);
            coding_reader_free(r);
        }
}

/* Much between two codings, and nothing in the end: only what is read in between can be counted. */
static void what_means_nothing_has_a_price_too(void **state)
{
    static const unsigned char nothing[] = {0, 0, 0, 0xff, 0xff}; /* a stored block of no bytes */
    (void)state;
    for (plain.n = 0; plain.n + sizeof nothing <= ROOM; plain.n += sizeof nothing)
        memcpy(plain.at + plain.n, nothing, sizeof nothing);
    encode(CODING_GZIP, &plain, &coded);
    struct coding_reader *r = reader_of("deflate, gzip");
    assert_true(decode_by_budget(r, &coded, ROOM) >= 2 * plain.n / (BUDGET + BEYOND));
    assert_int_equal(got.n, 0);
    assert_int_equal(coding_reader_n_coded(r), plain.n);
    coding_reader_free(r);
}

static void memory_is_told_with_its_windows(void **state)
{
    static const struct {
        const char *name;
        enum coding coding;
        size_t window;
    } cases[] = {
        {"gzip", CODING_GZIP, 32 * 1024},
        {"deflate", CODING_DEFLATE, 32 * 1024},
        {"br", CODING_BR, ROOM},
        {"zstd", CODING_ZSTD, ROOM},
    };
    (void)state;
    write_plain(ROOM);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        encode(cases[i].coding, &plain, &coded);
        struct coding_reader *r = reader_of(cases[i].name);
        size_t at_first = coding_reader_memory(r);
        assert_in_range(at_first, 16 * 1024, 512 * 1024);
        decode_by_budget(r, &coded, ROOM);
        assert_in_range(coding_reader_memory(r), at_first + cases[i].window / 2,
                        at_first + 2 * cases[i].window + 512 * 1024);
        coding_reader_free(r);
    }
}

static void lists_are_bounded_and_known(void **state)
{
    static const struct {
        const char *field;
        unsigned n;
        bool is_foreign;
    } cases[] = {
        {"", 0, false},          {"identity", 0, false},        {"gzip", 1, false},
        {"GZip, BR", 2, false},  {"gzip, gzip, gzip", 2, true}, {"compress", 0, true},
        {"gzip, lzma", 1, true}, {"gzip;q=1", 0, true},         {"identity, zstd", 1, false},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct coding_list list = {0};
        coding_list_add(&list, slice_of(cases[i].field));
        assert_int_equal(list.n, cases[i].n);
        assert_int_equal(list.is_foreign, cases[i].is_foreign);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_coded_is_read),
        cmocka_unit_test(deflate_without_its_frame_is_read_too),
        cmocka_unit_test(two_codings_are_taken_off_in_turn),
        cmocka_unit_test(streams_in_a_row_are_one_body),
        cmocka_unit_test(what_is_cut_is_not_whole),
        cmocka_unit_test(what_follows_or_is_none_is_bad),
        cmocka_unit_test(a_bomb_is_stopped_by_its_sink),
        cmocka_unit_test(one_go_does_no_more_than_its_budget),
        cmocka_unit_test(what_means_nothing_has_a_price_too),
        cmocka_unit_test(memory_is_told_with_its_windows),
        cmocka_unit_test(lists_are_bounded_and_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
