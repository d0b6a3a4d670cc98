/* jws.c - dots first, then the three texts */
#include "wire/jws.h"

#include "base/base64.h"

enum {
    N_PARTS = 3
};

static bool split(struct slice token, struct slice parts[N_PARTS])
{
    for (unsigned i = 0; i + 1 < N_PARTS; i++) {
        const char *dot = token.n ? memchr(token.at, '.', token.n) : NULL;
        if (!dot)
            return false;
        parts[i] = (struct slice){token.at, (size_t)(dot - token.at)};
        token = slice_after(token, parts[i].n + 1);
    }
    parts[N_PARTS - 1] = token; /* another dot is no character of base64 */
    return true;
}

/* Moves *room behind what was read. */
static bool read_part(struct slice text, char **room, struct slice *out)
{
    out->at = *room;
    bool good = base64_url_read(*room, text, &out->n);
    *room += out->n;
    return good;
}

bool jws_read(struct slice token, char *room, struct jws *out)
{
    struct slice parts[N_PARTS];
    if (token.n > JWS_TOKEN_MAX || !split(token, parts))
        return false;
    if (!read_part(parts[0], &room, &out->header) || !read_part(parts[1], &room, &out->payload) ||
        !read_part(parts[2], &room, &out->signature))
        return false;
    out->signed_part = (struct slice){token.at, parts[0].n + 1 + parts[1].n};
    return out->header.n > 0 && out->header.n <= JWS_HEADER_MAX && out->signature.n > 0 &&
           out->signature.n <= JWS_SIGNATURE_MAX;
}
