/* command_explain.c - sheaf explain: each endpoint's plan, or the plans of one path */
#include <stdio.h>

#include "app/command.h"
#include "app/explain.h"
#include "app/explain_choice.h"
#include "app/snapshot.h"
#include "gateway/plan.h"

static void tell_paths(const char *wanted, const struct config *c)
{
    fprintf(stderr, "sheaf: no endpoint has the path %s; %s\n", wanted,
            c->n_endpoints ? "it is given as in the configuration:" : "there are no endpoints yet");
    for (unsigned i = 0; i < c->n_endpoints; i++)
        fprintf(stderr, "  %.*s\n", SLICE_ARG(c->endpoints[i].path));
}

static bool is_wanted(const struct command_line *line, const struct config_endpoint *e)
{
    return !line->argument || slice_equal(slice_of(line->argument), e->path);
}

static void tell(const struct command_line *line, const struct config_endpoint *e,
                 const struct explain_choice *choice, unsigned number)
{
    if (line->wants_mermaid) {
        explain_print_mermaid(stdout, e, number, &choice->selection);
        return;
    }
    if (number)
        printf("\n");
    explain_print(stdout, e, &choice->selection, plan_streamed(e, &choice->places));
}

/* Endpoints of which this cannot be selected are passed over; how many were told. */
static unsigned tell_all(const struct command_line *line, const struct config *c)
{
    struct explain_choice choice;
    unsigned n_told = 0;
    for (unsigned i = 0; i < c->n_endpoints; i++) {
        const struct config_endpoint *e = &c->endpoints[i];
        if (!is_wanted(line, e))
            continue;
        if (explain_choose(&choice, e, line))
            tell(line, e, &choice, n_told++);
        explain_choice_done(&choice);
    }
    return n_told;
}

/* A configuration may have no endpoints yet; false: one is asked for. */
static bool tell_none(const struct command_line *line)
{
    if (line->argument)
        return false;
    printf(line->wants_mermaid ? "flowchart LR\n" : "there are no endpoints yet\n");
    return true;
}

static void tell_why_not(const struct command_line *line, const struct config *c)
{
    struct explain_choice choice;
    unsigned n_wanted = 0;
    for (unsigned i = 0; i < c->n_endpoints; i++) {
        const struct config_endpoint *e = &c->endpoints[i];
        if (!is_wanted(line, e))
            continue;
        n_wanted++;
        if (!explain_choose(&choice, e, line))
            fprintf(stderr, "sheaf: %.*s %.*s\n", SLICE_ARG(e->path), SLICE_ARG(choice.complaint));
        explain_choice_done(&choice);
    }
    if (!n_wanted)
        tell_paths(line->argument, c);
}

enum exit_code command_explain(const struct command_line *line)
{
    struct snapshot *s = snapshot_load(line->config_file, 1);
    if (!s)
        return EXIT_USAGE;
    bool is_told = s->config->n_endpoints == 0 ? tell_none(line) : tell_all(line, s->config);
    if (!is_told)
        tell_why_not(line, s->config);
    snapshot_release(s);
    return is_told ? command_said() : EXIT_USAGE;
}
