/* main.c - the command line: finds the command, reads its options, runs it */
#include <stddef.h>
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

static void print_own_usage(FILE *to, const struct command *c)
{
    fprintf(to, "usage: sheaf %s%s%s\n", c->name, c->usage[0] ? " " : "", c->usage);
}

/* what: of the word, or alone. */
static enum exit_code refuse(const struct command *c, const char *what, const char *word)
{
    fprintf(stderr, "sheaf: %s%s%s\n", word ? word : "", word ? " " : "", what);
    if (c)
        print_own_usage(stderr, c);
    else
        print_help(stderr);
    return EXIT_USAGE;
}

/* An option with a value, and what that is. */
static const struct value_option {
    const char *name;
    const char *value;
    size_t place; /* in a command_line */
    unsigned takes;
} value_options[] = {
    {"-c", "a FILE", offsetof(struct command_line, config_file), TAKES_CONFIG},
    {"--fields", "FIELDS", offsetof(struct command_line, fields), TAKES_SELECTION},
    {"--view", "a VIEW", offsetof(struct command_line, view), TAKES_SELECTION},
};

static const struct switch_option {
    const char *name;
    size_t place;
    unsigned takes;
} switches[] = {
    {"--mermaid", offsetof(struct command_line, wants_mermaid), TAKES_MERMAID},
    {"--advice", offsetof(struct command_line, wants_advice), TAKES_ADVICE},
    {"--allow-faults", offsetof(struct command_line, allows_faults), TAKES_FAULTS},
};

/* Of the command; NULL: it has none of that name. */
static const struct value_option *find_value(const struct command *c, const char *word)
{
    for (size_t i = 0; i < sizeof value_options / sizeof *value_options; i++)
        if (strcmp(word, value_options[i].name) == 0 && c->takes & value_options[i].takes)
            return &value_options[i];
    return NULL;
}

static const struct switch_option *find_switch(const struct command *c, const char *word)
{
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (strcmp(word, switches[i].name) == 0 && c->takes & switches[i].takes)
            return &switches[i];
    return NULL;
}

static const char given_twice[] = "is given twice";

/* value: the next word, NULL behind the last. What is wrong, NULL: nothing. */
static const char *take_value(const struct value_option *o, char *value, struct command_line *line)
{
    static char needs[32];
    const char **to = (const char **)((char *)line + o->place);
    if (*to)
        return given_twice;
    snprintf(needs, sizeof needs, "needs %s", o->value);
    *to = value;
    return value ? NULL : needs;
}

static const char *take_switch(const struct switch_option *o, struct command_line *line)
{
    bool *to = (bool *)((char *)line + o->place);
    if (*to)
        return given_twice;
    *to = true;
    return NULL;
}

/* One word of the command line, and what follows it. What is wrong, NULL: nothing. */
static const char *take_word(const struct command *c, char **words, struct command_line *line)
{
    const struct value_option *value = find_value(c, words[0]);
    const struct switch_option *is_switch = find_switch(c, words[0]);
    if (value)
        return take_value(value, words[1], line);
    if (is_switch)
        return take_switch(is_switch, line);
    if (words[0][0] == '-' || !(c->takes & TAKES_ARGUMENT) || line->argument)
        return "is not understood";
    line->argument = words[0];
    return NULL;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static enum exit_code run_command(const struct command *c, int n, char **words)
{
    struct command_line line = {0};
    for (int i = 0; i < n; i++) {
        if (is_help(words[i])) {
            print_own_usage(stdout, c);
            printf("%s\n", c->summary);
            return command_said();
        }
        const char *wrong = take_word(c, words + i, &line);
        if (wrong)
            return refuse(c, wrong, words[i]);
        i += find_value(c, words[i]) != NULL;
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
        return refuse(NULL, "is no command", words[1]);
    return run_command(c, n - 2, words + 2);
}

int main(int n, char **words)
{
    return (int)run_program(n, words);
}
