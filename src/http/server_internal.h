/* server_internal.h - what a server's connections share
 *
 * One head is enough for all of them: it is filled in the very call that gives H1_HEAD and looked
 * at before the next.
 */
#pragma once

#include "http/exchange_pool.h"
#include "http/server.h"
#include "wire/h1.h"

enum {
    SERVER_DATE_SIZE = 37, /* "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" */
};

struct server {
    struct loop *loop;
    struct server_bounds bounds;
    struct exchange_handlers handlers;
    struct counters *counters;
    void *context;
    struct exchange_pool exchanges;
    struct list connections;
    unsigned n_connections;
    bool is_draining;
    struct h1_head head;
    uint64_t date_s;
    char date[SERVER_DATE_SIZE + 1];
};

/* What bounds.memory leaves; no bound, no end. */
static inline size_t server_memory_left(const struct server *s)
{
    size_t bound = s->bounds.memory ? s->bounds.memory : SIZE_MAX;
    return blob_bytes_left(s->loop->blobs.n_held, bound);
}

/* The Date field of this second, its line end included (RFC 9110 6.6.1). */
struct slice server_date(struct server *s);
