/* snapshot.h - a configuration in service: what was read, and the TLS contexts made from it
 *
 * Made on the main thread, immutable, counted: each worker, the control thread and the main thread
 * hold it once, never a request alone. A reload makes a new one; the old one goes when its last
 * holder has ended its work with it.
 */
#pragma once

#include <stdatomic.h>

#include "config/config.h"
#include "net/tls.h"

struct api_keys;
struct client_certs;
struct rate_table;
struct service_sharing;

struct snapshot {
    struct config *config;
    SSL_CTX **service_tls; /* by index of the service; NULL where no target speaks TLS */
    SSL_CTX **issuer_tls;  /* by index of the policy; NULL where no keys come by TLS */
    SSL_CTX **listen_tls;  /* by index of the listener; NULL where plain */
    unsigned n_listeners;
    SSL_CTX *admin_tls;     /* NULL where plain */
    SSL_CTX *traces_tls;    /* NULL where the collector is plain, or there is none */
    SSL_CTX *store_tls;     /* NULL where no store speaks TLS */
    struct api_keys **keys; /* by index of the policy, as they were when it was loaded; NULL
                               where it has none */
    struct client_certs **client_certs; /* the same, of policies of certificates */
    struct service_sharing *services;   /* by index: what the workers know of each together */
    struct rate_table *rates;           /* the process's; NULL where no endpoint has a limit */
    unsigned n_workers;
    struct gateway_stats **stats; /* one a worker, which alone writes it */
    atomic_uint n_holders;
};

/* What a file says, read and checked, for who serves nothing: files of certificates and keys may be
 * elsewhere. NULL after errors, which stand on stderr. */
struct config *snapshot_read(const char *file);
/* Held once. n_workers 0: as the configuration says. NULL after errors, which stand on stderr. */
struct snapshot *snapshot_load(const char *file, unsigned n_workers);
/* The sockets stay over a reload: where `s` lists other listeners than `old`, old's are kept. Only
 * before s is shared. */
void snapshot_keep_listeners(struct snapshot *s, const struct snapshot *old);
/* The same for the admin address: what was TLS stays TLS, what was plain stays plain. */
void snapshot_keep_admin(struct snapshot *s, const struct snapshot *old);
/* Services go on with what the workers know of them (service/service_shared.h). Only before s is
 * shared. */
void snapshot_keep_services(struct snapshot *s, const struct snapshot *old);
/* May it be served? Its faults must be allowed; otherwise it is told on stderr. */
bool snapshot_may_serve(const struct snapshot *s, bool allows_faults) MUST_USE;
struct snapshot *snapshot_share(struct snapshot *s);
void snapshot_release(struct snapshot *s);
