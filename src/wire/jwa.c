/* jwa.c - a table of algorithms, and OpenSSL's EVP behind it */
#include "wire/jwa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

enum {
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192,
    EXPONENT_MAX = 8, /* bytes */
    SECRET_MIN = 32,
    SECRET_MAX = 1024,
    ED25519_SIZE = 32,
    COORDINATE_MAX = 66,
};

enum kind {
    KIND_RSA,
    KIND_P256,
    KIND_P384,
    KIND_P521,
    KIND_ED25519,
    KIND_SECRET,
};

struct jwa_key {
    enum kind kind;
    EVP_PKEY *public;
    unsigned char *secret;
    size_t n_secret;
};

static const struct {
    const char *name;
    enum kind kind;
    const EVP_MD *(*hash)(void);
    int padding; /* of RSA */
} algorithms[JWA_N] = {
    [JWA_RS256] = {"RS256", KIND_RSA, EVP_sha256, RSA_PKCS1_PADDING},
    [JWA_RS384] = {"RS384", KIND_RSA, EVP_sha384, RSA_PKCS1_PADDING},
    [JWA_RS512] = {"RS512", KIND_RSA, EVP_sha512, RSA_PKCS1_PADDING},
    [JWA_PS256] = {"PS256", KIND_RSA, EVP_sha256, RSA_PKCS1_PSS_PADDING},
    [JWA_PS384] = {"PS384", KIND_RSA, EVP_sha384, RSA_PKCS1_PSS_PADDING},
    [JWA_PS512] = {"PS512", KIND_RSA, EVP_sha512, RSA_PKCS1_PSS_PADDING},
    [JWA_ES256] = {"ES256", KIND_P256, EVP_sha256, 0},
    [JWA_ES384] = {"ES384", KIND_P384, EVP_sha384, 0},
    [JWA_ES512] = {"ES512", KIND_P521, EVP_sha512, 0},
    [JWA_EDDSA] = {"EdDSA", KIND_ED25519, NULL, 0},
    [JWA_HS256] = {"HS256", KIND_SECRET, EVP_sha256, 0},
    [JWA_HS384] = {"HS384", KIND_SECRET, EVP_sha384, 0},
    [JWA_HS512] = {"HS512", KIND_SECRET, EVP_sha512, 0},
};

/* By kind; the size of a coordinate, and of each half of a signature. */
static const struct {
    const char *name;
    const char *group;
    size_t size;
} curves[] = {
    [KIND_P256] = {"P-256", "P-256", 32},
    [KIND_P384] = {"P-384", "P-384", 48},
    [KIND_P521] = {"P-521", "P-521", COORDINATE_MAX},
};

bool jwa_by_name(struct slice name, enum jwa *out)
{
    for (unsigned i = 0; i < JWA_N; i++) {
        if (!slice_equal(name, slice_of(algorithms[i].name)))
            continue;
        *out = (enum jwa)i;
        return true;
    }
    return false;
}

const char *jwa_name(enum jwa a)
{
    return algorithms[a].name;
}

static const unsigned char *bytes_of(struct slice s)
{
    return (const unsigned char *)s.at;
}

static struct jwa_key *new_key(enum kind kind)
{
    struct jwa_key *k = memory_take_zero(1, sizeof *k);
    k->kind = kind;
    return k;
}

/* Takes the key over; NULL stays NULL. What OpenSSL says of it is for nobody: left in the thread's
 * list of errors, a TLS stream would take it for its own. */
static struct jwa_key *take_public(enum kind kind, EVP_PKEY *public)
{
    ERR_clear_error();
    if (!public)
        return NULL;
    struct jwa_key *k = new_key(kind);
    k->public = public;
    return k;
}

/* From its numbers; takes what is built. */
static EVP_PKEY *make_public(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *made = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    CHECK(params && context);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
        made = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    return made;
}

static bool is_good_rsa(const BIGNUM *n, const BIGNUM *e)
{
    return BN_num_bits(n) >= RSA_BITS_MIN && BN_num_bits(n) <= RSA_BITS_MAX && BN_is_odd(n) &&
           BN_is_odd(e) && !BN_is_one(e);
}

struct jwa_key *jwa_key_rsa(struct slice modulus, struct slice exponent)
{
    EVP_PKEY *made = NULL;
    if (modulus.n > RSA_BITS_MAX / 8 + 1 || exponent.n > EXPONENT_MAX)
        return NULL;
    BIGNUM *n = BN_bin2bn(bytes_of(modulus), (int)modulus.n, NULL);
    BIGNUM *e = BN_bin2bn(bytes_of(exponent), (int)exponent.n, NULL);
    CHECK(n && e);
    if (is_good_rsa(n, e)) {
        OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
        CHECK(build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
        made = make_public("RSA", build);
    }
    BN_free(n);
    BN_free(e);
    return take_public(KIND_RSA, made);
}

static bool is_sound(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    CHECK(context);
    bool good = EVP_PKEY_public_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

struct jwa_key *jwa_key_ec(struct slice curve, struct slice x, struct slice y)
{
    unsigned char point[1 + 2 * COORDINATE_MAX] = {4}; /* not compressed */
    enum kind kind = KIND_P256;
    while (kind <= KIND_P521 && !slice_equal(curve, slice_of(curves[kind].name)))
        kind++;
    if (kind > KIND_P521 || x.n != curves[kind].size || y.n != x.n)
        return NULL;
    memcpy(point + 1, x.at, x.n);
    memcpy(point + 1 + x.n, y.at, y.n);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    CHECK(
        build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curves[kind].group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * x.n));
    EVP_PKEY *made = make_public("EC", build);
    if (made && !is_sound(made)) {
        EVP_PKEY_free(made);
        made = NULL;
    }
    return take_public(kind, made);
}

struct jwa_key *jwa_key_ed25519(struct slice x)
{
    if (x.n != ED25519_SIZE)
        return NULL;
    return take_public(KIND_ED25519,
                       EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes_of(x), x.n));
}

struct jwa_key *jwa_key_secret(struct slice k)
{
    if (k.n < SECRET_MIN || k.n > SECRET_MAX)
        return NULL;
    struct jwa_key *made = new_key(KIND_SECRET);
    made->secret = malloc(k.n);
    CHECK(made->secret);
    memcpy(made->secret, k.at, k.n);
    made->n_secret = k.n;
    return made;
}

void jwa_key_free(struct jwa_key *k)
{
    if (k->secret)
        OPENSSL_cleanse(k->secret, k->n_secret);
    free(k->secret);
    EVP_PKEY_free(k->public);
    free(k);
}

bool jwa_key_is_secret(const struct jwa_key *k)
{
    return k->kind == KIND_SECRET;
}

bool jwa_fits(const struct jwa_key *k, enum jwa a)
{
    if (algorithms[a].kind != k->kind)
        return false;
    return k->kind != KIND_SECRET || k->n_secret >= (size_t)EVP_MD_get_size(algorithms[a].hash());
}

static bool is_mac(const struct jwa_key *k, enum jwa a, struct slice bytes, struct slice signature)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!HMAC(algorithms[a].hash(), k->secret, (int)k->n_secret, bytes_of(bytes), bytes.n, mac, &n))
        return false;
    return n == signature.n && CRYPTO_memcmp(mac, signature.at, n) == 0;
}

/* Two numbers of fixed length become what OpenSSL reads (RFC 7518 section 3.4); its length, 0: it
 * cannot. *der is to be freed. */
static int write_der(enum kind kind, struct slice signature, unsigned char **der)
{
    size_t size = curves[kind].size;
    if (signature.n != 2 * size)
        return 0;
    BIGNUM *r = BN_bin2bn(bytes_of(signature), (int)size, NULL);
    BIGNUM *s = BN_bin2bn(bytes_of(signature) + size, (int)size, NULL);
    ECDSA_SIG *both = ECDSA_SIG_new();
    CHECK(r && s && both && ECDSA_SIG_set0(both, r, s));
    int n = i2d_ECDSA_SIG(both, der);
    ECDSA_SIG_free(both);
    return n > 0 ? n : 0;
}

static bool begin_verify(EVP_MD_CTX *context, const struct jwa_key *k, enum jwa a)
{
    EVP_PKEY_CTX *settings = NULL;
    const EVP_MD *hash = algorithms[a].hash ? algorithms[a].hash() : NULL;
    int padding = algorithms[a].padding;
    if (EVP_DigestVerifyInit(context, &settings, hash, NULL, k->public) != 1)
        return false;
    if (padding && EVP_PKEY_CTX_set_rsa_padding(settings, padding) != 1)
        return false;
    return padding != RSA_PKCS1_PSS_PADDING ||
           EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool is_signed(const struct jwa_key *k, enum jwa a, struct slice bytes,
                      struct slice signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context);
    bool good =
        begin_verify(context, k, a) &&
        EVP_DigestVerify(context, bytes_of(signature), signature.n, bytes_of(bytes), bytes.n) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

/* A signature of RSA is as long as the modulus, zeros at its front included; OpenSSL sees to it. */
bool jwa_verify(const struct jwa_key *k, enum jwa a, struct slice bytes, struct slice signature)
{
    CHECK(jwa_fits(k, a));
    if (k->kind == KIND_SECRET)
        return is_mac(k, a, bytes, signature);
    if (k->kind == KIND_RSA || k->kind == KIND_ED25519)
        return is_signed(k, a, bytes, signature);
    unsigned char *der = NULL;
    int n = write_der(k->kind, signature, &der);
    bool good = n && is_signed(k, a, bytes, (struct slice){(const char *)der, (size_t)n});
    OPENSSL_free(der);
    return good;
}

/* OpenSSL looks for an algorithm by its name, under a lock, wherever it was not fetched before. */
static EVP_MD *sha256;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    CHECK(sha256);
}

void jwa_digest(struct slice bytes, unsigned char out[JWA_DIGEST_SIZE])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch_sha256);
    CHECK(EVP_Digest(bytes.at ? bytes.at : "", bytes.n, out, NULL, sha256, NULL) == 1);
}
