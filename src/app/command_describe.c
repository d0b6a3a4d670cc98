/* command_describe.c - a configuration is read, described and written to stdout */
#include "app/command_describe.h"

#include <errno.h>
#include <stdio.h>

#include "app/snapshot.h"

enum {
    OUTPUT_MAX = 256 * 1024 * 1024
};

static bool print(const struct buffer *out)
{
    errno = 0;
    if (fwrite(out->at, 1, out->n, stdout) == out->n && fflush(stdout) == 0)
        return true;
    fprintf(stderr, "sheaf: the output cannot be written: %s\n", strerror(errno));
    return false;
}

enum exit_code command_describe(const struct command_line *line,
                                bool (*write)(struct description *d, struct buffer *out))
{
    struct config *c = snapshot_read(line->config_file);
    struct description d;
    struct buffer out;
    if (!c)
        return EXIT_USAGE;
    buffer_init(&out, OUTPUT_MAX);
    description_init(&d, c);
    bool is_good = write(&d, &out);
    if (!is_good)
        fprintf(stderr, "sheaf: the description takes more than 256 MiB\n");
    is_good = is_good && print(&out);
    description_done(&d);
    buffer_done(&out);
    config_free(c);
    return is_good ? EXIT_GOOD : EXIT_RUN_TIME;
}
