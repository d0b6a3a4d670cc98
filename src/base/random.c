/* random.c - xoshiro256**, seeded by the kernel or by a number */
#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

void random_init(struct random *r)
{
    /* 32 bytes come whole or not at all (getrandom(2)). */
    do
        CHECK(getrandom(r->s, sizeof r->s, 0) == (ssize_t)sizeof r->s);
    while (!(r->s[0] | r->s[1] | r->s[2] | r->s[3])); /* the one state that it never leaves */
}

/* splitmix64, which its authors give for this purpose: no seed makes a poor state. */
void random_init_seeded(struct random *r, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        r->s[i] = z ^ z >> 31;
    }
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

uint64_t random_next(struct random *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

__extension__ typedef unsigned __int128 product_type;

/* The low part of a product that would favour some results is thrown away (Lemire, 2019). */
uint64_t random_below(struct random *r, uint64_t n)
{
    uint64_t floor = -n % n;
    for (;;) {
        product_type product = (product_type)random_next(r) * n;
        if ((uint64_t)product >= floor)
            return (uint64_t)(product >> 64);
    }
}
