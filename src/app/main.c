/* main.c - the command line: finds the command, reads its options, runs it */
#include <stdio.h>
#include <string.h>

#include "app/command.h"

/* What a command takes besides --help. */
enum takes {
    TAKES_CONFIG = 1, /* -c FILE, which it needs */
    TAKES_ARGUMENT = 2,
    TAKES_MERMAID = 4,
    TAKES_ADVICE = 8,
};

static const struct command {
    const char *name;
    const char *usage;
    const char *summary;
    unsigned takes;
    enum exit_code (*run)(const struct command_line *line);
} commands[] = {
    {"run", "-c FILE", "serve; SIGTERM and SIGINT drain, SIGHUP reloads", TAKES_CONFIG,
     command_run},
    {"check", "-c FILE [--advice]", "tell what is wrong with a configuration, or unwise",
     TAKES_CONFIG | TAKES_ADVICE, command_check},
    {"explain", "-c FILE [PATH] [--mermaid]",
     "each endpoint's plan: dependencies, starts, deadlines",
     TAKES_CONFIG | TAKES_ARGUMENT | TAKES_MERMAID, command_explain},
    {"demo", "", "the whole thing with built-in services and a page to look at", 0, command_demo},
};

enum {
    N_COMMANDS = sizeof commands / sizeof commands[0]
};

static void print_help(FILE *to)
{
    fprintf(to, "sheaf %s - an API aggregation gateway\n\nusage:\n", SHEAF_VERSION);
    for (int i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  sheaf %-7s %-27s %s\n", commands[i].name, commands[i].usage,
                commands[i].summary);
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

/* One word of the command line, or two; the number of words taken, 0 where it is not understood. */
static int take_word(const struct command *c, char **words, int n, struct command_line *line)
{
    if (strcmp(words[0], "-c") == 0 && (c->takes & TAKES_CONFIG) && n > 1) {
        line->config_file = words[1];
        return 2;
    }
    if (strcmp(words[0], "--mermaid") == 0 && (c->takes & TAKES_MERMAID))
        line->wants_mermaid = true;
    else if (strcmp(words[0], "--advice") == 0 && (c->takes & TAKES_ADVICE))
        line->wants_advice = true;
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
            return EXIT_GOOD;
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
        return EXIT_GOOD;
    }
    if (is_help(words[1])) {
        print_help(stdout);
        return EXIT_GOOD;
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
