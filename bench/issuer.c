/* issuer.c - keys and signatures by OpenSSL, as RFC 7515, 7517 and 7518 write them */
#include "issuer.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit.h"

enum {
    COORDINATE = 32, /* bytes of a number of P-256 */
    RSA_BITS = 2048,
    RSA_BYTES = RSA_BITS / 8,
    SIGNATURE_MAX = 512,
    TEXT_MAX = 1024,
    LIFE_S = 3600
};

struct issuer {
    const char *algorithm;
    EVP_PKEY *key;
};

static bool is(const struct issuer *i, const char *algorithm)
{
    return strcmp(i->algorithm, algorithm) == 0;
}

static void check(bool is_good)
{
    if (!is_good)
        kit_die("OpenSSL");
}

struct issuer *issuer_new(const char *algorithm)
{
    struct issuer *i = kit_memory(1, sizeof *i);
    i->algorithm = algorithm;
    if (is(i, "ES256"))
        i->key = EVP_EC_gen("P-256");
    else if (is(i, "RS256"))
        i->key = EVP_RSA_gen(RSA_BITS);
    else if (is(i, "EdDSA"))
        i->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    check(i->key);
    return i;
}

void issuer_free(struct issuer *i)
{
    EVP_PKEY_free(i->key);
    free(i);
}

/* In the alphabet of URLs, without padding; the number of characters. */
static size_t put_url64(char *out, const void *bytes, size_t n)
{
    size_t length = (size_t)EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
    while (length && out[length - 1] == '=')
        length--;
    for (size_t k = 0; k < length; k++)
        out[k] = out[k] == '+' ? '-' : out[k] == '/' ? '_' : out[k];
    out[length] = '\0';
    return length;
}

/* The members of the key that say its numbers. */
static void write_numbers(const struct issuer *i, char out[TEXT_MAX])
{
    unsigned char raw[SIGNATURE_MAX];
    char first[TEXT_MAX / 2], second[TEXT_MAX / 4];
    size_t n = sizeof raw;
    BIGNUM *modulus = NULL;
    if (is(i, "RS256")) {
        check(EVP_PKEY_get_bn_param(i->key, OSSL_PKEY_PARAM_RSA_N, &modulus) &&
              BN_bn2binpad(modulus, raw, RSA_BYTES) == RSA_BYTES);
        put_url64(first, raw, RSA_BYTES);
        snprintf(out, TEXT_MAX, "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"", first);
    } else if (is(i, "ES256")) { /* 4, x, y */
        check(EVP_PKEY_get_octet_string_param(i->key, OSSL_PKEY_PARAM_PUB_KEY, raw, n, &n));
        check(n == 1 + 2 * COORDINATE);
        put_url64(first, raw + 1, COORDINATE);
        put_url64(second, raw + 1 + COORDINATE, COORDINATE);
        snprintf(out, TEXT_MAX, "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"", first,
                 second);
    } else {
        check(EVP_PKEY_get_raw_public_key(i->key, raw, &n));
        put_url64(first, raw, n);
        snprintf(out, TEXT_MAX, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"", first);
    }
    BN_free(modulus);
}

size_t issuer_write_keys(const struct issuer *i, char out[ISSUER_KEYS_MAX])
{
    char numbers[TEXT_MAX];
    write_numbers(i, numbers);
    return (size_t)snprintf(out, ISSUER_KEYS_MAX,
                            "{\"keys\":[{\"kid\":\"first\",\"use\":\"sig\",%s}]}", numbers);
}

/* Two numbers in a row, instead of DER. */
static size_t flatten(unsigned char *signature, size_t n)
{
    const unsigned char *at = signature;
    ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &at, (long)n);
    check(both && BN_bn2binpad(ECDSA_SIG_get0_r(both), signature, COORDINATE) == COORDINATE &&
          BN_bn2binpad(ECDSA_SIG_get0_s(both), signature + COORDINATE, COORDINATE) == COORDINATE);
    ECDSA_SIG_free(both);
    return 2 * COORDINATE;
}

static size_t sign(const struct issuer *i, const char *text, size_t n_text,
                   unsigned char signature[SIGNATURE_MAX])
{
    size_t n = SIGNATURE_MAX;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    const EVP_MD *digest = is(i, "EdDSA") ? NULL : EVP_sha256();
    check(c && EVP_DigestSignInit(c, NULL, digest, NULL, i->key) == 1 &&
          EVP_DigestSign(c, signature, &n, (const unsigned char *)text, n_text) == 1);
    EVP_MD_CTX_free(c);
    return is(i, "ES256") ? flatten(signature, n) : n;
}

size_t issuer_write_token(const struct issuer *i, unsigned serial, char out[ISSUER_TOKEN_MAX])
{
    char text[TEXT_MAX];
    unsigned char signature[SIGNATURE_MAX];
    long long now = time(NULL);
    int n = snprintf(text, sizeof text, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"first\"}",
                     i->algorithm);
    size_t at = put_url64(out, text, (size_t)n);
    out[at++] = '.';
    n = snprintf(text, sizeof text,
                 "{\"iss\":\"" ISSUER_NAME "\",\"aud\":\"" ISSUER_AUDIENCE "\",\"sub\":\"alice\","
                 "\"exp\":%lld,\"iat\":%lld,\"scope\":\"orders.read orders.write\","
                 "\"email\":\"alice@example.org\",\"jti\":\"%u\"}",
                 now + LIFE_S, now, serial);
    at += put_url64(out + at, text, (size_t)n);
    size_t n_signature = sign(i, out, at, signature);
    out[at++] = '.';
    return at + put_url64(out + at, signature, n_signature);
}
