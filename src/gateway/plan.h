/* plan.h - an endpoint compiled for one gateway: what of each answer is known beforehand
 *
 * Constant pieces of requests and answers are written once here; an answer lays them beside what
 * the services say. Lives in the gateway's arena, immutable.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"
#include "edge/cors.h"
#include "gateway/place.h"
#include "gateway/security.h"
#include "http/exchange.h"
#include "service/service_call.h"

struct plan_source {
    const struct config_source *config;
    struct service *service;

    /* The request. */
    struct slice method; /* with a space behind it, as a request begins */
    struct slice fields; /* constant header lines */
    struct slice accept; /* the line that asks for what the source takes */
    const struct slice *forward;
    unsigned n_forward;
    const struct slice *secrets; /* headers of the client that tell who it is, and that templates of
                                    the call read; lower case */
    unsigned n_secrets;
    const struct config_variable *const *claims; /* that the call is made of */
    unsigned n_claims;
    bool is_impersonal; /* its cache's key has nothing of who asks, once what is sent as credentials
                           is left out */
    const struct config_set_header **set_headers; /* those with variables */
    unsigned n_set_headers;
    bool makes_credentials; /* one of those tells who asks, whatever its values are made of: what
                               another source said, an element, or what the client says */
    bool accepts_as_client; /* the client's Accept is forwarded; ours goes where it has none */
    bool needs_check;       /* it waits for a source, and values of the request can spoil it */
    struct service_wanted returned;
    struct service_passed passed;

    /* The answer. */
    struct slice member;      /* `,"name":` as its place is called; empty where it has none */
    struct slice error_start; /* `{"source":"name","kind":"` */
    struct slice error_path;  /* `,"path":["name",` of an element; where it stands in the answer */
    struct slice message;     /* `name: ` */
    struct slice part_start;  /* `"source":"name","path":` */

    /* What is done with an answer. */
    bool is_read;                   /* others refer to its value */
    struct slice list_name;         /* of `each`, as written: `list.ids` */
    struct slice nothing_to_unwrap; /* details of failures: `the answer has no member data` */
    struct slice late_program;      /* `jq took longer than 50 ms` */
};

/* One of the client's headers that calls are made of. */
struct plan_header {
    struct slice name;
    bool is_credential; /* it tells who the client is */
};

struct plan {
    const struct config_endpoint *config;
    unsigned index; /* of the endpoint */
    struct plan_source *sources;
    unsigned n_sources;
    uint64_t all;         /* a bit a source */
    uint64_t root;        /* those that need no other */
    uint64_t conditional; /* those with `when`, and those that need one of them */
    uint64_t lists;       /* those with `each` */
    uint64_t once;        /* those that make one call */
    uint64_t optional;    /* those that no required one is, or needs */
    uint64_t first;       /* of a progressive answer's first part, and those that they lie in */
    uint64_t required;
    uint64_t streamed;    /* lists whose elements have parts of their own in it */
    bool forwards_accept; /* a service answers by what the client takes */
    struct place_tree places;
    const struct field *fields; /* fixed ones of every answer */
    unsigned n_fields;
    struct cors cors;
    struct security security;

    /* Of a rate limit: what its keys begin with, the value of RateLimit-Policy, and the sources
     * that make one call and are needed whatever the values are. */
    struct slice limit_name, limit_policy;
    uint64_t certain;

    /* Caching. */
    bool caches;       /* the endpoint does, or one of its sources */
    bool is_safe;      /* its method */
    bool may_change;   /* it is not, and an endpoint that caches GET may have its path */
    struct slice vary; /* names of all headers of a request that can change its answer */
    const struct plan_header *headers;
    unsigned n_headers;
    const unsigned *credentials; /* parameters that calls have as credentials, by index */
    unsigned n_credentials;
    const struct config_variable *const *claims; /* that change the answer */
    unsigned n_claims;
    uint64_t tokened; /* sources whose calls have credentials that another source's answer, or an
                         element of it, is in */
};

/* services: by their index in the configuration. */
void plan_compile(struct plan *p, const struct config_endpoint *endpoint,
                  struct service *const *services, struct arena *arena);
/* Variables of the template that has most of them. */
size_t plan_max_variables(const struct plan *p);
/* Of plan_compile(): what follows from the sources' needs, and texts that tell of shapes and lists.
 */
void plan_look_at_answers(struct plan *p, struct arena *arena);
/* Of plan_compile(): its rate limit. */
void plan_look_at_limit(struct plan *p, struct arena *arena);
/* Of plan_compile(): which headers of a request can change its answer. */
void plan_look_at_headers(struct plan *p, struct arena *arena);
/* Bits of the endpoint's sources whose elements have parts of their own in a progressive answer. */
uint64_t plan_streamed(const struct config_endpoint *e, const struct place_tree *t);
/* Is the source's service told what the client accepts? */
bool plan_forwards_accept(const struct config_source *s);
/* May a call of the endpoint's source carry what tells who the client is? */
bool plan_sends_credentials(const struct config_endpoint *e, const struct config_source *s);
