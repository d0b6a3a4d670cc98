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
/* Serves until told to end; takes over one hold of the snapshot. The line's file is read again by a
 * reload, and what it allows holds for what is read then. on_listening (may be NULL) is called
 * once, where all that we listen on could be opened. */
enum exit_code process_serve(struct snapshot *s, const struct command_line *line,
                             void (*on_listening)(const struct snapshot *s));
