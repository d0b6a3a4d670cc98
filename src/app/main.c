/* main.c - the command line: finds the command, reads its options, runs it */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/jq_worker.h"

/* What a command takes besides --help. */
enum takes {
    TAKES_CONFIG = 1, /* -c FILE, which it needs */
    TAKES_ARGUMENT = 2,
    TAKES_MERMAID = 4,
    TAKES_ADVICE = 8,
    TAKES_SELECTION = 16,
    TAKES_FAULTS = 32,
};

static const struct command {
    const char *name;
    const char *usage;
    const char *summary;
    unsigned takes;
    enum exit_code (*run)(const struct command_line *line);
} commands[] = {
    {"run", "-c FILE [--allow-faults]", "serve; SIGTERM and SIGINT drain, SIGHUP reloads",
     TAKES_CONFIG | TAKES_FAULTS, command_run},
    {"check", "-c FILE [--advice]", "tell what is wrong with a configuration, or unwise",
     TAKES_CONFIG | TAKES_ADVICE, command_check},
    {"explain", "-c FILE [PATH] [--fields FIELDS] [--view VIEW] [--mermaid]",
     "each endpoint's plan: dependencies, starts, deadlines",
     TAKES_CONFIG | TAKES_ARGUMENT | TAKES_MERMAID | TAKES_SELECTION, command_explain},
    {"openapi", "-c FILE", "write the endpoints as an OpenAPI document", TAKES_CONFIG,
     command_openapi},
    {"types", "-c FILE", "write the endpoints as declarations of TypeScript", TAKES_CONFIG,
     command_types},
    {"demo", "", "the whole thing with built-in services and a page to look at", 0, command_demo},
    {"jq-worker", "", "", 0, jq_worker_run}, /* not for people, and not told to them */
};

enum {
    N_COMMANDS = sizeof commands / sizeof commands[0]
};

/* A long usage has a line of its own. */
static void print_usage(FILE *to, const struct command *c)
{
    const int width = 27;
    fprintf(to, "  sheaf %-7s %-*s", c->name, width, c->usage);
    if (strlen(c->usage) > (size_t)width)
        fprintf(to, "\n%*s", (int)strlen("  sheaf explain ") + width, "");
    fprintf(to, " %s\n", c->summary);
}

static void print_help(FILE *to)
{
    fprintf(to, "sheaf %s - an API aggregation gateway\n\nusage:\n", SHEAF_VERSION);
    for (int i = 0; i < N_COMMANDS && commands[i].summary[0]; i++)
        print_usage(to, &commands[i]);
    fprintf(to, "  sheaf --version, sheaf --help, sheaf COMMAND --help\n");
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static enum exit_code refuse(const struct command *c, const char *what, const char *word)
{
    fprintf(stderr, "sheaf: %s%s%s\n", what, word ? ": " : "", word ? word : "");
    if (c)
        fprintf(stderr, "usage: sheaf %s %s\n", c->name, c->usage);
    else
        print_help(stderr);
    return EXIT_USAGE;
}

/* An option with a value; NULL: the command has none of that name. */
static const char **find_value(const struct command *c, const char *word, struct command_line *line)
{
    if (strcmp(word, "-c") == 0 && (c->takes & TAKES_CONFIG))
        return &line->config_file;
    if (strcmp(word, "--fields") == 0 && (c->takes & TAKES_SELECTION))
        return &line->fields;
    if (strcmp(word, "--view") == 0 && (c->takes & TAKES_SELECTION))
        return &line->view;
    return NULL;
}

/* One word of the command line, or two; the number of words taken, 0 where it is not understood. */
static int take_word(const struct command *c, char **words, int n, struct command_line *line)
{
    const char **value = find_value(c, words[0], line);
    if (value && n > 1) {
        *value = words[1];
        return 2;
    }
    if (strcmp(words[0], "--mermaid") == 0 && (c->takes & TAKES_MERMAID))
        line->wants_mermaid = true;
    else if (strcmp(words[0], "--advice") == 0 && (c->takes & TAKES_ADVICE))
        line->wants_advice = true;
    else if (strcmp(words[0], "--allow-faults") == 0 && (c->takes & TAKES_FAULTS))
        line->allows_faults = true;
    else if (words[0][0] != '-' && (c->takes & TAKES_ARGUMENT) && !line->argument)
        line->argument = words[0];
    else
        return 0;
    return 1;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static enum exit_code run_command(const struct command *c, int n, char **words)
{
    struct command_line line = {0};
    for (int i = 0; i < n;) {
        if (is_help(words[i])) {
            printf("usage: sheaf %s %s\n%s\n", c->name, c->usage, c->summary);
            return command_said();
        }
        int taken = take_word(c, words + i, n - i, &line);
        if (!taken)
            return refuse(c, "not understood", words[i]);
        i += taken;
    }
    if ((c->takes & TAKES_CONFIG) && !line.config_file)
        return refuse(c, "which configuration? give -c FILE", NULL);
    return c->run(&line);
}

static enum exit_code run_program(int n, char **words)
{
    if (n < 2)
        return refuse(NULL, "no command", NULL);
    if (strcmp(words[1], "--version") == 0) {
        printf("sheaf %s\n", SHEAF_VERSION);
        return command_said();
    }
    if (is_help(words[1])) {
        print_help(stdout);
        return command_said();
    }
    const struct command *c = find_command(words[1]);
    if (!c)
        return refuse(NULL, "unknown command", words[1]);
    return run_command(c, n - 2, words + 2);
}

int main(int n, char **words)
{
    return (int)run_program(n, words);
}
