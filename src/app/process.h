/* process.h - the running gateway: workers, control thread, log; signals and what they mean
 *
 * The main thread's. SIGTERM and SIGINT drain (a second one cuts), SIGHUP reads the configuration
 * again and opens the log file anew.
 */
#pragma once

#include "app/command.h"
#include "app/snapshot.h"

/* Blocks the signals that the process waits for; threads started later inherit that. */
void process_hold_signals(void);
/* Serves until told to end; takes over one hold of the snapshot. file is read again by a reload. */
enum exit_code process_serve(struct snapshot *s, const char *file);
