/* resolver_internal.h - what the resolver's files share; and the hook by which tests ask a server
 * of theirs */
#pragma once

#include <ares.h>

#include "net/resolver.h"

struct resolver {
    struct loop *loop;
    struct list names;   /* struct resolver_name */
    struct list sockets; /* c-ares's open ones */
    ares_channel channel;
    bool is_open;
    bool is_stale;             /* no server answered: /etc/resolv.conf may say something else now */
    unsigned n_asking;         /* names whose answer is awaited */
    struct wheel_entry timer;  /* when c-ares wants to look at its time-outs */
    const char *servers;       /* NULL: those of /etc/resolv.conf */
    unsigned short timeout_ms; /* of the first try at a server */
};

/* Makes the channel ready to be asked; false where the system's configuration cannot be read. */
bool resolver_channel_open(struct resolver *r) MUST_USE;
/* What is being asked ends at once, with ARES_EDESTRUCTION. */
void resolver_channel_close(struct resolver *r);
/* After each call into c-ares: tells the loop when to call it again. */
void resolver_channel_tend(struct resolver *r);
