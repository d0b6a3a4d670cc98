/* worker_internal.h - what worker.c and worker_message.c share; all on the worker's own thread */
#pragma once

#include "app/worker.h"

/* Serves by this snapshot from now on; takes over one hold of it. */
void worker_adopt(struct worker *w, struct snapshot *s);
/* A connection that another worker accepted for us. */
void worker_take_connection(struct worker *w, unsigned listener, int fd);
/* Gives a connection to another worker. */
void worker_hand_on(struct worker *w, unsigned listener, int fd);
void worker_begin_drain(struct worker *w);
void worker_cut_now(struct worker *w);
