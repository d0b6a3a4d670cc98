/* listener.h - addresses that we listen on
 *
 * The main thread claims each address without SO_REUSEPORT, so that "address in use" is told, then
 * opens the sockets of the other workers beside it with that, and keeps them over reloads. A Unix
 * socket has one descriptor, shared: the first worker accepts and hands connections on.
 */
#pragma once

#include <stddef.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/fault.h"
#include "base/slice.h"
#include "net/loop.h"

struct listener_address {
    struct sockaddr_storage at;
    socklen_t n;
    bool is_unix;
};

/* "127.0.0.1:8080", "[::1]:8080", ":8080" (all interfaces), "unix:/path". A host name is not
 * taken. FAULT_CONFIG: *why says what is wrong. */
enum fault listener_parse(struct slice text, struct listener_address *out,
                          const char **why) MUST_USE;

/* n sockets for n workers (one for a Unix address, in fds[0]; the others are -1). A stale Unix
 * socket that nobody answers on is replaced. FAULT_SYSTEM: errno tells, nothing is left open. */
enum fault listener_open(const struct listener_address *a, int *fds, unsigned n) MUST_USE;
/* Removes the file of a Unix socket, before or after its descriptor is closed; for the others
 * nothing. */
void listener_unlink(const struct listener_address *a);

/* One listening socket in one loop. */
struct listener {
    uv_poll_t poll;
    struct loop *loop;
    int fd;
    bool is_unix;
    bool is_paused;          /* while it rests */
    struct wheel_entry rest; /* rings when it has rested */
    void *owner;
    struct sockaddr_storage peer; /* of the connection accepted last */
    /* A connected descriptor, non-blocking, TCP_NODELAY set; the callee owns it. */
    void (*on_accept)(struct listener *l, int fd);
    void (*on_closed)(struct listener *l);
};

/* Accepts from fd, which stays the caller's; out of descriptors it rests for 100 ms. */
void listener_start(struct listener *l, struct loop *loop, int fd,
                    void (*on_accept)(struct listener *, int), void *owner);
/* Inside on_accept: whose connection it is; NULL for a Unix socket. It is known even where the
 * client has reset the connection since. */
const struct sockaddr *listener_peer(const struct listener *l);
/* Accepts what has come and no poll has told of yet. */
void listener_take_waiting(struct listener *l);
void listener_stop(struct listener *l, void (*on_closed)(struct listener *));
