/* reference_main.c - writes what docs/ says of the options: config-reference FOLDER */
#include <stdio.h>

#include "config/config_options.h"

enum {
    PAGE_MAX = 1024 * 1024
};

static bool write_page(const char *folder, const char *name, bool (*write)(struct buffer *out))
{
    char path[4096];
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    bool is_good = file && write(&page) && fwrite(page.at, 1, page.n, file) == page.n;
    is_good = file && fclose(file) == 0 && is_good;
    if (!is_good)
        perror(path);
    buffer_done(&page);
    return is_good;
}

int main(int n_words, char **words)
{
    if (n_words != 2) {
        fprintf(stderr, "usage: config-reference FOLDER\n");
        return 2;
    }
    bool is_good = write_page(words[1], "config.md", config_write_reference) &&
                   write_page(words[1], "man/sheaf.yaml.5", config_write_manual) &&
                   write_page(words[1], "sheaf.schema.json", config_write_schema);
    return is_good ? 0 : 1;
}
