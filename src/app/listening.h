/* listening.h - the sockets of the configuration's listeners, opened once and kept over reloads
 *
 * The main thread's. Each listener has one socket a worker; a Unix socket has one in all, which
 * worker 0 accepts from for everybody.
 */
#pragma once

#include "config/config.h"
#include "net/listener.h"

struct listening {
    struct listener_address *addresses; /* by index of the listener */
    bool *hands_on; /* by index: a Unix socket of ours, whose connections worker 0 hands on */
    size_t n_fds;
    int *fds; /* n_listeners of each worker, one worker after the other; -1: another worker's */
    unsigned n_listeners;
    unsigned n_workers;
};

/* Opens all, or none and says on stderr which address failed. */
bool listening_open(struct listening *l, const struct config *c, unsigned n_workers);
/* Closes the sockets and removes the files of Unix ones; harmless where that is done. */
void listening_close(struct listening *l);
/* What worker `w` accepts from, by index of the listener. */
const int *listening_fds(const struct listening *l, unsigned w);
