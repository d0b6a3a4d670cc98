/* command_run.c - sheaf run: serve */
#include <stdio.h>

#include "app/command.h"
#include "app/process.h"
#include "app/snapshot.h"

/* So that whoever starts it by hand knows that it waits for clients, and where. */
static void tell(const struct snapshot *s)
{
    const struct config *c = s->config;
    if (c->log.level < CONFIG_LEVEL_INFO)
        return;
    fprintf(stderr, "sheaf: serving on");
    for (unsigned i = 0; i < c->n_listens; i++)
        fprintf(stderr, "%s %.*s", i ? "," : "", SLICE_ARG(c->listens[i].address));
    fprintf(stderr, "\n");
}

enum exit_code command_run(const struct command_line *line)
{
    struct snapshot *s = snapshot_load(line->config_file, 0);
    if (!s)
        return EXIT_USAGE;
    if (!snapshot_may_serve(s, line->allows_faults)) {
        snapshot_release(s);
        return EXIT_USAGE;
    }
    return process_serve(s, line, tell);
}
