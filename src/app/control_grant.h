/* control_grant.h - asks for a service's tokens and has the one that is good now
 *
 * OAuth 2.0's client credentials (RFC 6749 section 4.4), by one POST at a time, on a connection of
 * its own that is verified as the service's are. When it asks is service/credentials_life.h.
 * Control thread only.
 */
#pragma once

#include "app/control_call.h"
#include "app/secret.h"
#include "service/credentials_life.h"

struct control;
struct control_grant;

enum control_grant_result {
    CONTROL_GRANT_OK,
    CONTROL_GRANT_REFUSED,     /* another status than success */
    CONTROL_GRANT_INVALID,     /* no answer as it should be */
    CONTROL_GRANT_UNREACHABLE, /* no connection, or it broke off */
    CONTROL_GRANT_TIMEOUT,
    CONTROL_GRANT_N_RESULTS
};

struct control_grant {
    struct control *control;
    const struct config_service *service;
    const struct secret *secret; /* the client's */
    /* There is another token, or none any more. */
    void (*on_change)(void *owner);
    void *owner;
    struct buffer line; /* the header line of the token in use; empty: there is none */
    struct credentials_life life;
    struct wheel_entry tick; /* the life's next moment */
    struct control_call call;
    struct buffer ask, answer;
    unsigned status;         /* of the answer */
    uint64_t retry_after_ms; /* that it asked for */
    uint64_t n_results[CONTROL_GRANT_N_RESULTS];
};

/* Asks as soon as it can. The secret, which may be empty for now, outlives it. */
struct control_grant *control_grant_new(struct control *c, const struct config_service *service,
                                        const struct secret *secret, void (*on_change)(void *),
                                        void *owner);
/* The same of another configuration: the token stays, its connections are the new one's. */
void control_grant_move(struct control_grant *g, const struct config_service *service);
/* The client's secret is another one. */
void control_grant_secret_changed(struct control_grant *g);
void control_grant_refused(struct control_grant *g, uint64_t generation);
void control_grant_free(struct control_grant *g);
