/* tree.c - an endpoint is read, and its places compiled */
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>

void tree_load(struct tree *t, const char *sources)
{
    char *yaml = NULL;
    assert_true(asprintf(&yaml, "  - path: /p\n    sources:\n%s", sources) > 0);
    t->config = load_endpoints(yaml);
    free(yaml);
    arena_init(&t->arena, 4096, SIZE_MAX / 2);
    place_compile(&t->places, &t->config->endpoints[0], &t->arena);
}

void tree_done(struct tree *t)
{
    arena_done(&t->arena);
    config_free(t->config);
}
