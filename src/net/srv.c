/* srv.c - a DNS message is walked once, within its bounds (RFC 1035 section 4) */
#include "net/srv.h"

#include <string.h>

enum {
    HEADER = 12,
    RECORD = 10, /* type, class, time to live, length */
    SRV_FIXED = 6,
    LABEL_MAX = 63,
    POINTER = 0xc0,
    POINTERS_MAX = 127, /* a name has no more labels than that */
    TYPE_SRV = 33,
    CLASS_IN = 1,
};

struct message {
    const uint8_t *bytes;
    size_t n;
    size_t at; /* what is read next */
};

struct record {
    unsigned type, class;
    uint32_t ttl_s;
    size_t data, n_data;
};

static bool has(const struct message *m, size_t n)
{
    return n <= m->n - m->at;
}

/* The caller has seen that they are there. */
static unsigned take_16(struct message *m)
{
    unsigned value = (unsigned)m->bytes[m->at] << 8 | m->bytes[m->at + 1];
    m->at += 2;
    return value;
}

static uint32_t take_32(struct message *m)
{
    uint32_t high = take_16(m);
    return high << 16 | take_16(m);
}

/* Passes over a name, whose end is the root or a pointer. */
static bool skip_name(struct message *m)
{
    while (has(m, 1)) {
        unsigned length = m->bytes[m->at++];
        if (length == 0)
            return true;
        if ((length & POINTER) == POINTER) {
            m->at++;
            return m->at <= m->n;
        }
        if (length > LABEL_MAX || !has(m, length))
            return false;
        m->at += length;
    }
    return false;
}

static bool is_host_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Where a label or the root is found, behind any pointers: each leads backwards, so that there is
 * no circle. */
static bool follow(struct message *m)
{
    for (unsigned i = 0; i < POINTERS_MAX && has(m, 2); i++) {
        size_t here = m->at;
        if ((m->bytes[here] & POINTER) != POINTER)
            return true;
        m->at = take_16(m) & 0x3fff;
        if (m->at >= here)
            return false;
    }
    return has(m, 1) && m->bytes[m->at] <= LABEL_MAX;
}

/* Appends a label and the dot before it; false where it does not fit. A byte that no host has makes
 * *is_host false. */
static bool take_label(struct message *m, char *host, size_t *n_host, bool *is_host)
{
    size_t length = m->bytes[m->at++];
    if (length > LABEL_MAX || !has(m, length) || *n_host + length + 2 > SRV_HOST_SIZE)
        return false;
    if (*n_host)
        host[(*n_host)++] = '.';
    for (size_t i = 0; i < length; i++) {
        uint8_t c = m->bytes[m->at++];
        c = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
        *is_host = *is_host && is_host_byte(c);
        host[(*n_host)++] = (char)c;
    }
    return true;
}

/* The name at m->at, which moves on; empty where it is the root or no host's. */
static bool read_host(struct message m, char host[SRV_HOST_SIZE])
{
    size_t n = 0;
    bool is_host = true;
    while (follow(&m)) {
        if (m.bytes[m.at] == 0) {
            host[is_host ? n : 0] = '\0';
            return true;
        }
        if (!take_label(&m, host, &n, &is_host))
            return false;
    }
    return false;
}

static int compare(const struct srv_record *a, const struct srv_record *b)
{
    int by_host = strcmp(a->host, b->host);
    if (by_host != 0)
        return by_host;
    return (a->port > b->port) - (a->port < b->port);
}

/* Where it stands, or belongs: at the first that is not before it. */
static unsigned find(const struct srv_answer *a, const struct srv_record *r)
{
    unsigned low = 0, high = a->n;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (compare(&a->at[middle], r) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Keeps the answer sorted; of two records of one target the first counts. */
static void insert(struct srv_answer *out, const struct srv_record *r)
{
    unsigned at = find(out, r);
    if (at < out->n && compare(r, &out->at[at]) == 0)
        return;
    if (out->n == SRV_MAX) {
        out->is_cut = true;
        if (at == SRV_MAX)
            return;
        out->n--;
    }
    memmove(&out->at[at + 1], &out->at[at], (out->n - at) * sizeof *r);
    out->at[at] = *r;
    out->n++;
}

/* Among those of the lowest priority so far. */
static void add(struct srv_answer *out, const struct srv_record *r)
{
    if (out->n && r->priority > out->at[0].priority)
        return;
    if (out->n && r->priority < out->at[0].priority) {
        out->n = 0;
        out->is_cut = false;
    }
    insert(out, r);
}

static bool read_target(struct message m, const struct record *from, struct srv_answer *out)
{
    struct srv_record r;
    m.at = from->data;
    if (from->n_data <= SRV_FIXED)
        return false;
    r.priority = (uint16_t)take_16(&m);
    r.weight = (uint16_t)take_16(&m);
    r.port = (uint16_t)take_16(&m);
    if (!read_host(m, r.host))
        return false;
    if (r.host[0] && r.port)
        add(out, &r);
    return true;
}

static bool take_record(struct message *m, struct record *r)
{
    if (!skip_name(m) || !has(m, RECORD))
        return false;
    r->type = take_16(m);
    r->class = take_16(m);
    r->ttl_s = take_32(m);
    r->n_data = take_16(m);
    r->data = m->at;
    if (!has(m, r->n_data))
        return false;
    m->at += r->n_data;
    return true;
}

static bool read_records(struct message *m, unsigned n, struct srv_answer *out)
{
    struct record r;
    for (unsigned i = 0; i < n; i++) {
        if (!take_record(m, &r))
            return false;
        out->ttl_s = r.ttl_s < out->ttl_s ? r.ttl_s : out->ttl_s;
        if (r.type == TYPE_SRV && r.class == CLASS_IN && !read_target(*m, &r, out))
            return false;
    }
    return true;
}

/* Weights become shares of SRV_WEIGHT_MAX: 0 is a small one beside others that are not. */
static void scale_weights(struct srv_answer *a)
{
    unsigned least = UINT16_MAX, most = 0;
    for (unsigned i = 0; i < a->n; i++) {
        least = a->at[i].weight < least ? a->at[i].weight : least;
        most = a->at[i].weight > most ? a->at[i].weight : most;
    }
    for (unsigned i = 0; i < a->n; i++) {
        unsigned share = least == most ? 1 : a->at[i].weight * SRV_WEIGHT_MAX / most;
        a->at[i].weight = (uint16_t)(share ? share : 1);
    }
}

bool srv_read(const uint8_t *message, size_t n, struct srv_answer *out)
{
    struct message m = {message, n, 4};
    out->n = 0;
    out->is_cut = false;
    out->ttl_s = UINT32_MAX;
    if (n < HEADER)
        return false;
    unsigned n_questions = take_16(&m);
    unsigned n_answers = take_16(&m);
    m.at = HEADER;
    for (unsigned i = 0; i < n_questions; i++) {
        if (!skip_name(&m) || !has(&m, 4))
            return false;
        m.at += 4;
    }
    if (!read_records(&m, n_answers, out))
        return false;
    scale_weights(out);
    return true;
}

bool srv_is_same(const struct srv_answer *a, const struct srv_answer *b)
{
    if (a->n != b->n || a->is_cut != b->is_cut)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (compare(&a->at[i], &b->at[i]) != 0 || a->at[i].weight != b->at[i].weight)
            return false;
    return true;
}
