/* resolver.h - names to addresses, by c-ares on the control thread's loop
 *
 * Each name is asked for at start and again at its TTL (at least every second, at most every
 * minute; 5 s after a failure). A name that stops resolving keeps its last addresses. Results are
 * immutable snapshots that the owner hands to the workers.
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fault.h"
#include "net/loop.h"

enum {
    RESOLVER_MAX_ADDRESSES = 16
};

struct addresses {
    unsigned n;
    struct sockaddr_storage at[RESOLVER_MAX_ADDRESSES]; /* the port is set */
};

struct resolver;
struct resolver_name;

/* Comes for each change, never inside resolver_watch(); the order of the addresses is no change of
 * theirs. They are the callee's to copy, who may unwatch the name. */
typedef void resolver_changed(void *context, const struct addresses *a);

struct resolver *resolver_new(struct loop *l);
/* Ends asking; no callback after it. Names that are still watched are freed. */
void resolver_close(struct resolver *r);
struct resolver_name *resolver_watch(struct resolver *r, const char *host, uint16_t port,
                                     resolver_changed *on_change, void *context);
void resolver_unwatch(struct resolver_name *name);

/* An address literal needs no asking: true and one address. */
bool resolver_literal(const char *host, uint16_t port, struct addresses *out);
