/* http_date.c - a date is read by a pattern of its form
 *
 * In a pattern a letter stands for a part of the date, anything else for itself.
 */
#include "wire/http_date.h"

enum {
    SECOND_MAX = 60, /* a leap second */
    YEARS_AHEAD = 50,
    MONTHS = 12
};

struct date {
    unsigned year, month, day, hour, minute, second; /* month from 0, day from 1 */
    bool is_short;                                   /* the year has two digits */
};

struct reader {
    struct slice rest;
    struct date date;
};

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const day_names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};

static bool skip(struct reader *r, struct slice word)
{
    if (r->rest.n < word.n || !slice_equal_nocase((struct slice){r->rest.at, word.n}, word))
        return false;
    r->rest = slice_after(r->rest, word.n);
    return true;
}

static bool skip_day_name(struct reader *r, bool is_whole)
{
    for (unsigned i = 0; i < sizeof day_names / sizeof *day_names; i++) {
        struct slice name = slice_of(day_names[i]);
        name.n = is_whole ? name.n : 3;
        if (skip(r, name))
            return true;
    }
    return false;
}

static bool take_month(struct reader *r)
{
    for (r->date.month = 0; r->date.month < MONTHS; r->date.month++)
        if (skip(r, slice_of(month_names[r->date.month])))
            return true;
    return false;
}

static bool take_digits(struct reader *r, unsigned n, unsigned *number)
{
    *number = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned digit = i < r->rest.n ? (unsigned)(unsigned char)r->rest.at[i] - '0' : 10;
        if (digit > 9)
            return false;
        *number = *number * 10 + digit;
    }
    r->rest = slice_after(r->rest, n);
    return true;
}

/* Of asctime: two digits, or a space and one. */
static bool take_padded_day(struct reader *r)
{
    return skip(r, SLICE(" ")) ? take_digits(r, 1, &r->date.day) : take_digits(r, 2, &r->date.day);
}

static bool take_time(struct reader *r)
{
    struct date *d = &r->date;
    return take_digits(r, 2, &d->hour) && skip(r, SLICE(":")) && take_digits(r, 2, &d->minute) &&
           skip(r, SLICE(":")) && take_digits(r, 2, &d->second);
}

static bool take_part(struct reader *r, char part)
{
    switch (part) {
    case 'W':
        return skip_day_name(r, true);
    case 'w':
        return skip_day_name(r, false);
    case 'D':
        return take_digits(r, 2, &r->date.day);
    case 'd':
        return take_padded_day(r);
    case 'M':
        return take_month(r);
    case 'Y':
        return take_digits(r, 4, &r->date.year);
    case 'y':
        r->date.is_short = true;
        return take_digits(r, 2, &r->date.year);
    case 'T':
        return take_time(r);
    case 'Z':
        return skip(r, SLICE("GMT"));
    default:
        return skip(r, (struct slice){&part, 1});
    }
}

static bool take_form(struct slice text, const char *form, struct date *d)
{
    struct reader r = {.rest = text};
    for (; *form; form++)
        if (!take_part(&r, *form))
            return false;
    *d = r.date;
    return r.rest.n == 0;
}

/* Days from 1970-01-01 of the proleptic Gregorian calendar. Years begin in March here, so that the
 * leap day is their last. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned months = (month + 10) % 12; /* since March */
    int64_t years = (int64_t)year - (months >= 10);
    int64_t era = (years >= 0 ? years : years - 399) / 400;
    int64_t of_era = years - era * 400;
    int64_t days = (153 * months + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + days - 719468;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month] + (month == 1 && is_leap);
}

static int64_t seconds_of(const struct date *d)
{
    return ((days_of(d->year, d->month, d->day) * 24 + d->hour) * 60 + d->minute) * 60 + d->second;
}

/* The latest year with these digits that is not more than 50 years ahead of now. */
static void lengthen_year(struct date *d, int64_t now)
{
    const int64_t seconds_a_year = 31556952; /* on average */
    int64_t latest = now + YEARS_AHEAD * seconds_a_year;
    for (d->year += 1900; d->year < 9900; d->year += 100) {
        struct date next = *d;
        next.year += 100;
        if (seconds_of(&next) > latest)
            return;
    }
}

bool http_date_read(struct slice text, int64_t now, int64_t *seconds)
{
    static const char *const forms[] = {"w, D M Y T Z", "W, D-M-y T Z", "w M d T Y"};
    struct date d = {0};
    unsigned i = 0;
    while (i < sizeof forms / sizeof *forms && !take_form(text, forms[i], &d))
        i++;
    if (i == sizeof forms / sizeof *forms)
        return false;
    if (d.day < 1 || d.hour > 23 || d.minute > 59 || d.second > SECOND_MAX)
        return false;
    if (d.is_short)
        lengthen_year(&d, now);
    *seconds = seconds_of(&d);
    return d.day <= days_in(d.year, d.month);
}
