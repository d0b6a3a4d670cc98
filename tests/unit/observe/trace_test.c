/* trace_test.c - which traces go on, which begin, and what is passed on of them */
#include <stdio.h>

#include "../unit.h"
#include "observe/trace.h"

#define ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

static void a_good_traceparent_is_gone_on_with(void **state)
{
    (void)state;
    struct trace t;
    assert_true(trace_parse(SLICE("00-" ID "-" SPAN "-01"), &t));
    assert_memory_equal(t.id, ID, 32);
    assert_memory_equal(t.span, SPAN, 16);
    assert_true(t.is_sampled);
    assert_true(trace_parse(SLICE("00-" ID "-" SPAN "-02"), &t));
    assert_false(t.is_sampled);
    assert_true(trace_parse(SLICE("00-" ID "-" SPAN "-ff"), &t));
    assert_true(t.is_sampled);
    /* Later versions are read as far as we know them. */
    assert_true(trace_parse(SLICE("01-" ID "-" SPAN "-01"), &t));
    assert_true(trace_parse(SLICE("cc-" ID "-" SPAN "-01-more"), &t));
}

static void a_bad_traceparent_is_none(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "00",
        "00-" ID "-" SPAN "-0",
        "00-" ID "-" SPAN "-01-",
        "00-" ID "-" SPAN "-01-more",
        "01-" ID "-" SPAN "-01more",
        "01-" ID "-" SPAN "-011",
        "ff-" ID "-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" ID "-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01",
        "00-" ID "-" SPAN "-0G",
        "0x-" ID "-" SPAN "-01",
        "00_" ID "-" SPAN "-01",
        "00-" ID "_" SPAN "-01",
        "00-" ID "-" SPAN "_01",
        " 00-" ID "-" SPAN "-01",
        "00-" ID "-" SPAN "-01 ",
        "00-0af7651916cd43dd8448eb211c8031\xc3\xa4-" SPAN "-01",
    };
    struct trace t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_false(trace_parse(slice_of(cases[i]), &t));
    assert_false(trace_parse(SLICE_NONE, &t));
}

static void each_call_has_a_span_of_its_own(void **state)
{
    (void)state;
    struct random r;
    struct trace t, first, second;
    char one[TRACE_PARENT_SIZE], other[TRACE_PARENT_SIZE];
    random_init_seeded(&r, 1);
    assert_true(trace_parse(SLICE("cc-" ID "-" SPAN "-00-more"), &t));
    char spans[2][TRACE_SPAN_SIZE];
    trace_make_span(spans[0], &r);
    trace_make_span(spans[1], &r);
    trace_write(one, &t, spans[0]);
    trace_write(other, &t, spans[1]);
    assert_memory_equal(one, "00-" ID "-", 36);
    assert_true(trace_parse((struct slice){one, sizeof one}, &first));
    assert_true(trace_parse((struct slice){other, sizeof other}, &second));
    assert_false(first.is_sampled);
    assert_memory_equal(second.id, ID, 32);
    assert_memory_not_equal(first.span, second.span, 16);
    assert_memory_not_equal(first.span, SPAN, 16);
}

static void a_new_trace_is_good_and_its_own(void **state)
{
    (void)state;
    struct random r;
    struct trace one, other, read;
    char text[TRACE_PARENT_SIZE];
    random_init_seeded(&r, 1);
    trace_begin(&one, &r);
    trace_begin(&other, &r);
    assert_memory_not_equal(one.id, other.id, 32);
    trace_write(text, &one, one.span);
    assert_true(trace_parse((struct slice){text, sizeof text}, &read));
    assert_memory_equal(read.id, one.id, 32);
    assert_true(read.is_sampled);
}

static void a_share_of_all_traces_is_chosen_by_their_ids(void **state)
{
    (void)state;
    struct random r;
    struct trace t;
    unsigned n = 0;
    random_init_seeded(&r, 1);
    for (unsigned i = 0; i < 10000; i++) {
        trace_begin(&t, &r);
        n += trace_is_chosen(&t, 100);
        assert_true(trace_is_chosen(&t, 1000));
        assert_false(trace_is_chosen(&t, 0));
        assert_true(!trace_is_chosen(&t, 100) || trace_is_chosen(&t, 101));
    }
    assert_in_range(n, 900, 1100);
}

static void ids_are_the_digits_of_random_numbers(void **state)
{
    (void)state;
    struct random r, same;
    char id[TRACE_REQUEST_ID_SIZE], expected[TRACE_REQUEST_ID_SIZE + 1];
    random_init_seeded(&r, 3);
    random_init_seeded(&same, 3);
    for (unsigned i = 0; i < 1000; i++) {
        unsigned long long high = random_next(&same), low = random_next(&same);
        trace_make_request_id(id, &r);
        assert_int_equal(snprintf(expected, sizeof expected, "%016llx%016llx", high, low), 32);
        assert_memory_equal(id, expected, sizeof id);
    }
}

static void a_good_tracestate_passes(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a=1",
        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        "a=1 , b=2,\t,c=3",
        "a/b_c-d*e=x y",
        "1t@sys=v",
        "t-_*/@s=~!",
        ",a=1,",
    };
    static const char *const bad[] = {
        "",     ",",     "a",      "a=",      "=1",          "A=1",
        "1a=1", "a=1,b", "a b=1",  "a=1=2",   "a=\x7f",      "a=\xc3\xa4",
        "@s=1", "t@=1",  "t@1s=1", "t@s@u=1", "a=1\r\nb: c", "t@sixteen-letters-=1",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(trace_is_state(slice_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(trace_is_state(slice_of(bad[i])));
}

static void a_tracestate_is_bounded(void **state)
{
    (void)state;
    char text[33 * 4 + 1] = "";
    for (int i = 0; i < 33; i++)
        memcpy(text + 4 * i, "a=1,", 5);
    assert_true(trace_is_state((struct slice){text, 32 * 4}));
    assert_false(trace_is_state((struct slice){text, 33 * 4}));
    char value[300] = "a=";
    memset(value + 2, 'x', 257);
    assert_true(trace_is_state((struct slice){value, 2 + 256}));
    assert_false(trace_is_state((struct slice){value, 2 + 257}));
    char key[300];
    memset(key, 'x', 257);
    memcpy(key + 256, "=1", 2);
    assert_true(trace_is_state((struct slice){key, 258}));
    memcpy(key + 256, "x=1", 3);
    assert_false(trace_is_state((struct slice){key, 259}));
}

static void a_clients_request_id_is_kept_where_it_is_harmless(void **state)
{
    (void)state;
    char text[129];
    memset(text, 'x', sizeof text);
    assert_true(trace_is_request_id(SLICE("Az-09._~:/+=,@|")));
    assert_false(trace_is_request_id(SLICE("a\"b")));
    assert_false(trace_is_request_id(SLICE("a\\b")));
    assert_false(trace_is_request_id(SLICE("<b>")));
    assert_true(trace_is_request_id((struct slice){text, 128}));
    assert_false(trace_is_request_id((struct slice){text, 129}));
    assert_false(trace_is_request_id(SLICE("")));
    assert_false(trace_is_request_id(SLICE("a b")));
    assert_false(trace_is_request_id(SLICE("a\n")));
    assert_false(trace_is_request_id(SLICE("\x7f")));
    assert_false(trace_is_request_id(SLICE("\xc3\xa4")));
    struct random r;
    char one[TRACE_REQUEST_ID_SIZE], other[TRACE_REQUEST_ID_SIZE];
    random_init_seeded(&r, 7);
    trace_make_request_id(one, &r);
    trace_make_request_id(other, &r);
    assert_true(trace_is_request_id((struct slice){one, sizeof one}));
    assert_memory_not_equal(one, other, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_traceparent_is_gone_on_with),
        cmocka_unit_test(a_bad_traceparent_is_none),
        cmocka_unit_test(each_call_has_a_span_of_its_own),
        cmocka_unit_test(a_new_trace_is_good_and_its_own),
        cmocka_unit_test(a_share_of_all_traces_is_chosen_by_their_ids),
        cmocka_unit_test(ids_are_the_digits_of_random_numbers),
        cmocka_unit_test(a_good_tracestate_passes),
        cmocka_unit_test(a_tracestate_is_bounded),
        cmocka_unit_test(a_clients_request_id_is_kept_where_it_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
