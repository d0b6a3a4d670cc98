/* command_run.c - sheaf run: serve */
#include "app/command.h"
#include "app/process.h"
#include "app/snapshot.h"

enum exit_code command_run(const struct command_line *line)
{
    struct snapshot *s = snapshot_load(line->config_file, 0);
    if (!s)
        return EXIT_USAGE;
    return process_serve(s, line->config_file);
}
