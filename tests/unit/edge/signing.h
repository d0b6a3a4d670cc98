/* signing.h - tokens made for a test: by a secret of zeros */
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "edge/jwt.h"

#define SIGNING_SECRET "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SIGNING_KEYS "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"" SIGNING_SECRET "\"}]}"

enum {
    SIGNING_MAX = 64 * 1024
};

static inline size_t signing_put(char *out, const void *bytes, size_t n)
{
    int length = EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
    while (length && out[length - 1] == '=')
        length--;
    out[length] = '\0';
    for (char *at = out; *at; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    return (size_t)length;
}

/* The token, in memory of its own for one token at a time. */
static inline struct slice signing_token(const char *header, const char *claims)
{
    static char token[SIGNING_MAX];
    static const unsigned char secret[32];
    unsigned char mac[32];
    size_t n = signing_put(token, header, strlen(header));
    token[n++] = '.';
    n += signing_put(token + n, claims, strlen(claims));
    HMAC(EVP_sha256(), secret, sizeof secret, (unsigned char *)token, n, mac, NULL);
    token[n++] = '.';
    n += signing_put(token + n, mac, sizeof mac);
    return (struct slice){token, n};
}
