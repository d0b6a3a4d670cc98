/* quantity.c - digits and a unit
 *
 * Whole numbers alone, so that what is written is what is meant: 1500ms, not 1.5s. A share alone
 * has no smaller unit and may have one digit behind a point. Sizes are binary and say so: KiB, not
 * KB.
 */
#include "config/quantity.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* The largest first. */
static const struct unit durations[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {0}};
static const struct unit sizes[] = {
    {"GiB", UINT64_C(1) << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {0}};
static const struct unit counts[] = {{"", 1}, {0}};
static const struct unit shares[] = {{"%", 10}, {0}};
static const struct unit rates[] = {{"/s", 3600}, {"/m", 60}, {"/h", 1}, {0}};

static const struct unit *units_of(enum quantity_unit unit)
{
    static const struct unit *const all[] = {
        [QUANTITY_COUNT] = counts, [QUANTITY_DURATION] = durations, [QUANTITY_SIZE] = sizes,
        [QUANTITY_SHARE] = shares, [QUANTITY_RATE] = rates,
    };
    return all[unit];
}

/* Thousandths of ".5%", which stands behind whole hundredths. */
static bool read_tenth(struct slice text, uint64_t *value)
{
    bool is_tenth = text.n == 3 && text.at[0] == '.' && text.at[2] == '%' && text.at[1] >= '0' &&
                    text.at[1] <= '9';
    *value = is_tenth ? (uint64_t)(text.at[1] - '0') : 0;
    return is_tenth;
}

enum quantity_verdict quantity_read(struct slice text, enum quantity_unit unit, uint64_t *value)
{
    uint64_t number = 0;
    size_t n = 0;
    bool is_too_large = false;
    for (; n < text.n && text.at[n] >= '0' && text.at[n] <= '9'; n++) {
        is_too_large |= __builtin_mul_overflow(number, 10, &number);
        is_too_large |= __builtin_add_overflow(number, (uint64_t)(text.at[n] - '0'), &number);
    }
    if (n == 0)
        return QUANTITY_MALFORMED;
    struct slice name = slice_after(text, n);
    uint64_t tenth = 0;
    if (unit == QUANTITY_SHARE && read_tenth(name, &tenth))
        name = SLICE("%");
    for (const struct unit *u = units_of(unit); u->name; u++) {
        if (!slice_equal(name, slice_of(u->name)))
            continue;
        is_too_large |= __builtin_mul_overflow(number, u->factor, value);
        is_too_large |= __builtin_add_overflow(*value, tenth, value);
        return is_too_large ? QUANTITY_TOO_LARGE : QUANTITY_GOOD;
    }
    return QUANTITY_MALFORMED;
}

void quantity_write(char *out, size_t n, enum quantity_unit unit, uint64_t value)
{
    const struct unit *u = units_of(unit);
    if (unit == QUANTITY_SHARE && value % u->factor != 0) {
        snprintf(out, n, "%" PRIu64 ".%" PRIu64 "%%", value / u->factor, value % u->factor);
        return;
    }
    while (u[1].name && (value == 0 || value % u->factor != 0))
        u++;
    snprintf(out, n, "%" PRIu64 "%s", value / u->factor, u->name);
}
