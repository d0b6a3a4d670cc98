/* worker_internal.h - what worker.c and worker_message.c share; all on the worker's own thread */
#pragma once

#include "app/worker.h"

/* Serves by this snapshot from now on; takes over one hold of it. */
void worker_adopt(struct worker *w, struct snapshot *s);
/* A new connection; peer NULL: by a Unix socket. */
void worker_take_connection(struct worker *w, unsigned listener, int fd,
                            const struct sockaddr *peer);
/* Gives a connection to another worker. */
void worker_hand_on(struct worker *w, unsigned listener, int fd);
void worker_begin_drain(struct worker *w);
void worker_cut_now(struct worker *w);
