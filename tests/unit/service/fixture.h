/* fixture.h - a service with one target on loopback, whose answers the test writes by hand */
#pragma once

#include "../http/rig.h"
#include "service/service_call.h"

struct fixture {
    struct rig rig;
    struct config_bounds bounds;
    struct config_target targets[2];
    struct config_service config;
    struct service_context context;
    struct config of_all; /* with the one service */
    struct service_sharing *shared;
    struct random random;
    struct service *service;
    struct arena arena;
    struct service_request request; /* of the next call: GET /x, changed as wanted */
    struct service_call *call;      /* under way */
    unsigned n_ended;
    uint64_t began_ms;      /* on the loop's clock, when the call was started */
    struct outcome outcome; /* of the last that ended */
    int listening[2];       /* of the targets */
    struct sockaddr_in at[2];
    int fd; /* the service's side of the last connection; -1: none */
    struct rig_text heard;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
/* The service and what is shared of it, of the configuration as it is now; without addresses. */
void fixture_remake(struct fixture *f);

void fixture_start(struct fixture *f);
/* Takes the connection of target 0, in place of the last one. */
void fixture_accept(struct fixture *f);
/* Starts, accepts where there is no connection yet, and reads the whole head of the request. */
void fixture_begin(struct fixture *f);
void fixture_say(struct fixture *f, struct slice bytes);
/* Turns until the call has ended. */
void fixture_await(struct fixture *f);
/* All of it: a call, its answer, its outcome. */
void fixture_serve(struct fixture *f, const char *answer);
/* Has deadlines see that many ms since the call was started. */
void fixture_pass_ms(struct fixture *f, uint64_t ms);
/* The blob of the last outcome goes back. */
void fixture_drop(struct fixture *f);
void fixture_expect_failure(struct fixture *f, enum outcome_kind kind, const char *detail);
void fixture_expect_value(struct fixture *f, const char *value);

#define FIXTURE_OK "HTTP/1.1 200 OK\r\n"
