/* jq_worker.h - the helper that runs programs of jq (service/jq.h), a process of its own
 *
 * It owns nothing but its socket: no environment, no files, no way to make a process, memory and
 * answers bounded. It ends with its parent, or when it is killed.
 */
#pragma once

#include "app/command.h"

/* `sheaf jq-worker`, which Sheaf itself starts: frames (service/jq_helper.h) on standard input. */
enum exit_code jq_worker_run(const struct command_line *line);
