/* owner.h - a server with an owner that does what the target says, and notes what it is told
 *
 *   /ok      answers "hello" once the request is whole     /echo   answers the body
 *   /early   answers 404 on the head                       /hold   leaves it to the test
 *   /hold-head   the same, for the test to answer before the body is whole
 *
 * Notes: "head TARGET;" "request;" "gone;" "room;" "refused STATUS;" "finished STATUS BYTES;"
 */
#pragma once

#include "http/server.h"
#include "rig.h"

struct owner {
    struct rig rig;
    struct server *server;
    struct server_bounds bounds;
    atomic_uint n_open;
    int client;            /* of the last connection */
    struct exchange *held; /* of /hold */
    bool goes_on;          /* on_gone: begins, puts and ends all the same */
    bool puts_more;        /* on_room: puts until it is full again */
    size_t n_put;
    char notes[4096];
    struct rig_text text; /* what the client read */
};

/* A state of cmocka's: an owner whose bounds may still be changed by owner_set_bounds(). */
int owner_setup(void **state);
int owner_teardown(void **state);

/* A new connection; returns the client's side. */
int owner_connect(struct owner *o);
int owner_connect_tcp(struct owner *o);
void owner_set_bounds(struct owner *o);
/* Sends, and reads until the answer ends so. */
void owner_ask(struct owner *o, const char *request, const char *answer_end);
/* An answer of 200 with this body. */
void owner_answer(struct exchange *e, struct slice body);
/* Puts blocks of 16 KiB until the outbox is full. */
void owner_fill(struct owner *o, struct exchange *e);

#define OWNER_GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
