/* command_explain.c - sheaf explain: each endpoint's plan, or the plans of one path */
#include <stdio.h>

#include "app/command.h"
#include "app/explain.h"
#include "app/snapshot.h"

enum exit_code command_explain(const struct command_line *line)
{
    struct snapshot *s = snapshot_load(line->config_file, 1);
    if (!s)
        return EXIT_USAGE;
    unsigned n_told = 0;
    for (unsigned i = 0; i < s->config->n_endpoints; i++) {
        const struct config_endpoint *e = &s->config->endpoints[i];
        if (line->argument && !slice_equal(slice_of(line->argument), e->path))
            continue;
        if (n_told++)
            printf("\n");
        if (line->wants_mermaid)
            explain_print_mermaid(stdout, e);
        else
            explain_print(stdout, e);
    }
    snapshot_release(s);
    if (line->argument && !n_told) {
        fprintf(stderr, "sheaf: no endpoint has the path %s\n", line->argument);
        return EXIT_USAGE;
    }
    return EXIT_GOOD;
}
