/* load.c - by way of a file, as users do */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"

struct config *load_config(const char *yaml)
{
    char name[] = "/tmp/sheaf-unit-XXXXXX";
    struct buffer diagnostics;
    buffer_init(&diagnostics, 1 << 20);
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
    close(fd);
    struct config *c = config_load(name, &diagnostics);
    unlink(name);
    if (!c)
        fail_msg("%.*s", (int)diagnostics.n, diagnostics.at);
    buffer_done(&diagnostics);
    return c;
}

struct config *load_endpoints(const char *yaml)
{
    char *text = NULL;
    assert_true(asprintf(&text,
                         "listen: 127.0.0.1:8080\n"
                         "services:\n"
                         "  one: http://127.0.0.1:1\n"
                         "endpoints:\n%s",
                         yaml) > 0);
    struct config *c = load_config(text);
    free(text);
    return c;
}
