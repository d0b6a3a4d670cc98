/* key_set.c - each key of the set becomes one of ours, or is passed over */
#include "edge/key_set.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/memory.h"
#include "json/members.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"

enum {
    DEPTH_MAX = 16,
    NUMBER_MAX = 1400, /* characters: 8192 bits are 1366 */
};

struct key {
    struct jwa_key *key;
    bool has_kid, is_bound;
    enum jwa algorithm; /* the only one; if bound */
    struct slice kid;   /* in `text` of the set */
    bool is_ambiguous;
};

struct key_set {
    atomic_uint n_holders;
    uint64_t generation;
    unsigned n;
    struct key keys[KEY_SET_KEYS_MAX];
    char *kids; /* all of them, one behind the other */
    size_t n_kids;
};

/* The members of a key that say something to us, in the order of `names`. */
enum member {
    KTY,
    USE,
    KEY_OPS,
    ALG,
    KID,
    N,
    E,
    CRV,
    X,
    Y,
    K,
    D,
    N_MEMBERS
};

static const struct members_one members_of_a_key[N_MEMBERS] = {
    [KTY] = {.name = SLICE_INIT("kty")},
    [USE] = {.name = SLICE_INIT("use")},
    [KEY_OPS] = {.name = SLICE_INIT("key_ops")},
    [ALG] = {.name = SLICE_INIT("alg")},
    [KID] = {.name = SLICE_INIT("kid")},
    [N] = {.name = SLICE_INIT("n")},
    [E] = {.name = SLICE_INIT("e")},
    [CRV] = {.name = SLICE_INIT("crv")},
    [X] = {.name = SLICE_INIT("x")},
    [Y] = {.name = SLICE_INIT("y")},
    [K] = {.name = SLICE_INIT("k")},
    [D] = {.name = SLICE_INIT("d")},
};

static bool is_text(const struct members_one *m, struct slice text)
{
    return m->is_there && m->value.kind == JSON_STRING && text_is(m->value.text, text);
}

/* A member in base64url; `room` has NUMBER_MAX bytes. The empty slice: it is not there, or not
 * that. */
static struct slice number_of(const struct members_one *m, char *room)
{
    size_t n;
    if (!m->is_there || m->value.kind != JSON_STRING || m->value.text.n > NUMBER_MAX)
        return SLICE_NONE;
    struct slice inside = {m->value.text.at + 1, m->value.text.n - 2};
    return base64_url_read(room, inside, &n) ? (struct slice){room, n} : SLICE_NONE;
}

static struct jwa_key *make_ec(const struct members_one *m)
{
    static const struct slice curves[] = {SLICE_INIT("P-256"), SLICE_INIT("P-384"),
                                          SLICE_INIT("P-521")};
    char x[NUMBER_MAX], y[NUMBER_MAX];
    for (unsigned i = 0; i < sizeof curves / sizeof *curves; i++)
        if (is_text(&m[CRV], curves[i]))
            return jwa_key_ec(curves[i], number_of(&m[X], x), number_of(&m[Y], y));
    return NULL;
}

static struct jwa_key *make_key(const struct members_one *m)
{
    char a[NUMBER_MAX], b[NUMBER_MAX];
    if (is_text(&m[KTY], SLICE("oct")))
        return jwa_key_secret(number_of(&m[K], a));
    if (m[D].is_there)
        return NULL;
    if (is_text(&m[KTY], SLICE("RSA")))
        return jwa_key_rsa(number_of(&m[N], a), number_of(&m[E], b));
    if (is_text(&m[KTY], SLICE("EC")))
        return make_ec(m);
    if (is_text(&m[KTY], SLICE("OKP")) && is_text(&m[CRV], SLICE("Ed25519")))
        return jwa_key_ed25519(number_of(&m[X], a));
    return NULL;
}

static bool may_verify(const struct members_one *m)
{
    struct json_value op;
    if (m[USE].is_there && !is_text(&m[USE], SLICE("sig")))
        return false;
    if (!m[KEY_OPS].is_there)
        return true;
    if (m[KEY_OPS].value.kind != JSON_ARRAY)
        return false;
    struct walk w = walk_begin(m[KEY_OPS].value.text);
    while (walk_element(&w, &op))
        if (op.kind == JSON_STRING && text_is(op.text, SLICE("verify")))
            return true;
    return false;
}

/* false: of no algorithm of ours, or of one that is not for such a key. */
static bool bind(struct key *k, const struct members_one *m)
{
    k->is_bound = m[ALG].is_there;
    if (!k->is_bound)
        return true;
    for (unsigned a = 0; a < JWA_N; a++) {
        if (!is_text(&m[ALG], slice_of(jwa_name((enum jwa)a))))
            continue;
        k->algorithm = (enum jwa)a;
        return jwa_fits(k->key, k->algorithm);
    }
    return false;
}

/* false: not a text that a token's could equal. */
static bool take_kid(struct key_set *s, struct key *k, const struct members_one *m)
{
    k->has_kid = m->is_there;
    if (!m->is_there)
        return true;
    if (m->value.kind != JSON_STRING || m->value.text.n > KEY_SET_KID_MAX)
        return false;
    k->kid.at = s->kids + s->n_kids;
    k->kid.n = text_unquote(s->kids + s->n_kids, m->value.text);
    s->n_kids += k->kid.n;
    return true;
}

static void take_key(struct key_set *s, struct slice json)
{
    struct members_one m[N_MEMBERS];
    struct key k = {0};
    memcpy(m, members_of_a_key, sizeof m);
    if (!members_read(json, m, N_MEMBERS) || !may_verify(m))
        return;
    k.key = make_key(m);
    if (!k.key)
        return;
    if (bind(&k, m) && take_kid(s, &k, &m[KID]))
        s->keys[s->n++] = k;
    else
        jwa_key_free(k.key);
}

static void drop_keys(struct key_set *s, bool (*is_unwanted)(const struct key *k))
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n; i++) {
        if (is_unwanted(&s->keys[i]))
            jwa_key_free(s->keys[i].key);
        else
            s->keys[n++] = s->keys[i];
    }
    s->n = n;
}

static bool is_secret(const struct key *k)
{
    return jwa_key_is_secret(k->key);
}

static bool is_ambiguous(const struct key *k)
{
    return k->is_ambiguous;
}

static void drop_ambiguous(struct key_set *s)
{
    for (unsigned i = 0; i < s->n; i++)
        for (unsigned j = 0; j < s->n; j++)
            if (i != j && s->keys[i].has_kid && s->keys[j].has_kid &&
                slice_equal(s->keys[i].kid, s->keys[j].kid))
                s->keys[i].is_ambiguous = true;
    drop_keys(s, is_ambiguous);
}

static unsigned count_secrets(const struct key_set *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n; i++)
        n += is_secret(&s->keys[i]);
    return n;
}

static enum key_set_verdict take_keys(struct key_set *s, struct slice list,
                                      enum key_set_origin origin)
{
    struct json_value key;
    unsigned n_seen = 0;
    struct walk w = walk_begin(list);
    while (walk_element(&w, &key)) {
        if (++n_seen > KEY_SET_KEYS_MAX)
            return KEY_SET_TOO_LARGE;
        take_key(s, key.text);
    }
    if (origin == KEY_SET_OF_URL)
        drop_keys(s, is_secret);
    unsigned n_secrets = count_secrets(s);
    if (n_secrets && n_secrets < s->n)
        return KEY_SET_MIXED;
    drop_ambiguous(s);
    return s->n ? KEY_SET_GOOD : KEY_SET_EMPTY;
}

static struct key_set *new_set(void)
{
    static atomic_ullong last_generation;
    struct key_set *s = memory_take_zero(1, sizeof *s);
    s->kids = malloc((size_t)KEY_SET_KEYS_MAX * KEY_SET_KID_MAX);
    CHECK(s->kids);
    atomic_init(&s->n_holders, 1);
    s->generation = atomic_fetch_add(&last_generation, 1) + 1;
    return s;
}

enum key_set_verdict key_set_read(struct slice text, enum key_set_origin origin,
                                  struct key_set **out)
{
    struct members_one keys = {.name = SLICE_INIT("keys")};
    if (text.n > KEY_SET_TEXT_MAX)
        return KEY_SET_TOO_LARGE;
    struct scan_result scan = scan_json(text, DEPTH_MAX);
    if (scan.verdict != SCAN_OK || !members_read(scan.value, &keys, 1) || !keys.is_there ||
        keys.value.kind != JSON_ARRAY)
        return KEY_SET_INVALID;
    struct key_set *s = new_set();
    enum key_set_verdict verdict = take_keys(s, keys.value.text, origin);
    if (verdict != KEY_SET_GOOD)
        key_set_release(s);
    else
        *out = s;
    return verdict;
}

const char *key_set_why(enum key_set_verdict v)
{
    static const char *const why[] = {
        [KEY_SET_GOOD] = "it is good",
        [KEY_SET_INVALID] = "it is not a JSON Web Key Set",
        [KEY_SET_TOO_LARGE] = "it is too large (256 KiB, 64 keys)",
        [KEY_SET_MIXED] = "it has secrets beside public keys",
        [KEY_SET_EMPTY] = "it has no key that can be used",
    };
    return why[v];
}

struct key_set *key_set_share(struct key_set *s)
{
    atomic_fetch_add(&s->n_holders, 1);
    return s;
}

void key_set_release(struct key_set *s)
{
    if (!s || atomic_fetch_sub(&s->n_holders, 1) != 1)
        return;
    for (unsigned i = 0; i < s->n; i++)
        jwa_key_free(s->keys[i].key);
    free(s->kids);
    free(s);
}

unsigned key_set_count(const struct key_set *s)
{
    return s->n;
}

uint64_t key_set_generation(const struct key_set *s)
{
    return s->generation;
}

bool key_set_has(const struct key_set *s, struct slice kid)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->keys[i].has_kid && slice_equal(s->keys[i].kid, kid))
            return true;
    return false;
}

unsigned key_set_find(const struct key_set *s, enum jwa algorithm, bool is_named, struct slice kid,
                      const struct jwa_key *found[KEY_SET_FOUND_MAX])
{
    bool is_known = is_named && key_set_has(s, kid);
    unsigned n = 0;
    for (unsigned i = 0; i < s->n && n < KEY_SET_FOUND_MAX; i++) {
        const struct key *k = &s->keys[i];
        if (is_known && !(k->has_kid && slice_equal(k->kid, kid)))
            continue;
        if (is_named && !is_known && k->has_kid)
            continue;
        if (jwa_fits(k->key, algorithm) && (!k->is_bound || k->algorithm == algorithm))
            found[n++] = k->key;
    }
    return n;
}
