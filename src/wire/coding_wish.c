/* coding_wish.c - weights read and compared */
#include "wire/coding_wish.h"

#include "wire/token.h"

enum {
    WHOLE = 1000, /* q=1 */
    MAX_DECIMALS = 3
};

static struct slice until(struct slice s, char mark)
{
    const char *end = s.n ? memchr(s.at, mark, s.n) : NULL;
    return (struct slice){s.at, end ? (size_t)(end - s.at) : s.n};
}

/* qvalue (RFC 9110 12.4.2); what is none is taken for 0: nobody is sent what it may not read. */
static unsigned read_weight(struct slice s)
{
    if (s.n == 0 || s.n > MAX_DECIMALS + 2 || (s.at[0] != '0' && s.at[0] != '1') ||
        (s.n > 1 && s.at[1] != '.'))
        return 0;
    unsigned weight = s.at[0] == '1' ? WHOLE : 0;
    unsigned unit = WHOLE / 10;
    for (size_t i = 2; i < s.n; i++, unit /= 10) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return 0;
        weight += (unsigned)(s.at[i] - '0') * unit;
    }
    return weight > WHOLE ? 0 : weight;
}

static unsigned weight_of(struct slice parameters)
{
    while (parameters.n) {
        struct slice whole = until(parameters, ';');
        struct slice one = token_trim(whole);
        if (one.n >= 2 && (one.at[0] | 0x20) == 'q' && one.at[1] == '=')
            return read_weight(slice_after(one, 2));
        parameters = slice_after(parameters, whole.n < parameters.n ? whole.n + 1 : whole.n);
    }
    return WHOLE;
}

void coding_wish_add(struct coding_wish *wish, struct slice value)
{
    struct slice rest = value, element;
    while (token_next(&rest, &element)) {
        enum coding c;
        struct slice whole = until(element, ';');
        struct slice name = token_trim(whole);
        unsigned weight =
            weight_of(slice_after(element, whole.n < element.n ? whole.n + 1 : whole.n));
        if (slice_equal(name, SLICE("*"))) {
            wish->has_rest = true;
            wish->rest = weight;
        } else if (coding_of(name, &c)) {
            wish->is_named[c] = true;
            wish->weights[c] = weight;
        }
    }
}

static unsigned wanted(const struct coding_wish *wish, enum coding c)
{
    if (wish->is_named[c])
        return wish->weights[c];
    return wish->has_rest ? wish->rest : 0;
}

enum coding coding_wish_choose(const struct coding_wish *wish, const enum coding *ours, unsigned n)
{
    enum coding best = CODING_IDENTITY;
    unsigned most = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned weight = wanted(wish, ours[i]);
        if (weight <= most)
            continue;
        best = ours[i];
        most = weight;
    }
    bool is_less = wish->is_named[CODING_IDENTITY] && wish->weights[CODING_IDENTITY] > most;
    return is_less ? CODING_IDENTITY : best;
}

bool coding_wish_refuses_identity(const struct coding_wish *wish)
{
    bool is_told = wish->is_named[CODING_IDENTITY] || wish->has_rest;
    return is_told && wanted(wish, CODING_IDENTITY) == 0;
}
