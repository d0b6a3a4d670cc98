/* control_targets_internal.h - what the files of control_targets share */
#pragma once

#include "app/control_targets.h"
#include "app/prober.h"
#include "app/worker.h"
#include "net/resolver_srv.h"

enum {
    CONTROL_NAME_SIZE = SRV_HOST_SIZE + sizeof "[]:65535"
};

struct control_target {
    struct control_service *service;
    struct worker_target at;       /* what the workers are told */
    struct resolver_name *watched; /* NULL: the host is an address literal */
    struct prober *prober;         /* NULL: no health checks */
    bool is_awaited;               /* one of those that control_settle() is for */
    bool is_leaving; /* records no longer name it; it stays until another has an address */
};

/* A configured target that is the name of SRV records. */
struct control_srv {
    struct control_service *service;
    unsigned from; /* its index */
    struct resolver_srv *watched;
    bool is_awaited;
    struct srv_answer *records; /* of which some have found no slot; NULL: all have */
    bool is_cut;                /* the last answer had more than are kept of one */
    bool is_told;               /* that targets are left out */
};

struct control_service {
    struct control *control;
    const struct config_service *config;
    struct control_target **targets; /* by slot; NULL where there is none */
    unsigned n_slots;
    struct control_srv *srvs;
    unsigned n_srvs;
};

/* Where a target is. */
struct control_place {
    unsigned from; /* the configured target that it is, or comes of */
    const char *host;
    uint16_t port;
    unsigned weight;
};

/* NULL: there is none of that name. */
const struct control_service *control_targets_service(const struct control_targets *t,
                                                      struct slice name);

struct control_target *control_target_new(struct control_service *s, unsigned slot,
                                          const struct control_place *p);
/* Watches it, with what was known before of the same host; before may be NULL. */
void control_target_begin(struct control_target *t, const struct control_targets *before);
/* Its first addresses are known, or no longer waited for. */
void control_target_settle(struct control_target *t);
void control_target_publish(const struct control_target *t);
/* host:port, for people. */
const char *control_target_name(const struct control_target *t, char out[CONTROL_NAME_SIZE]);
void control_target_free(struct control_target *t);

void control_srv_begin(struct control_srv *s, const struct control_targets *before);
void control_srv_settle(struct control_srv *s);
void control_srv_done(struct control_srv *s);
/* A target of that name has an address: what has waited for it may leave, and others may have its
 * place. */
void control_srv_sweep(struct control_service *s, unsigned from);
