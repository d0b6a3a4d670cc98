/* srv.h - where a service is, as the records of an SRV answer tell it (RFC 2782)
 *
 * Of an answer's records those of the lowest priority count. They come sorted by host and port, so
 * that two answers that say the same are the same; of more than SRV_MAX the first ones are kept.
 * Hosts are lower case and hold nothing but letters, digits, '-', '_' and '.', as they end up in a
 * request's head; records of other hosts, of port 0 and of the root (which means "nowhere") are
 * left out.
 *
 * Read from the raw answer: c-ares 1.18 does not tell the time to live. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SRV_MAX = 256,
    SRV_HOST_SIZE = 256, /* with its NUL (RFC 1035 2.3.4) */
    SRV_WEIGHT_MAX = 1000
};

struct srv_record {
    char host[SRV_HOST_SIZE];
    uint16_t port;
    uint16_t priority;
    uint16_t weight; /* 1 to SRV_WEIGHT_MAX: shares of what the records said; all alike: 1 */
};

struct srv_answer {
    unsigned n;
    bool is_cut;    /* there are more than SRV_MAX */
    uint32_t ttl_s; /* the shortest of the answer's records; UINT32_MAX where it has none */
    struct srv_record at[SRV_MAX];
};

/* A whole DNS message. false where it is malformed; *out then means nothing. */
bool srv_read(const uint8_t *message, size_t n, struct srv_answer *out);
/* The same targets with the same weights, and as many left out: some or none? */
bool srv_is_same(const struct srv_answer *a, const struct srv_answer *b);
