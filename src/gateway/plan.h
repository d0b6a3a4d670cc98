/* plan.h - an endpoint compiled for one gateway: what of each answer is known beforehand
 *
 * Constant pieces of requests and answers are written once here; an answer lays them beside what
 * the services say. Lives in the gateway's arena, immutable.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"
#include "http/exchange.h"
#include "service/service_call.h"

struct plan_source {
    const struct config_source *config;
    struct service *service;

    /* The request. */
    struct slice method; /* with a space behind it, as a request begins */
    struct slice fields; /* constant header lines */
    const struct slice *forward;
    unsigned n_forward;
    const struct config_set_header **set_headers; /* those with variables */
    unsigned n_set_headers;
    bool accepts_as_client; /* the client's Accept is forwarded; ours goes where it has none */
    bool needs_check;       /* it waits for a source, and values of the request can spoil it */
    struct service_wanted returned;
    struct service_passed passed;

    /* The answer. */
    struct slice member;      /* `,"name":` */
    struct slice error_start; /* `{"source":"name","kind":"` */
    struct slice message;     /* `name: ` */
};

struct plan {
    const struct config_endpoint *config;
    unsigned index; /* of the endpoint */
    struct plan_source *sources;
    unsigned n_sources;
    uint64_t all;               /* a bit a source */
    uint64_t root;              /* those that need no other */
    const struct field *fields; /* fixed ones of every answer */
    unsigned n_fields;
};

/* services: by their index in the configuration. */
void plan_compile(struct plan *p, const struct config_endpoint *endpoint,
                  struct service *const *services, struct arena *arena);
/* Variables of the template that has most of them. */
size_t plan_max_variables(const struct plan *p);
