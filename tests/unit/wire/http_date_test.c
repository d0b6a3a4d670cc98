/* http_date_test.c - the three forms of a date, and what is none (RFC 9110 5.6.7) */
#include <stdio.h>
#include <time.h>

#include "../unit.h"
#include "wire/http_date.h"

#define NOW_2026 INT64_C(1767225600) /* 2026-01-01 */
#define DAY INT64_C(86400)

static int64_t read(const char *text, int64_t now)
{
    int64_t seconds = INT64_MIN;
    if (!http_date_read(slice_of(text), now, &seconds))
        fail_msg("'%s' is no date", text);
    return seconds;
}

static void the_three_forms_are_one_date(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        assert_int_equal(read(forms[i], NOW_2026), 784111777);
}

static void letters_may_be_of_either_case(void **state)
{
    (void)state;
    assert_int_equal(read("sun, 06 NOV 1994 08:49:37 gmt", NOW_2026), 784111777);
    assert_int_equal(read("SUNDAY, 06-nov-94 08:49:37 GMT", NOW_2026), 784111777);
}

static void dates_reach_from_the_year_0_to_9999(void **state)
{
    (void)state;
    assert_int_equal(read("Thu, 01 Jan 1970 00:00:00 GMT", 0), 0);
    assert_int_equal(read("Wed, 31 Dec 1969 23:59:59 GMT", 0), -1);
    assert_int_equal(read("Sat, 01 Jan 0000 00:00:00 GMT", 0), -62167219200);
    assert_int_equal(read("Fri, 31 Dec 9999 23:59:59 GMT", 0), 253402300799);
    assert_int_equal(read("Tue, 29 Feb 2000 12:00:00 GMT", 0), 951825600);
    assert_int_equal(read("Sat, 31 Dec 2016 23:59:60 GMT", 0), 1483228800); /* a leap second */
    assert_int_equal(read("Wed Nov 16 08:49:37 1994", 0), 784975777);
}

/* RFC 9110: what appears to be more than 50 years ahead is the past year of the same digits. */
static void two_digits_mean_a_year_at_most_50_ahead(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *same;
    } cases[] = {
        {"Thursday, 01-Jan-26 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"Tuesday, 01-Jan-75 00:00:00 GMT", "Tue, 01 Jan 2075 00:00:00 GMT"},
        {"Saturday, 01-Jan-77 00:00:00 GMT", "Sat, 01 Jan 1977 00:00:00 GMT"},
        {"Friday, 31-Dec-99 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT"},
        {"Saturday, 01-Jan-00 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read(cases[i].text, NOW_2026), read(cases[i].same, 0));
    /* The same text a lifetime later. */
    assert_int_equal(read("Saturday, 01-Jan-77 00:00:00 GMT", NOW_2026 + 20 * 365 * DAY),
                     read("Fri, 01 Jan 2077 00:00:00 GMT", 0));
}

static void anything_else_is_no_date(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "-1",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMTX",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 1900 08:49:37 GMT",
        "Wed, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Sunday, 00-Nov-94 08:49:37 GMT",
    };
    int64_t seconds;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (http_date_read(slice_of(bad[i]), NOW_2026, &seconds))
            fail_msg("'%s' is a date", bad[i]);
}

/* Independently of ours: as the C library counts. */
static void every_day_of_four_centuries_is_where_the_c_library_has_it(void **state)
{
    (void)state;
    for (int64_t day = -60 * 365; day < 346 * 365; day++) {
        time_t seconds = day * DAY + 86399 - (day & 0xfff);
        struct tm tm;
        char text[64];
        assert_non_null(gmtime_r(&seconds, &tm));
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        assert_int_equal(read(text, 0), seconds);
        strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm);
        assert_int_equal(read(text, 0), seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_forms_are_one_date),
        cmocka_unit_test(letters_may_be_of_either_case),
        cmocka_unit_test(dates_reach_from_the_year_0_to_9999),
        cmocka_unit_test(two_digits_mean_a_year_at_most_50_ahead),
        cmocka_unit_test(anything_else_is_no_date),
        cmocka_unit_test(every_day_of_four_centuries_is_where_the_c_library_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
