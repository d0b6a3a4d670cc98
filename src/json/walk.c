/* walk.c - from one value to the next in text that is known to be JSON */
#include "json/walk.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "json/walk_internal.h"

enum {
    VECTOR = 16 /* bytes */
};

/* Outside strings no other byte of JSON is as low. */
static bool is_space(char c)
{
    return (unsigned char)c <= ' ';
}

static const char *over_space(const char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

#if defined(__x86_64__)
/* The first quote or backslash of 16 bytes; 16: there is none. */
static unsigned first_special(const char *at)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(special) | 1u << VECTOR);
}
#elif defined(__aarch64__)
/* The same; narrowing leaves four bits a byte. */
static unsigned first_special(const char *at)
{
    uint8x16_t v = vld1q_u8((const uint8_t *)at);
    uint8x16_t special = vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\')));
    uint8x8_t halves = vshrn_n_u16(vreinterpretq_u16_u8(special), 4);
    uint64_t marks = vget_lane_u64(vreinterpret_u64_u8(halves), 0);
    return marks ? (unsigned)__builtin_ctzll(marks) / 4 : VECTOR;
}
#else
static unsigned first_special(const char *at)
{
    unsigned i = 0;
    while (i < VECTOR && at[i] != '"' && at[i] != '\\')
        i++;
    return i;
}
#endif

/* Inside a string, from no place within an escape. */
static const char *over_rest_of_string(const char *at)
{
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return at + 1;
}

static const char *over_string(const char *at, const char *end)
{
    at++;
    while (end - at >= VECTOR) {
        unsigned n = first_special(at);
        if (n == VECTOR) {
            at += VECTOR; /* not n, which would be waited for */
            continue;
        }
        at += n;
        if (*at == '"')
            return at + 1;
        at += 2;
    }
    return over_rest_of_string(at);
}

/* The two brackets that do differ in one bit. */
static bool closes(char c)
{
    return (c | 0x20) == '}';
}

static const char *over_number(const char *at, const char *end)
{
    while (at < end && *at != ',' && !closes(*at) && !is_space(*at))
        at++;
    return at;
}

const char *walk_bytes(const char *at, const char *end)
{
    unsigned depth = 0;
    (void)end;
    do {
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at = *at == '"' ? over_rest_of_string(at + 1) : at + 1;
    } while (depth > 0);
    return at;
}

const char *walk_over(const char *at, const char *end)
{
    switch (*at) {
    case '"':
        return over_string(at, end);
    case '{':
    case '[':
        return walk_container(at, end);
    case 't':
    case 'n':
        return at + 4;
    case 'f':
        return at + 5;
    default:
        return over_number(at, end);
    }
}

static enum json_kind kind_of(char first)
{
    switch (first) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

static struct json_value value_between(const char *at, const char *behind)
{
    return (struct json_value){kind_of(*at), {at, (size_t)(behind - at)}};
}

struct json_value walk_root(struct slice json)
{
    const char *at = over_space(json.at);
    const char *behind = json.at + json.n;
    while (is_space(behind[-1]))
        behind--;
    return value_between(at, behind);
}

struct walk walk_begin(struct slice container)
{
    return (struct walk){.at = container.at + 1, .end = container.at + container.n};
}

static inline bool go_on(struct walk *w)
{
    const char *at = over_space(w->at);
    if (*at == ',')
        at = over_space(at + 1);
    w->at = at;
    return !closes(*at);
}

bool walk_to_element(struct walk *w)
{
    return go_on(w);
}

static __attribute__((noinline)) const char *over_rare_name(struct walk *w)
{
    const char *behind = over_string(w->at, w->end);
    w->has_escapes = memchr(w->at, '\\', (size_t)(behind - w->at));
    return behind;
}

/* Most names are short, have no escapes and do not stand at the text's end. */
static const char *over_name(struct walk *w)
{
    const char *inside = w->at + 1;
    if (w->end - inside < VECTOR)
        return over_rare_name(w);
    unsigned n = first_special(inside);
    w->has_escapes = false;
    return n < VECTOR && inside[n] == '"' ? inside + n + 1 : over_rare_name(w);
}

bool walk_to_member(struct walk *w, struct slice *name)
{
    if (!go_on(w))
        return false;
    const char *behind = over_name(w);
    *name = (struct slice){w->at, (size_t)(behind - w->at)};
    w->at = over_space(over_space(behind) + 1);
    return true;
}

static struct json_value take_value(struct walk *w)
{
    const char *at = w->at;
    w->at = walk_over(at, w->end);
    return value_between(at, w->at);
}

bool walk_element(struct walk *w, struct json_value *element)
{
    if (!walk_to_element(w))
        return false;
    *element = take_value(w);
    return true;
}

bool walk_member(struct walk *w, struct slice *name, struct json_value *value)
{
    if (!walk_to_member(w, name))
        return false;
    *value = take_value(w);
    return true;
}
