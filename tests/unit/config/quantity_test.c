/* quantity_test.c - numbers with units, there and back */
#include "../unit.h"
#include "config/quantity.h"

static const struct {
    const char *text;
    enum quantity_unit unit;
    enum quantity_verdict verdict;
    uint64_t value;
} cases[] = {
    {"300ms", QUANTITY_DURATION, QUANTITY_GOOD, 300},
    {"2s", QUANTITY_DURATION, QUANTITY_GOOD, 2000},
    {"5m", QUANTITY_DURATION, QUANTITY_GOOD, 300000},
    {"1h", QUANTITY_DURATION, QUANTITY_GOOD, 3600000},
    {"0s", QUANTITY_DURATION, QUANTITY_GOOD, 0},
    {"007s", QUANTITY_DURATION, QUANTITY_GOOD, 7000},
    {"5124095576030h", QUANTITY_DURATION, QUANTITY_GOOD, UINT64_C(18446744073708000000)},
    {"5124095576031h", QUANTITY_DURATION, QUANTITY_TOO_LARGE, 0},
    {"300", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"ms", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"-1s", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"1.5s", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"1 s", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"1S", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"3KiB", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"512B", QUANTITY_SIZE, QUANTITY_GOOD, 512},
    {"64KiB", QUANTITY_SIZE, QUANTITY_GOOD, 65536},
    {"8MiB", QUANTITY_SIZE, QUANTITY_GOOD, 8388608},
    {"1GiB", QUANTITY_SIZE, QUANTITY_GOOD, 1073741824},
    {"17179869183GiB", QUANTITY_SIZE, QUANTITY_GOOD, UINT64_C(18446744072635809792)},
    {"17179869184GiB", QUANTITY_SIZE, QUANTITY_TOO_LARGE, 0},
    {"1MB", QUANTITY_SIZE, QUANTITY_MALFORMED, 0},
    {"1024", QUANTITY_SIZE, QUANTITY_MALFORMED, 0},
    {"8s", QUANTITY_SIZE, QUANTITY_MALFORMED, 0},
    {"20%", QUANTITY_SHARE, QUANTITY_GOOD, 200},
    {"0%", QUANTITY_SHARE, QUANTITY_GOOD, 0},
    {"0.5%", QUANTITY_SHARE, QUANTITY_GOOD, 5},
    {"99.9%", QUANTITY_SHARE, QUANTITY_GOOD, 999},
    {"1.25%", QUANTITY_SHARE, QUANTITY_MALFORMED, 0},
    {".5%", QUANTITY_SHARE, QUANTITY_MALFORMED, 0},
    {"1.%", QUANTITY_SHARE, QUANTITY_MALFORMED, 0},
    {"1.5", QUANTITY_SHARE, QUANTITY_MALFORMED, 0},
    {"20", QUANTITY_SHARE, QUANTITY_MALFORMED, 0},
    {"20 %", QUANTITY_SHARE, QUANTITY_MALFORMED, 0},
    {"1844674407370955161.5%", QUANTITY_SHARE, QUANTITY_GOOD, UINT64_MAX},
    {"1844674407370955161.6%", QUANTITY_SHARE, QUANTITY_TOO_LARGE, 0},
    {"1.5s", QUANTITY_DURATION, QUANTITY_MALFORMED, 0},
    {"100/s", QUANTITY_RATE, QUANTITY_GOOD, 360000},
    {"6000/m", QUANTITY_RATE, QUANTITY_GOOD, 360000},
    {"10/h", QUANTITY_RATE, QUANTITY_GOOD, 10},
    {"100", QUANTITY_RATE, QUANTITY_MALFORMED, 0},
    {"100/d", QUANTITY_RATE, QUANTITY_MALFORMED, 0},
    {"/s", QUANTITY_RATE, QUANTITY_MALFORMED, 0},
    {"1.5/s", QUANTITY_RATE, QUANTITY_MALFORMED, 0},
    {"18446744073709551615/s", QUANTITY_RATE, QUANTITY_TOO_LARGE, 0},
    {"12", QUANTITY_COUNT, QUANTITY_GOOD, 12},
    {"18446744073709551615", QUANTITY_COUNT, QUANTITY_GOOD, UINT64_MAX},
    {"18446744073709551616", QUANTITY_COUNT, QUANTITY_TOO_LARGE, 0},
    {"99999999999999999999999", QUANTITY_COUNT, QUANTITY_TOO_LARGE, 0},
    {"12s", QUANTITY_COUNT, QUANTITY_MALFORMED, 0},
};

static void a_quantity_is_digits_and_a_unit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 0;
        enum quantity_verdict verdict =
            quantity_read(slice_of(cases[i].text), cases[i].unit, &value);
        if (verdict != cases[i].verdict || (verdict == QUANTITY_GOOD && value != cases[i].value))
            fail_msg("'%s' is %u, %llu", cases[i].text, verdict, (unsigned long long)value);
    }
}

static void a_quantity_is_written_in_its_largest_unit(void **state)
{
    (void)state;
    static const struct {
        enum quantity_unit unit;
        uint64_t value;
        const char *text;
    } written[] = {
        {QUANTITY_DURATION, 300, "300ms"}, {QUANTITY_DURATION, 2000, "2s"},
        {QUANTITY_DURATION, 90000, "90s"}, {QUANTITY_DURATION, 3600000, "1h"},
        {QUANTITY_DURATION, 0, "0ms"},     {QUANTITY_SIZE, 65536, "64KiB"},
        {QUANTITY_SIZE, 1000, "1000B"},    {QUANTITY_SIZE, UINT64_C(1) << 40, "1024GiB"},
        {QUANTITY_COUNT, 10000, "10000"},  {QUANTITY_SHARE, 200, "20%"},
        {QUANTITY_SHARE, 1, "0.1%"},       {QUANTITY_SHARE, 0, "0%"},
    };
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        char text[32];
        quantity_write(text, sizeof text, written[i].unit, written[i].value);
        assert_string_equal(text, written[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quantity_is_digits_and_a_unit),
        cmocka_unit_test(a_quantity_is_written_in_its_largest_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
