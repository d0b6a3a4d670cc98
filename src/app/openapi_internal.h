/* openapi_internal.h - what the parts of an OpenAPI document share */
#pragma once

#include "app/openapi.h"

/* Names of the path's parameters: of endpoints at the same places the first one's hold for all. */
struct openapi_path {
    struct slice template; /* /products/{id} */
    const struct config_endpoint *first;
    struct draft *item;
};

enum {
    OPENAPI_STATUSES_MAX = 600
};

struct openapi {
    struct description *d;
    struct draft *paths;
    struct map by_shape;                    /* struct openapi_path by /products/{} */
    bool has_problem[OPENAPI_STATUSES_MAX]; /* by status: somebody refers to it */
    bool *has_policy;                       /* by index of the policy */
};

/* The name of what a path's "*" stands for, which no parameter of the endpoint has. */
struct slice openapi_tail_name(const struct config_endpoint *e, struct arena *arena);

struct draft *openapi_parameters(struct openapi *o, const struct description_endpoint *e,
                                 const struct openapi_path *path);
/* The expression for who reads JSON Schema's, which are those of ECMAScript; at is NULL where it
 * has something that they do not have, or that means something else to them. */
struct slice openapi_pattern(struct slice pattern, struct arena *arena);

/* What an endpoint can answer with, beside its status of success. */
struct openapi_statuses {
    bool has_problem[OPENAPI_STATUSES_MAX];
    bool is_passed[OPENAPI_STATUSES_MAX]; /* as a service answered it */
    bool has_etag;                        /* and so 304 */
};
struct openapi_statuses openapi_statuses(const struct config_endpoint *e, struct arena *arena);

struct draft *openapi_responses(struct openapi *o, const struct description_endpoint *e);
/* Those that somebody refers to. */
struct draft *openapi_problems(struct openapi *o);

/* NULL: anybody may ask. */
struct draft *openapi_security(struct openapi *o, const struct config_endpoint *e);
struct draft *openapi_schemes(struct openapi *o);
