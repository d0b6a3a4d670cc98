/* handshake.c - the fields that open a WebSocket */
#include "http/handshake.h"

#include "wire/token.h"

/* All values of a field make one list. */
static bool has_token(const struct request *r, struct slice name, struct slice token)
{
    for (unsigned i = 0; i < r->n_fields; i++)
        if (token_equals(r->fields[i].name, name) && token_list_has(r->fields[i].value, token))
            return true;
    return false;
}

/* The one field of that name; NULL: there is none, or there are several. */
static const struct field *find_one(const struct request *r, struct slice name)
{
    const struct field *found = NULL;
    for (unsigned i = 0; i < r->n_fields; i++) {
        if (!token_equals(r->fields[i].name, name))
            continue;
        if (found)
            return NULL;
        found = &r->fields[i];
    }
    return found;
}

static enum handshake_verdict refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return HANDSHAKE_BAD;
}

/* HTTP/1.0 knows no Upgrade (RFC 9110 7.8). */
enum handshake_verdict handshake_read(const struct request *r, struct slice *key, const char **why)
{
    if (r->minor == 0 || !has_token(r, SLICE("upgrade"), SLICE("websocket")))
        return HANDSHAKE_NONE;
    if (!slice_equal(r->method, SLICE("GET")))
        return refuse(why, "a WebSocket is opened by GET");
    if (!has_token(r, SLICE("connection"), SLICE("upgrade")))
        return refuse(why, "Upgrade is not an option of Connection");
    if (r->has_body)
        return refuse(why, "what opens a WebSocket has no body");
    const struct field *version = find_one(r, SLICE("sec-websocket-version"));
    if (!version || !slice_equal(version->value, SLICE(HANDSHAKE_VERSION)))
        return HANDSHAKE_OTHER_VERSION;
    const struct field *found = find_one(r, SLICE("sec-websocket-key"));
    if (!found || !ws_is_key(found->value))
        return refuse(why, "Sec-WebSocket-Key is not sixteen bytes in base64");
    *key = found->value;
    return HANDSHAKE_GOOD;
}

bool handshake_is_of_host(const struct request *r, struct slice host)
{
    const struct field *origin = exchange_field(r, SLICE("origin"));
    if (!origin)
        return true;
    struct slice value = find_one(r, SLICE("origin")) ? origin->value : SLICE_NONE;
    const char *colon = value.n ? memmem(value.at, value.n, "://", 3) : NULL;
    if (!colon || host.n == 0)
        return false;
    return slice_equal_nocase(slice_after(value, (size_t)(colon + 3 - value.at)), host);
}
