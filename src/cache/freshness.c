/* freshness.c - directives are read into numbers, numbers make a verdict */
#include "cache/freshness.h"

#include "cache/record.h"
#include "wire/http_date.h"
#include "wire/token.h"

enum {
    SECOND = 1000,
    VALIDATION_MS = 3600 * SECOND /* that an entry with a validator is kept beyond its use */
};
#define SECONDS_MAX ((uint64_t)1 << 31) /* RFC 9111 1.2.2: what is larger counts as this */

/* name[=argument], where the argument may be quoted (RFC 9111 5.2). */
struct directive {
    struct slice name, argument;
    bool has_argument;
};

static struct slice without_quotes(struct slice s)
{
    if (s.n >= 2 && s.at[0] == '"' && s.at[s.n - 1] == '"')
        return (struct slice){s.at + 1, s.n - 2};
    return s;
}

static bool next_directive(struct slice *rest, struct directive *d)
{
    struct slice element;
    if (!token_next(rest, &element))
        return false;
    const char *sign = memchr(element.at, '=', element.n);
    size_t n = sign ? (size_t)(sign - element.at) : element.n;
    d->has_argument = sign;
    d->name = token_trim((struct slice){element.at, n});
    d->argument = sign ? without_quotes(token_trim(slice_after(element, n + 1))) : SLICE_NONE;
    return true;
}

/* delta-seconds: digits alone. */
static bool read_seconds(struct slice text, uint64_t *ms)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)(unsigned char)text.at[i] - '0';
        if (digit > 9)
            return false;
        sum = sum * 10 + digit;
        sum = sum < SECONDS_MAX ? sum : SECONDS_MAX;
    }
    *ms = sum * SECOND;
    return text.n > 0;
}

/* The least of all that are given; one that is no number is 0 (RFC 9111 4.2.1). */
static void take_least(uint64_t *ms, struct slice argument)
{
    uint64_t given = 0;
    if (!read_seconds(argument, &given))
        given = 0;
    *ms = given < *ms ? given : *ms;
}

/* Of no-cache and private: the names of fields that a record never has need no obedience; with any
 * other the whole answer is meant, as RFC 9111 5.2.2.4 and 5.2.2.7 allow. */
static bool is_meant(const struct directive *d)
{
    struct slice rest = d->argument;
    struct slice name;
    unsigned n = 0;
    while (token_next(&rest, &name)) {
        if (record_keeps_field(name, SLICE_NONE))
            return true;
        n++;
    }
    return n == 0;
}

struct directives {
    struct freshness *f;
    uint64_t max_age_ms, s_maxage_ms; /* FRESHNESS_UNTOLD: not given */
};

static void take_directive(struct directives *all, const struct directive *d)
{
    struct freshness *f = all->f;
    if (token_equals(d->name, SLICE("max-age")))
        take_least(&all->max_age_ms, d->argument);
    else if (token_equals(d->name, SLICE("s-maxage")))
        take_least(&all->s_maxage_ms, d->argument);
    else if (token_equals(d->name, SLICE("stale-while-revalidate")))
        take_least(&f->stale_while_revalidate_ms, d->argument);
    else if (token_equals(d->name, SLICE("stale-if-error")))
        take_least(&f->stale_if_error_ms, d->argument);
    else if (token_equals(d->name, SLICE("no-store")))
        f->is_no_store = true;
    else if (token_equals(d->name, SLICE("no-cache")))
        f->is_no_cache |= is_meant(d);
    else if (token_equals(d->name, SLICE("private")))
        f->is_private |= is_meant(d);
    else if (token_equals(d->name, SLICE("public")))
        f->is_public = true;
    else if (token_equals(d->name, SLICE("must-revalidate")) ||
             token_equals(d->name, SLICE("proxy-revalidate")))
        f->must_revalidate = true;
}

/* Before 1970 counts as 1970. */
static bool read_date(struct slice text, uint64_t came_ms, uint64_t *ms)
{
    int64_t seconds;
    if (!http_date_read(token_trim(text), (int64_t)(came_ms / SECOND), &seconds))
        return false;
    *ms = seconds > 0 ? (uint64_t)seconds * SECOND : 0;
    return true;
}

static uint64_t above(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A bad Expires, above all "0", is one that is over. */
static uint64_t expires_lifetime(const struct freshness_answer *a, uint64_t date_ms)
{
    uint64_t expires_ms;
    if (a->expires.n == 0)
        return FRESHNESS_UNTOLD;
    return read_date(a->expires, a->came_ms, &expires_ms) ? above(expires_ms, date_ms) : 0;
}

/* RFC 9111 4.2.3. Age is the first of a list, a bad one none. Date is cut to the second and counts
 * for what it proves; where the origin does not say how long, its clock is nobody's business. */
static uint64_t age_of(const struct freshness_answer *a, uint64_t date_ms, bool is_lifetime_told)
{
    struct slice rest = a->age;
    struct slice first = SLICE_NONE;
    uint64_t age_ms = 0;
    if (!token_next(&rest, &first) || !read_seconds(first, &age_ms))
        age_ms = 0;
    uint64_t corrected_ms = age_ms + above(a->came_ms, a->asked_ms);
    uint64_t apparent_ms = above(a->came_ms, date_ms + SECOND - 1);
    return is_lifetime_told ? most(apparent_ms, corrected_ms) : corrected_ms;
}

void freshness_read(struct freshness *f, const struct freshness_answer *a)
{
    *f = (struct freshness){
        .came_ms = a->came_ms,
        .stale_while_revalidate_ms = FRESHNESS_UNTOLD,
        .stale_if_error_ms = FRESHNESS_UNTOLD,
    };
    struct directives all = {f, FRESHNESS_UNTOLD, FRESHNESS_UNTOLD};
    struct directive d;
    for (struct slice rest = a->cache_control; next_directive(&rest, &d);)
        take_directive(&all, &d);
    uint64_t date_ms;
    if (!read_date(a->date, a->came_ms, &date_ms))
        date_ms = a->came_ms;
    if (all.s_maxage_ms != FRESHNESS_UNTOLD) {
        f->lifetime_ms = all.s_maxage_ms;
        f->must_revalidate = true; /* RFC 9111 5.2.2.10: it has proxy-revalidate in it */
    } else if (all.max_age_ms != FRESHNESS_UNTOLD) {
        f->lifetime_ms = all.max_age_ms;
    } else {
        f->lifetime_ms = expires_lifetime(a, date_ms);
    }
    f->age_ms = age_of(a, date_ms, f->lifetime_ms != FRESHNESS_UNTOLD);
    f->is_no_store |= token_list_has(a->vary, SLICE("*"));
}

/* What holds for a reader. */
struct rules {
    uint64_t lifetime_ms, age_ms; /* age when it came */
    uint64_t stale_while_revalidate_ms, stale_if_error_ms;
    bool is_no_cache, may_be_stale;
};

static uint64_t told(uint64_t first, uint64_t second, uint64_t otherwise)
{
    if (first != FRESHNESS_UNTOLD)
        return first;
    return second != FRESHNESS_UNTOLD ? second : otherwise;
}

static struct rules rules_of(const struct freshness *f, const struct freshness_settings *s)
{
    if (!s->respects_origin)
        return (struct rules){
            .lifetime_ms = s->ttl_ms,
            .stale_while_revalidate_ms = told(s->stale_while_revalidate_ms, 0, 0),
            .stale_if_error_ms = told(s->stale_if_error_ms, 0, 0),
            .may_be_stale = true,
        };
    return (struct rules){
        .lifetime_ms = told(f->lifetime_ms, s->ttl_ms, 0),
        .age_ms = f->age_ms,
        .stale_while_revalidate_ms =
            told(f->stale_while_revalidate_ms, s->stale_while_revalidate_ms, 0),
        .stale_if_error_ms = told(f->stale_if_error_ms, s->stale_if_error_ms, 0),
        .is_no_cache = f->is_no_cache,
        .may_be_stale = !f->must_revalidate && !f->is_no_cache,
    };
}

static enum freshness_state state_of(const struct rules *r, int64_t ttl_ms)
{
    uint64_t stale_ms = ttl_ms < 0 ? (uint64_t)-ttl_ms : 0;
    if (r->is_no_cache)
        return FRESHNESS_OVER;
    if (ttl_ms > 0)
        return FRESHNESS_FRESH;
    if (r->may_be_stale && stale_ms < r->stale_while_revalidate_ms)
        return FRESHNESS_REVALIDATE;
    if (r->may_be_stale && stale_ms < r->stale_if_error_ms)
        return FRESHNESS_ON_ERROR;
    return FRESHNESS_OVER;
}

bool freshness_is_ahead(const struct freshness *f, uint64_t now_ms)
{
    return f->came_ms > now_ms + FRESHNESS_SKEW_MS;
}

struct freshness_verdict freshness_judge(const struct freshness *f,
                                         const struct freshness_settings *s, uint64_t now_ms)
{
    if (freshness_is_ahead(f, now_ms))
        return (struct freshness_verdict){.state = FRESHNESS_OVER};
    struct rules r = rules_of(f, s);
    uint64_t resident_ms = above(now_ms, f->came_ms);
    int64_t ttl_ms = (int64_t)(r.lifetime_ms - r.age_ms - resident_ms);
    enum freshness_state state = state_of(&r, ttl_ms);
    return (struct freshness_verdict){
        .state = state,
        .is_usable_on_error =
            state == FRESHNESS_FRESH || state == FRESHNESS_ON_ERROR ||
            (r.may_be_stale && ttl_ms <= 0 && (uint64_t)-ttl_ms < r.stale_if_error_ms),
        .may_be_stale = r.may_be_stale,
        .ttl_ms = r.is_no_cache && ttl_ms > 0 ? 0 : ttl_ms,
        .age_ms = f->age_ms + resident_ms,
    };
}

bool freshness_may_store(const struct freshness *f, const struct freshness_settings *s)
{
    return !s->respects_origin || (!f->is_no_store && !f->is_private);
}

uint64_t freshness_kept_ms(const struct freshness *f, const struct freshness_settings *s,
                           bool has_validator)
{
    struct rules r = rules_of(f, s);
    uint64_t lifetime_ms = r.is_no_cache ? 0 : r.lifetime_ms;
    uint64_t stale_ms = r.may_be_stale ? most(r.stale_while_revalidate_ms, r.stale_if_error_ms) : 0;
    return above(lifetime_ms + stale_ms, r.age_ms) + (has_validator ? VALIDATION_MS : 0);
}

/* Of several the least; without a number any, which is the largest that is no UNTOLD. */
static void take_staleness(struct freshness_wish *w, const struct directive *d)
{
    uint64_t ms = FRESHNESS_UNTOLD - 1;
    if (d->has_argument && !read_seconds(d->argument, &ms))
        ms = 0;
    w->max_stale_ms = ms < w->max_stale_ms ? ms : w->max_stale_ms;
}

/* The strictest, also where it is no number. */
static void take_wish(struct freshness_wish *w, const struct directive *d)
{
    uint64_t ms = 0;
    if (token_equals(d->name, SLICE("no-store")))
        w->is_no_store = true;
    else if (token_equals(d->name, SLICE("no-cache")))
        w->is_no_cache = true;
    else if (token_equals(d->name, SLICE("only-if-cached")))
        w->only_if_cached = true;
    else if (token_equals(d->name, SLICE("max-age")))
        take_least(&w->max_age_ms, d->argument);
    else if (token_equals(d->name, SLICE("min-fresh")))
        w->min_fresh_ms = most(w->min_fresh_ms, read_seconds(d->argument, &ms) ? ms : UINT64_MAX);
    else if (token_equals(d->name, SLICE("max-stale")))
        take_staleness(w, d);
}

void freshness_wish_init(struct freshness_wish *w)
{
    *w = (struct freshness_wish){.max_age_ms = UINT64_MAX, .max_stale_ms = FRESHNESS_UNTOLD};
}

void freshness_wish_read(struct freshness_wish *w, struct slice cache_control)
{
    struct directive d;
    for (struct slice rest = cache_control; next_directive(&rest, &d);)
        take_wish(w, &d);
}

void freshness_wish_read_pragma(struct freshness_wish *w, struct slice pragma)
{
    w->is_no_cache |= token_list_has(pragma, SLICE("no-cache"));
}

/* It may be served though it is stale. */
static bool is_stale_wanted(const struct freshness_wish *w, const struct freshness_verdict *v)
{
    return v->may_be_stale && w->max_stale_ms != FRESHNESS_UNTOLD && v->ttl_ms <= 0 &&
           (uint64_t)-v->ttl_ms <= w->max_stale_ms;
}

static bool is_wanted(const struct freshness_wish *w, const struct freshness_verdict *v)
{
    if (w->is_no_cache || v->age_ms > w->max_age_ms || w->max_age_ms == 0)
        return false;
    if (v->state == FRESHNESS_FRESH)
        return (uint64_t)v->ttl_ms >= w->min_fresh_ms;
    if (is_stale_wanted(w, v))
        return true;
    if (w->max_stale_ms != FRESHNESS_UNTOLD) /* no staler than that (RFC 9111 5.2.1.2) */
        return false;
    /* Who names an age wants nothing stale (RFC 9111 5.2.1.1). */
    return w->max_age_ms == UINT64_MAX && w->min_fresh_ms == 0;
}

struct freshness_verdict freshness_wish_judge(const struct freshness_wish *w,
                                              struct freshness_verdict v)
{
    bool is_served = v.state == FRESHNESS_FRESH || v.state == FRESHNESS_REVALIDATE;
    if (!is_served && !w->is_no_cache && is_stale_wanted(w, &v) && is_wanted(w, &v))
        v.state = FRESHNESS_REVALIDATE;
    else if (is_served && !is_wanted(w, &v))
        v.state = v.is_usable_on_error ? FRESHNESS_ON_ERROR : FRESHNESS_OVER;
    return v;
}
