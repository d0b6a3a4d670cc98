/* command_check.c - sheaf check: is the configuration good? */
#include <stdio.h>

#include "app/advice.h"
#include "app/command.h"
#include "app/snapshot.h"

enum exit_code command_check(const struct command_line *line)
{
    struct snapshot *s = snapshot_load(line->config_file, 1);
    if (!s)
        return EXIT_USAGE;
    printf("%s: good: %u services, %u endpoints\n", line->config_file, s->config->n_services,
           s->config->n_endpoints);
    if (line->wants_advice)
        advice_print(stdout, s->config);
    snapshot_release(s);
    return EXIT_GOOD;
}
