/* jws_fuzz.c - tokens and key sets from anywhere: each part is read or refused
 *
 * The first byte chooses: a key set, or a token for the first secret of a fixed one.
 */
#include <stdlib.h>

#include "edge/jwt.h"

static const char keys_text[] = "{\"keys\":[{\"kty\":\"oct\",\"k\":"
                                "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}";

static void read_keys(struct slice text)
{
    struct key_set *s;
    if (key_set_read(text, KEY_SET_OF_FILE, &s) == KEY_SET_GOOD)
        key_set_release(s);
}

static void check_token(struct slice token)
{
    static struct key_set *keys;
    struct jwt_expectation e = {.algorithms = (1U << JWA_N) - 1};
    struct slice scope = SLICE("a");
    struct arena arena;
    struct jwt out;
    if (!keys && key_set_read(SLICE(keys_text), KEY_SET_OF_FILE, &keys) != KEY_SET_GOOD)
        abort();
    arena_init(&arena, 1024, 64 * 1024);
    if (jwt_check(&(struct jwt_question){keys, &e, token, 1000}, &arena, &out) == JWT_GOOD)
        (void)jwt_has_scope(out.claims, &scope, 1);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    struct slice rest = {(const char *)data + 1, n - 1};
    if (data[0] & 1)
        read_keys(rest);
    else
        check_token(rest);
    return 0;
}
