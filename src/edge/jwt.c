/* jwt.c - form, header, signature, claims: nothing is believed before the signature holds */
#include "edge/jwt.h"

#include <math.h>
#include <stdlib.h>

#include "json/members.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"
#include "wire/jws.h"

enum {
    DEPTH_MAX = 32,
    NUMBER_MAX = 32,
    HEADER_STRING_MAX = JWS_HEADER_MAX,
};

/* Seconds that a date may have: the year 9999 and far beyond. */
static const double date_max = 1e15;

enum header_member {
    ALG,
    KID,
    CRIT,
    B64,
    N_HEADER
};

enum claim {
    ISS,
    AUD,
    SUB,
    EXP,
    NBF,
    IAT,
    SCOPE,
    SCP,
    ROLES,
    N_CLAIMS
};

static const struct members_one header_members[N_HEADER] = {
    [ALG] = {.name = SLICE_INIT("alg")},
    [KID] = {.name = SLICE_INIT("kid")},
    [CRIT] = {.name = SLICE_INIT("crit")},
    [B64] = {.name = SLICE_INIT("b64")},
};

static const struct members_one claim_members[N_CLAIMS] = {
    [ISS] = {.name = SLICE_INIT("iss")},     [AUD] = {.name = SLICE_INIT("aud")},
    [SUB] = {.name = SLICE_INIT("sub")},     [EXP] = {.name = SLICE_INIT("exp")},
    [NBF] = {.name = SLICE_INIT("nbf")},     [IAT] = {.name = SLICE_INIT("iat")},
    [SCOPE] = {.name = SLICE_INIT("scope")}, [SCP] = {.name = SLICE_INIT("scp")},
    [ROLES] = {.name = SLICE_INIT("roles")},
};

/* What the header says of the signature. */
struct header {
    enum jwa algorithm;
    bool has_kid;
    char kid[HEADER_STRING_MAX];
    size_t n_kid;
};

static enum jwt_verdict refuse(struct jwt *out, const char *why)
{
    out->why = why;
    return JWT_BAD;
}

static bool read_algorithm(const struct members_one *m, enum jwa *out)
{
    if (!m->is_there || m->value.kind != JSON_STRING)
        return false;
    /* No name of an algorithm needs an escape. */
    return jwa_by_name((struct slice){m->value.text.at + 1, m->value.text.n - 2}, out);
}

static const char *read_header(struct slice json, unsigned algorithms, struct header *h)
{
    struct members_one m[N_HEADER];
    memcpy(m, header_members, sizeof m);
    struct scan_result scan = scan_json(json, DEPTH_MAX);
    if (scan.verdict != SCAN_OK || !members_read(scan.value, m, N_HEADER))
        return "the token's header is not an object, or repeats a member";
    if (m[CRIT].is_there || m[B64].is_there)
        return "the token needs an extension that is not supported";
    if (!read_algorithm(&m[ALG], &h->algorithm) || !(algorithms & 1U << h->algorithm))
        return "the token's algorithm is not allowed";
    h->has_kid = m[KID].is_there;
    if (!h->has_kid)
        return NULL;
    if (m[KID].value.kind != JSON_STRING)
        return "the token's kid is not a string";
    h->n_kid = text_unquote(h->kid, m[KID].value.text);
    return NULL;
}

static enum jwt_verdict check_signature(const struct key_set *keys, const struct header *h,
                                        const struct jws *jws, struct jwt *out)
{
    const struct jwa_key *found[KEY_SET_FOUND_MAX];
    struct slice kid = {h->kid, h->n_kid};
    unsigned n = key_set_find(keys, h->algorithm, h->has_kid, kid, found);
    for (unsigned i = 0; i < n; i++)
        if (jwa_verify(found[i], h->algorithm, jws->signed_part, jws->signature))
            return JWT_GOOD;
    if (h->has_kid ? !key_set_has(keys, kid) : n == 0)
        return JWT_UNKNOWN_KEY;
    return refuse(out, "the token's signature is wrong");
}

/* A NumericDate: seconds, perhaps with a fraction. false: not one. */
static bool read_date(const struct members_one *m, double *out)
{
    char text[NUMBER_MAX];
    if (m->value.kind != JSON_NUMBER || m->value.text.n >= sizeof text)
        return false;
    memcpy(text, m->value.text.at, m->value.text.n);
    text[m->value.text.n] = '\0';
    *out = strtod(text, NULL);
    return *out >= 0 && *out <= date_max;
}

static bool is_one_of(struct json_value text, const struct slice *names, unsigned n)
{
    for (unsigned i = 0; i < n && text.kind == JSON_STRING; i++)
        if (text_is(text.text, names[i]))
            return true;
    return false;
}

static bool has_one_of(struct json_value list, const struct slice *names, unsigned n)
{
    struct json_value element;
    if (list.kind != JSON_ARRAY)
        return false;
    struct walk w = walk_begin(list.text);
    while (walk_element(&w, &element))
        if (is_one_of(element, names, n))
            return true;
    return false;
}

static const char *check_parties(const struct members_one *m, const struct jwt_expectation *e)
{
    if (e->issuer.n && !(m[ISS].is_there && is_one_of(m[ISS].value, &e->issuer, 1)))
        return "the token is of another issuer";
    if (m[SUB].is_there && m[SUB].value.kind != JSON_STRING)
        return "the token's sub is not a string";
    if (e->n_audiences == 0)
        return NULL;
    if (m[AUD].is_there && (is_one_of(m[AUD].value, e->audiences, e->n_audiences) ||
                            has_one_of(m[AUD].value, e->audiences, e->n_audiences)))
        return NULL;
    return "the token is for another audience";
}

/* Good until exp and the leeway are over; *ends_s is the first second at which it is not. */
static const char *check_dates(const struct members_one *m, uint64_t now_s, uint64_t *ends_s)
{
    double exp, nbf;
    if (!m[EXP].is_there)
        return "the token has no exp";
    if (!read_date(&m[EXP], &exp))
        return "the token's exp is not a date";
    *ends_s = (uint64_t)ceil(exp) + JWT_LEEWAY_S;
    if (now_s >= *ends_s)
        return "the token has expired";
    if (!m[NBF].is_there)
        return NULL;
    if (!read_date(&m[NBF], &nbf))
        return "the token's nbf is not a date";
    return nbf > (double)(now_s + JWT_LEEWAY_S) ? "the token is not good yet" : NULL;
}

/* Templates, conditions and rates read claims of any name: of none may there be two. */
static enum jwt_verdict check_claims(struct slice json, const struct jwt_question *q,
                                     struct arena *arena, struct jwt *out)
{
    static const char malformed[] = "the token's claims are not an object, or repeat a member";
    struct members_one m[N_CLAIMS];
    memcpy(m, claim_members, sizeof m);
    struct scan_result scan = scan_json(json, DEPTH_MAX);
    if (scan.verdict != SCAN_OK || !members_read(scan.value, m, N_CLAIMS))
        return refuse(out, malformed);
    struct slice *names = arena_take(arena, members_count(scan.value) * sizeof *names);
    if (!names)
        return JWT_NO_ROOM;
    if (members_repeat(scan.value, names))
        return refuse(out, malformed);
    const char *why = check_dates(m, q->now_s, &out->ends_s);
    if (!why)
        why = check_parties(m, q->expected);
    if (why)
        return refuse(out, why);
    out->claims = scan.value;
    return JWT_GOOD;
}

enum jwt_verdict jwt_check(const struct jwt_question *q, struct arena *arena, struct jwt *out)
{
    struct header h = {0};
    struct jws jws;
    if (q->token.n > JWS_TOKEN_MAX)
        return refuse(out, "the token is too long");
    char *room = arena_take(arena, q->token.n + 1);
    if (!room)
        return JWT_NO_ROOM;
    if (!jws_read(q->token, room, &jws))
        return refuse(out, "the token is not a signed one in the compact form");
    const char *why = read_header(jws.header, q->expected->algorithms, &h);
    if (why)
        return refuse(out, why);
    enum jwt_verdict verdict = check_signature(q->keys, &h, &jws, out);
    return verdict == JWT_GOOD ? check_claims(jws.payload, q, arena, out) : verdict;
}

bool jwt_is_among(struct slice words, const struct slice *scopes, unsigned n)
{
    while (words.n) {
        const char *space = memchr(words.at, ' ', words.n);
        size_t length = space ? (size_t)(space - words.at) : words.n;
        for (unsigned i = 0; i < n; i++)
            if (slice_equal((struct slice){words.at, length}, scopes[i]))
                return true;
        words = slice_after(words, length + (space ? 1 : 0));
    }
    return false;
}

static bool has_word(struct json_value text, const struct slice *scopes, unsigned n)
{
    char plain[JWS_TOKEN_MAX];
    if (text.kind != JSON_STRING || text.text.n > sizeof plain)
        return false;
    return jwt_is_among((struct slice){plain, text_unquote(plain, text.text)}, scopes, n);
}

bool jwt_has_scope(struct slice claims, const struct slice *scopes, unsigned n)
{
    struct members_one m[N_CLAIMS];
    memcpy(m, claim_members, sizeof m);
    if (!members_read(claims, m, N_CLAIMS))
        return false;
    if (m[SCOPE].is_there && has_word(m[SCOPE].value, scopes, n))
        return true;
    if (m[SCP].is_there &&
        (has_word(m[SCP].value, scopes, n) || has_one_of(m[SCP].value, scopes, n)))
        return true;
    return m[ROLES].is_there && has_one_of(m[ROLES].value, scopes, n);
}
