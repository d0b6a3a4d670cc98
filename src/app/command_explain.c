/* command_explain.c - sheaf explain: each endpoint's plan, or the plans of one path */
#include <stdio.h>

#include "app/command.h"
#include "app/explain.h"
#include "app/snapshot.h"

static void tell_paths(const char *wanted, const struct config *c)
{
    fprintf(stderr, "sheaf: no endpoint has the path %s; it is given as in the configuration:\n",
            wanted);
    for (unsigned i = 0; i < c->n_endpoints; i++)
        fprintf(stderr, "  %.*s\n", SLICE_ARG(c->endpoints[i].path));
}

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
        if (n_told && !line->wants_mermaid)
            printf("\n");
        if (line->wants_mermaid)
            explain_print_mermaid(stdout, e, n_told);
        else
            explain_print(stdout, e);
        n_told++;
    }
    if (!n_told)
        tell_paths(line->argument, s->config);
    snapshot_release(s);
    return n_told ? EXIT_GOOD : EXIT_USAGE;
}
