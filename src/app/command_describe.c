/* command_describe.c - a configuration is read, described and written to stdout */
#include "app/command_describe.h"

#include <stdio.h>

#include "app/snapshot.h"

enum {
    OUTPUT_MAX = 256 * 1024 * 1024
};

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
    enum exit_code code = EXIT_RUN_TIME;
    if (write(&d, &out)) {
        fwrite(out.at, 1, out.n, stdout);
        code = command_said();
    } else {
        fprintf(stderr, "sheaf: the description takes more than 256 MiB\n");
    }
    description_done(&d);
    buffer_done(&out);
    config_free(c);
    return code;
}
