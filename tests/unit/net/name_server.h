/* name_server.h - a name server on loopback for one test, on the loop under test; and messages
 *
 * The test says what is answered, as bytes of a DNS message (RFC 1035 section 4).
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "net/loop.h"

struct name_server {
    uv_poll_t poll;
    struct loop *loop;
    int fd;
    char servers[40]; /* as the resolver wants it */
    unsigned n_asked;
    /* Makes the answer in the place of the question, which is cut behind its one question; the
     * place has NAME_SERVER_ROOM bytes. The size of the answer; 0: none is given. */
    size_t (*answer)(uint8_t *at, size_t n_question);
};

enum {
    NAME_SERVER_ROOM = 4096
};

void name_server_open(struct name_server *s, struct loop *l,
                      size_t (*answer)(uint8_t *at, size_t n_question));
/* It must not be turned any more; the loop ends it. */
void name_server_close(struct name_server *s);
void name_server_end(struct name_server *s);

/* The question becomes an answer with this code and so many records, which the test writes. */
void name_server_begin(uint8_t *at, unsigned code, unsigned n_records);
/* A record behind n bytes: its name is the question's. The bytes written. */
struct name_server_srv {
    unsigned priority, weight, port;
    const char *host; /* labels with dots between them; "": the root */
    uint32_t ttl_s;
};
size_t name_server_put_srv(uint8_t *at, const struct name_server_srv *r);
/* A name, uncompressed. */
size_t name_server_put_name(uint8_t *at, const char *name);
