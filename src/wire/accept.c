/* accept.c - ranges, one after the other, against each offer */
#include "wire/accept.h"

#include "base/check.h"
#include "wire/token.h"

enum {
    FULL = 1000, /* a weight */
    DIGITS = 3,  /* of a weight, behind its point */
    /* How closely a range fits: */
    ANY_TYPE = 1,
    ANY_SUBTYPE,
    BY_SUFFIX,
    EXACTLY,
    BY_VERSION,
};

struct range {
    struct slice type; /* with the subtype */
    struct slice parameter, version;
    unsigned weight;
};

/* qvalue = "0" [ "." *3DIGIT ] / "1" [ "." *3("0") ] */
static bool read_weight(struct slice text, unsigned *weight)
{
    if (text.n == 0 || text.n > 2 + DIGITS || (text.at[0] != '0' && text.at[0] != '1') ||
        (text.n > 1 && text.at[1] != '.'))
        return false;
    unsigned sum = (unsigned)(text.at[0] - '0');
    for (size_t i = 2; i < 2 + DIGITS; i++) {
        unsigned digit = i < text.n ? (unsigned)(unsigned char)text.at[i] - '0' : 0;
        if (digit > 9)
            return false;
        sum = 10 * sum + digit;
    }
    *weight = sum;
    return sum <= FULL;
}

static struct slice without_quotes(struct slice s)
{
    if (s.n >= 2 && s.at[0] == '"' && s.at[s.n - 1] == '"')
        return (struct slice){s.at + 1, s.n - 2};
    return s;
}

static bool is_known(const struct accept *a, struct slice name)
{
    for (unsigned i = 0; i < a->n_offers; i++)
        if (a->offers[i].parameter.n && token_equals(name, a->offers[i].parameter))
            return true;
    return false;
}

static bool read_parameter(const struct accept *a, struct slice text, struct range *r)
{
    size_t n = token_size_until(text, '=');
    struct slice name = token_trim((struct slice){text.at, n});
    struct slice value = n < text.n ? token_trim(slice_after(text, n + 1)) : SLICE_NONE;
    if (token_equals(name, SLICE("q")))
        return read_weight(value, &r->weight);
    if (is_known(a, name)) {
        r->parameter = name;
        r->version = without_quotes(value);
    }
    return true;
}

static bool read_range(const struct accept *a, struct slice text, struct range *r)
{
    size_t n = token_size_until(text, ';');
    *r = (struct range){.type = token_trim((struct slice){text.at, n}), .weight = FULL};
    const char *slash = r->type.n ? memchr(r->type.at, '/', r->type.n) : NULL;
    if (!slash)
        return false;
    struct slice main = {r->type.at, (size_t)(slash - r->type.at)};
    if (!token_is(main) || !token_is(slice_after(r->type, main.n + 1)))
        return false;
    while (n < text.n) {
        text = slice_after(text, n + 1);
        n = token_size_until(text, ';');
        if (!read_parameter(a, token_trim((struct slice){text.at, n}), r))
            return false;
    }
    return true;
}

static bool ends(struct slice text, struct slice lower)
{
    return lower.n && text.n > lower.n && token_equals(slice_after(text, text.n - lower.n), lower);
}

/* type / "*" */
static bool is_any_of(struct slice range, struct slice type)
{
    size_t n = range.n - 1;
    return range.at[n] == '*' && range.at[n - 1] == '/' && type.n > n &&
           token_equals((struct slice){range.at, n}, (struct slice){type.at, n});
}

/* 0: it does not. */
static unsigned fits(const struct range *r, const struct accept_offer *o)
{
    bool is_version = r->parameter.n && token_equals(r->parameter, o->parameter) &&
                      slice_equal(r->version, o->version);
    if ((r->parameter.n || o->must_be_named) && !is_version)
        return 0;
    if (token_equals(r->type, o->type))
        return is_version ? BY_VERSION : EXACTLY;
    if (ends(r->type, o->suffix) && r->weight) /* to refuse another type says nothing of this one */
        return BY_SUFFIX;
    if (is_any_of(r->type, o->type))
        return ANY_SUBTYPE;
    return slice_equal(r->type, SLICE("*/*")) ? ANY_TYPE : 0;
}

void accept_init(struct accept *a, const struct accept_offer *offers, unsigned n)
{
    CHECK(n <= ACCEPT_MAX_OFFERS);
    *a = (struct accept){.offers = offers, .n_offers = n};
}

void accept_add(struct accept *a, struct slice value)
{
    struct slice text;
    struct range r;
    while (token_next(&value, &text)) {
        if (!read_range(a, text, &r))
            continue;
        for (unsigned i = 0; i < a->n_offers; i++) {
            unsigned closeness = fits(&r, &a->offers[i]);
            if (closeness <= a->best[i].closeness)
                continue;
            a->best[i].closeness = closeness;
            a->best[i].weight = r.weight;
            a->best[i].range = a->n_ranges;
        }
        a->n_ranges++;
    }
}

bool accept_is_refused(const struct accept *a, unsigned offer)
{
    return a->best[offer].closeness && !a->best[offer].weight;
}

int accept_choose(const struct accept *a)
{
    int chosen = -1;
    if (a->n_ranges == 0)
        return 0;
    for (unsigned i = 0; i < a->n_offers; i++) {
        if (!a->best[i].closeness || !a->best[i].weight)
            continue;
        bool is_better = chosen < 0 || a->best[i].weight > a->best[chosen].weight ||
                         (a->best[i].weight == a->best[chosen].weight &&
                          a->best[i].range < a->best[chosen].range);
        if (is_better)
            chosen = (int)i;
    }
    return chosen;
}
