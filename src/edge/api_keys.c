/* api_keys.c - a sorted table of digests */
#include "edge/api_keys.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "wire/jwa.h"

enum {
    FIRST_CAPACITY = 16
};

struct entry {
    unsigned char digest[JWA_DIGEST_SIZE];
    struct slice name; /* malloc()ed, with the scopes behind it */
    struct slice scopes;
};

struct api_keys {
    struct entry *entries; /* by digest */
    size_t n, capacity;
    atomic_uint n_shares;
};

struct api_keys *api_keys_new(void)
{
    struct api_keys *k = memory_take_zero(1, sizeof *k);
    atomic_init(&k->n_shares, 1);
    return k;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(struct slice hex, unsigned char out[JWA_DIGEST_SIZE])
{
    if (hex.n != (size_t)2 * JWA_DIGEST_SIZE)
        return false;
    for (size_t i = 0; i < JWA_DIGEST_SIZE; i++) {
        int high = digit_of(hex.at[2 * i]), low = digit_of(hex.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* What a header's value can be, without spaces at its ends: another could never be shown. */
static bool is_key(struct slice key)
{
    for (size_t i = 0; i < key.n; i++)
        if ((unsigned char)key.at[i] < 0x20 || key.at[i] == 0x7f)
            return false;
    return key.n > 0 && key.n <= API_KEYS_KEY_MAX && key.at[0] != ' ' && key.at[key.n - 1] != ' ';
}

static struct entry *add_entry(struct api_keys *k, struct slice name, struct slice scopes)
{
    if (k->n == k->capacity) {
        k->capacity = k->capacity ? 2 * k->capacity : FIRST_CAPACITY;
        k->entries = reallocarray(k->entries, k->capacity, sizeof *k->entries);
        CHECK(k->entries);
    }
    char *copy = malloc(name.n + scopes.n);
    CHECK(copy);
    memcpy(copy, name.at, name.n);
    if (scopes.n)
        memcpy(copy + name.n, scopes.at, scopes.n);
    k->entries[k->n].name = (struct slice){copy, name.n};
    k->entries[k->n].scopes = (struct slice){copy + name.n, scopes.n};
    return &k->entries[k->n++];
}

const char *api_keys_add(struct api_keys *k, struct slice name, struct slice key,
                         struct slice scopes)
{
    static const struct slice prefix = SLICE_INIT("sha256:");
    unsigned char read[JWA_DIGEST_SIZE];
    if (name.n == 0 || name.n > API_KEYS_NAME_MAX)
        return "a name is 1 to 128 bytes";
    if (!slice_starts(key, prefix)) {
        if (!is_key(key))
            return "a key is 1 to 4096 characters, without spaces at its ends and no control "
                   "characters";
        jwa_digest(key, read);
    } else if (!read_digest(slice_after(key, prefix.n), read)) {
        return "a digest is sha256: and 64 hexadecimal digits";
    }
    memcpy(add_entry(k, name, scopes)->digest, read, sizeof read);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    return memcmp(one->digest, other->digest, JWA_DIGEST_SIZE);
}

bool api_keys_finish(struct api_keys *k)
{
    if (k->n)
        qsort(k->entries, k->n, sizeof *k->entries, compare);
    for (size_t i = 1; i < k->n; i++)
        if (compare(&k->entries[i - 1], &k->entries[i]) == 0)
            return false;
    return true;
}

/* The first bytes of a digest, by which the table is searched. */
static uint64_t start_of(const unsigned char *digest)
{
    uint64_t start = 0;
    for (size_t i = 0; i < sizeof start; i++)
        start = start << 8 | digest[i];
    return start;
}

/* The first entry whose digest does not begin below that. */
static size_t find_start(const struct api_keys *k, uint64_t start)
{
    size_t low = 0, high = k->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (start_of(k->entries[middle].digest) < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct slice api_keys_find(const struct api_keys *k, struct slice key, struct slice *scopes)
{
    unsigned char shown[JWA_DIGEST_SIZE];
    if (key.n == 0 || key.n > API_KEYS_KEY_MAX)
        return SLICE_NONE;
    jwa_digest(key, shown);
    for (size_t i = find_start(k, start_of(shown));
         i < k->n && start_of(k->entries[i].digest) == start_of(shown); i++)
        if (CRYPTO_memcmp(k->entries[i].digest, shown, sizeof shown) == 0) {
            *scopes = k->entries[i].scopes;
            return k->entries[i].name;
        }
    return SLICE_NONE;
}

struct api_keys *api_keys_share(struct api_keys *k)
{
    atomic_fetch_add_explicit(&k->n_shares, 1, memory_order_relaxed);
    return k;
}

void api_keys_release(struct api_keys *k)
{
    if (!k || atomic_fetch_sub_explicit(&k->n_shares, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < k->n; i++)
        free((char *)k->entries[i].name.at);
    free(k->entries);
    free(k);
}
