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
    const struct config *c = s->config;
    printf("%s: good: %u %s, %u %s\n", line->config_file, c->n_services,
           c->n_services == 1 ? "service" : "services", c->n_endpoints,
           c->n_endpoints == 1 ? "endpoint" : "endpoints");
    if (line->wants_advice)
        advice_print(stdout, c);
    snapshot_release(s);
    return command_said();
}
