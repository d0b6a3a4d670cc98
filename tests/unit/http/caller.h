/* caller.h - a pool whose service is the test, and calls that note what they hear
 *
 * Notes: "head STATUS;" "body BYTES;" "end NAME;". Chunks of one answer stand in one "body".
 */
#pragma once

#include "http/call.h"
#include "rig.h"

enum caller_deed {
    CALLER_LISTENS,
    CALLER_CANCELS_ON_HEAD,
    CALLER_CANCELS_ON_BODY,
    CALLER_PAUSES_ON_BODY,
    CALLER_ASKS_AGAIN_ON_END,
    CALLER_ASKS_OVER_UNASKED_BYTES_ON_END, /* which the service has sent meanwhile */
};

struct caller {
    struct rig rig;
    struct pool *pool; /* NULL once closed */
    struct pool_settings settings;
    struct sockaddr_in at;
    int listening;
    int service;           /* the service's side of the connection accepted last */
    struct rig_text heard; /* by the service */
    struct call call;
    struct call_request request;
    enum caller_deed deed;
    char room[16];    /* of the caller's, for a body */
    unsigned n_rooms; /* times that it was asked for */
    bool has_room;
    bool is_in_body;
    bool is_inside_start;
    size_t n_body;
    char notes[4096];
};

int caller_setup(void **state);
int caller_teardown(void **state);
/* The pool anew, by the settings as they are now. */
void caller_use_settings(struct caller *c);
void caller_use_address(struct caller *c, const struct sockaddr_in *at);

void caller_start(struct caller *c);
/* Accepts the next connection. */
void caller_accept(struct caller *c);
/* Starts a call on a fresh connection and hears its request. */
void caller_begin(struct caller *c);
/* Starts another on the connection that is kept. */
void caller_begin_again(struct caller *c);
/* Answers; the call's notes, from its start, become these. */
void caller_expect(struct caller *c, const char *answer, const char *notes);
/* Does the pool keep a connection that a call would take? Tells by a call. */
bool caller_is_kept(struct caller *c);
void caller_close_service(struct caller *c);

#define CALLER_UNASKED "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
#define CALLER_HEAD "GET /x HTTP/1.1\r\nHost: s\r\n\r\n"
