/* shop.h - a gateway behind a real server, a client, and services whose answers the test writes
 *
 * Everything turns on one loop by hand. In the configuration @0 to @7 stand for ports that the test
 * listens on; each is one service's, which has one connection at a time.
 */
#pragma once

#include <stdio.h>

#include "../http/rig.h"
#include "edge/rate_table.h"
#include "gateway/gateway.h"
#include "gateway/gateway_internal.h"
#include "gateway/late.h"
#include "http/server.h"
#include "load.h"
#include "service/service_cache.h"

enum {
    SHOP_N_SERVICES = 8
};

struct shop_service {
    int listening;
    unsigned port;
    int fd; /* -1: no connection */
    struct rig_text heard;
};

struct shop {
    struct rig rig;
    struct config *config;
    struct gateway_stats *stats;
    struct service_sharing *shared;
    atomic_uint n_in_flight;
    struct random random;
    struct service_cache cache;
    struct late_calls late;
    struct rate_table *rates;
    struct crew crew; /* of one */
    struct pattern_scratch *scratch;
    SSL_CTX *tls[SHOP_N_SERVICES]; /* none */
    struct gateway_front front;
    struct server *server;
    atomic_uint n_open;
    struct journal *journal;
    FILE *log_file;
    char log[65536]; /* after shop_read_log() */
    int client;
    struct rig_text answer; /* what the client read since it last asked */
    unsigned status;
    const char *body; /* of a whole answer, ended by a NUL */
    struct shop_service services[SHOP_N_SERVICES];
    unsigned n_retired;
};

struct shop *shop_open(const char *yaml);
void shop_close(struct shop *s);

/* Another gateway of the same configuration takes over; the old one retires. */
void shop_reload(struct shop *s);

/* The most that an exchange may take, from the next one on. */
void shop_set_arena(struct shop *s, size_t bytes);
/* A new connection of the client in place of the last. */
void shop_connect(struct shop *s);

/* The request line and further header lines, each with its CRLF, or "". */
void shop_ask_with(struct shop *s, const char *line, const char *headers);
void shop_ask(struct shop *s, const char *target); /* GET */
void shop_ask_for(struct shop *s, const char *target, const char *accept);
/* Turns until a whole answer is there. */
void shop_await(struct shop *s);
/* Turns until the service has heard the head of a request. */
const char *shop_hear(struct shop *s, unsigned service);
/* Has this service heard nothing, by now? */
bool shop_is_silent(struct shop *s, unsigned service);
void shop_say(struct shop *s, unsigned service, const char *answer);
/* Hears a GET of this target and nothing before it, and says 200 with this JSON. */
void shop_serve_target(struct shop *s, unsigned service, const char *target, const char *json);
/* Hears, and says 200 with this JSON. */
void shop_serve(struct shop *s, unsigned service, const char *json);
/* The same without waiting, where it has heard one by now. */
void shop_serve_heard(struct shop *s, unsigned service, const char *json);
/* Turns until the gateway has left this service's connection. */
void shop_await_hangup(struct shop *s, unsigned service);
void shop_hang_up(struct shop *s, unsigned service);
/* The client leaves. */
void shop_leave(struct shop *s);
/* As far as deadlines can tell, and once in a test: what is armed later would be overdue. */
void shop_pass_ms(struct shop *s, uint64_t ms);
/* The clocks go on by so much, for good: seen in the turns that follow. */
void shop_wait_ms(struct shop *s, uint64_t ms);
/* The lines, once every request has finished; logging is over then. */
const char *shop_read_log(struct shop *s);

/* The field's value in the answer or the heard request; NULL where there is none. */
const char *shop_field(const struct rig_text *t, const char *name);
void shop_expect(struct shop *s, unsigned status, const char *body);

#define SHOP_STATUS(line) "HTTP/1.1 " line "\r\nContent-Length: 0\r\n\r\n"
