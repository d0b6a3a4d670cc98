/* resp_test.c - what a store says, whole and in pieces, and what is none of Redis' words */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "store/resp.h"

enum {
    LIMIT = 1000
};

/* A value as text: 7 +OK -ERR "text" nil [..]. */
static void show(struct buffer *out, const struct resp_value *v)
{
    struct slice text = resp_text(v);
    switch (v->kind) {
    case RESP_NIL:
        assert_true(buffer_append(out, SLICE("nil")));
        break;
    case RESP_INTEGER:
        assert_true(buffer_print(out, "%lld", (long long)v->number));
        break;
    case RESP_STATUS:
        assert_true(buffer_print(out, "+%.*s", SLICE_ARG(text)));
        break;
    case RESP_ERROR:
        assert_true(buffer_print(out, "-%.*s", SLICE_ARG(text)));
        break;
    case RESP_TEXT:
        assert_true(buffer_print(out, "\"%.*s\"", SLICE_ARG(text)));
        break;
    case RESP_LIST:
        assert_true(buffer_append(out, SLICE("[")));
        for (unsigned i = 0; i < v->n; i++) {
            show(out, &v->list[i]);
            assert_true(i + 1 == v->n || buffer_append(out, SLICE(" ")));
        }
        assert_true(buffer_append(out, SLICE("]")));
        break;
    }
}

/* All answers, one a line; "broken" where it ends so. */
static void drain(struct resp *r, struct buffer *out)
{
    struct resp_value *v;
    enum resp_progress progress = resp_next(r, &v);
    while (progress == RESP_WHOLE) {
        show(out, v);
        assert_true(buffer_append(out, SLICE("\n")));
        resp_free(v);
        progress = resp_next(r, &v);
    }
    if (progress == RESP_BROKEN)
        assert_true(buffer_append(out, SLICE("broken\n")));
}

static void expect_in_pieces(struct slice said, size_t piece, const char *expected)
{
    struct resp *r = resp_new(LIMIT);
    struct buffer out;
    buffer_init(&out, 100000);
    for (size_t at = 0; at < said.n; at += piece) {
        size_t n = said.n - at < piece ? said.n - at : piece;
        struct slice part = {said.at + at, n};
        resp_feed(r, part);
        if (out.n < 7 || memcmp(out.at + out.n - 7, "broken\n", 7) != 0)
            drain(r, &out);
    }
    assert_int_equal(out.n, strlen(expected));
    assert_memory_equal(out.at ? out.at : "", expected, out.n);
    buffer_done(&out);
    resp_done(r);
}

static void expect(struct slice said, const char *expected)
{
    expect_in_pieces(said, said.n, expected);
    expect_in_pieces(said, 1, expected);
}

static void each_kind_of_answer_is_read_whole_and_byte_by_byte(void **state)
{
    (void)state;
    expect(SLICE("+OK\r\n-ERR no\r\n:-7\r\n:12\r\n$5\r\nab\r\nc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"),
           "+OK\n-ERR no\n-7\n12\n\"ab\r\nc\"\n\"\"\nnil\nnil\n[]\n");
    expect(SLICE("*3\r\n$1\r\na\r\n$-1\r\n*2\r\n:1\r\n+b\r\n"), "[\"a\" nil [1 +b]]\n");
}

static void what_is_no_resp_breaks_the_reader_for_good(void **state)
{
    (void)state;
    expect(SLICE("HTTP/1.1 400 Bad Request\r\n\r\n+OK\r\n"), "broken\n");
    expect(SLICE("+OK\r\n$x\r\n"), "+OK\nbroken\n");
    expect(SLICE(":1x\r\n"), "broken\n");
    expect(SLICE("*2\r\n:1\r\n!\r\n"), "broken\n");
}

static void nothing_is_deeper_longer_or_more_than_its_bound(void **state)
{
    (void)state;
    expect(SLICE("*1\r\n*1\r\n*1\r\n:1\r\n"), "broken\n");
    expect(SLICE("*16385\r\n"), "broken\n");
    expect(SLICE("*2\r\n*16000\r\n"), ""); /* it may come, as far as can be told by now */
    expect(SLICE("*3\r\n:1\r\n:2\r\n*16384\r\n"), "broken\n");
    expect(SLICE("*2147483647\r\n"), "broken\n");
    expect(SLICE("*9223372036854775807\r\n"), "broken\n");
    expect(SLICE("$9223372036854775808\r\nabc\r\n"), "broken\n");
    expect(SLICE("$9223372036854775807\r\nabc\r\n"), ""); /* until the limit is reached */
}

static void an_answer_that_goes_on_past_the_limit_is_not_waited_for(void **state)
{
    (void)state;
    struct resp *r = resp_new(LIMIT);
    struct resp_value *v;
    char many[LIMIT];
    memset(many, 'x', sizeof many);
    resp_feed(r, SLICE("$4000\r\n"));
    assert_int_equal(resp_next(r, &v), RESP_MORE);
    resp_feed(r, (struct slice){many, sizeof many - 10});
    assert_int_equal(resp_next(r, &v), RESP_MORE);
    resp_feed(r, (struct slice){many, 10});
    assert_int_equal(resp_next(r, &v), RESP_BROKEN);
    resp_done(r);

    /* Several that are shorter are no one that is longer. */
    r = resp_new(LIMIT);
    for (unsigned i = 0; i < 100; i++) {
        resp_feed(r, SLICE("$100\r\n"));
        assert_int_equal(resp_next(r, &v), RESP_MORE);
        resp_feed(r, (struct slice){many, 100});
        resp_feed(r, SLICE("\r\n"));
        assert_int_equal(resp_next(r, &v), RESP_WHOLE);
        resp_free(v);
    }
    resp_done(r);
}

static void a_text_can_be_taken_without_a_copy(void **state)
{
    (void)state;
    struct resp *r = resp_new(LIMIT);
    struct resp_value *v;
    resp_feed(r, SLICE("*2\r\n$3\r\nabc\r\n+OK\r\n"));
    assert_int_equal(resp_next(r, &v), RESP_WHOLE);
    struct blob *b = resp_take_blob(&v->list[0]);
    assert_non_null(b);
    assert_null(resp_take_blob(&v->list[0]));
    assert_null(resp_take_blob(&v->list[1]));
    resp_free(v);
    resp_done(r);
    assert_memory_equal(b->at, "abc", 3);
    blob_release(NULL, b);
}

static void numbers_are_integers_or_digits(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        bool is_number;
        uint64_t number;
    } cases[] = {
        {":0\r\n", true, 0},
        {":77\r\n", true, 77},
        {":-1\r\n", false, 0},
        {"$16\r\n1764380000000000\r\n", true, 1764380000000000},
        {"$0\r\n\r\n", false, 0},
        {"$2\r\n1x\r\n", false, 0},
        {"$20\r\n11111111111111111111\r\n", false, 0},
        {"$-1\r\n", false, 0},
        {"+12\r\n", false, 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resp *r = resp_new(LIMIT);
        struct resp_value *v;
        uint64_t number;
        resp_feed(r, slice_of(cases[i].said));
        assert_int_equal(resp_next(r, &v), RESP_WHOLE);
        assert_int_equal(resp_number(v, &number), cases[i].is_number);
        if (cases[i].is_number)
            assert_int_equal(number, cases[i].number);
        resp_free(v);
        resp_done(r);
    }
}

static void a_command_is_counted_words_or_nothing(void **state)
{
    (void)state;
    static const char whole[] = "*3\r\n$3\r\nSET\r\n$5\r\nx:a\r\n\r\n$3\r\n100\r\n";
    struct buffer out;
    struct resp_command c;
    for (size_t limit = 0; limit <= sizeof whole; limit++) {
        buffer_init(&out, limit + 1);
        assert_true(buffer_append(&out, SLICE("-")));
        resp_begin(&c, &out, 3);
        resp_add(&c, SLICE("SET"), SLICE_NONE);
        resp_add(&c, SLICE("x:"), SLICE("a\r\n"));
        resp_add_number(&c, 100);
        bool is_whole = resp_end(&c);
        assert_int_equal(is_whole, limit >= sizeof whole - 1);
        assert_int_equal(out.n, is_whole ? sizeof whole : 1);
        if (is_whole)
            assert_memory_equal(out.at + 1, whole, sizeof whole - 1);
        buffer_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_answer_is_read_whole_and_byte_by_byte),
        cmocka_unit_test(what_is_no_resp_breaks_the_reader_for_good),
        cmocka_unit_test(nothing_is_deeper_longer_or_more_than_its_bound),
        cmocka_unit_test(an_answer_that_goes_on_past_the_limit_is_not_waited_for),
        cmocka_unit_test(a_text_can_be_taken_without_a_copy),
        cmocka_unit_test(numbers_are_integers_or_digits),
        cmocka_unit_test(a_command_is_counted_words_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
