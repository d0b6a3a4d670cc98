/* command.h - the commands of the program, and what the command line gave to one
 *
 * One table row a command (main.c): its name, its options, its summary, its function. Exit codes
 * are those of CONTRACT 2: 0 good, 1 failed at run time, 2 bad usage or bad configuration.
 */
#pragma once

#include <stdbool.h>

enum exit_code {
    EXIT_GOOD = 0,
    EXIT_RUN_TIME = 1,
    EXIT_USAGE = 2,
};

struct command_line {
    const char *config_file; /* of -c; NULL where not given */
    const char *argument;    /* the word without a dash; NULL where none */
    const char *fields;      /* of --fields; NULL where not given */
    const char *view;        /* of --view; likewise */
    bool wants_mermaid;
    bool wants_advice;
    bool allows_faults; /* --allow-faults: those of the configuration may be made */
};

/* For what has said all on stdout: good, where that is written. Else that is told. */
enum exit_code command_said(void);

enum exit_code command_run(const struct command_line *line);
enum exit_code command_check(const struct command_line *line);
enum exit_code command_explain(const struct command_line *line);
enum exit_code command_openapi(const struct command_line *line);
enum exit_code command_types(const struct command_line *line);
enum exit_code command_demo(const struct command_line *line);
