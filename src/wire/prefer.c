/* prefer.c - preferences of a request */
#include "wire/prefer.h"

#include "wire/token.h"

bool prefer_integer(struct slice text, uint32_t *n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)(unsigned char)text.at[i] - '0';
        if (digit > 9)
            return false;
        sum = sum * 10 + digit;
        sum = sum > UINT32_MAX ? UINT32_MAX : sum;
    }
    *n = (uint32_t)sum;
    return text.n > 0;
}

static struct slice without_quotes(struct slice s)
{
    if (s.n >= 2 && s.at[0] == '"' && s.at[s.n - 1] == '"')
        return (struct slice){s.at + 1, s.n - 2};
    return s;
}

/* preference = token [ BWS "=" BWS word ] *( OWS ";" [ OWS parameter ] ) */
bool prefer_wait(struct slice value, uint32_t *seconds)
{
    struct slice preference;
    while (token_next(&value, &preference)) {
        const char *parameters = memchr(preference.at, ';', preference.n);
        if (parameters)
            preference.n = (size_t)(parameters - preference.at);
        const char *sign = memchr(preference.at, '=', preference.n);
        size_t n = sign ? (size_t)(sign - preference.at) : preference.n;
        if (!token_equals(token_trim((struct slice){preference.at, n}), SLICE("wait")))
            continue;
        if (!sign) /* only the first instance counts */
            return false;
        struct slice word = token_trim(slice_after(preference, n + 1));
        return prefer_integer(without_quotes(word), seconds);
    }
    return false;
}
