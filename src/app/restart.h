/* restart.h - what of a configuration holds from the process's start to its end
 *
 * Sockets, threads, the log's file and the cache's room are made once. A reload that says otherwise
 * of them is served all the same, and they stay as they are until a restart. What counts is how
 * they were at the start, however many reloads ago that is.
 *
 * One thread: the main one.
 */
#pragma once

#include <stdio.h>

#include "base/buffer.h"
#include "config/config.h"

struct restart {
    struct buffer listens, admin, log_file; /* as text, to be compared */
    unsigned workers;                       /* 0: one a core */
    bool has_access;
    size_t cache_memory;
};

/* The configuration that the process starts with. It may go afterwards. */
void restart_init(struct restart *r, const struct config *c);
void restart_done(struct restart *r);
/* Does this one list the listeners that are open, TLS where they have TLS? */
bool restart_has_listeners(const struct restart *r, const struct config *c);
/* A line for each thing that is otherwise in this one. */
void restart_tell(const struct restart *r, const struct config *c, const char *file, FILE *to);
