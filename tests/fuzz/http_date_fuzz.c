/* http_date_fuzz.c - any text as a date; one that is, is the same in the C library's writing */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/check.h"
#include "wire/http_date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define NOW INT64_C(1767268800)
#define YEAR_10000 INT64_C(253402300800)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char text[64];
    struct tm tm;
    int64_t seconds;
    int64_t again;
    if (!http_date_read((struct slice){(const char *)data, n}, NOW, &seconds))
        return 0;
    time_t time = (time_t)seconds;
    CHECK(seconds <= YEAR_10000 && gmtime_r(&time, &tm));
    if (tm.tm_year < 1000 - 1900 || tm.tm_year > 9999 - 1900)
        return 0; /* strftime() writes fewer digits, or more */
    CHECK(strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm));
    CHECK(http_date_read(slice_of(text), NOW, &again) && again == seconds);
    CHECK(strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm));
    CHECK(http_date_read(slice_of(text), NOW, &again) && again == seconds);
    return 0;
}
