/* control_programs.c - one line on standard error, by the thread that may wait for it */
#include "app/control_programs.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/control_internal.h"
#include "base/check.h"
#include "base/quote.h"

enum {
    WHY_MAX = 512, /* bytes of what jq said */
    TEXT_MAX = 256 /* and of a source's name, and of a path */
};

struct failed {
    struct loop_message base;
    char line[2 * TEXT_MAX + QUOTE_GROWTH * WHY_MAX + 128];
};

static void run_failed(struct loop_message *base, void *owner)
{
    struct failed *f = (struct failed *)base;
    const struct control *c = owner;
    if (c->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(stderr, "sheaf: %s\n", f->line);
    free(f);
}

static struct slice cut(struct slice text, size_t most)
{
    return (struct slice){text.at, text.n < most ? text.n : most};
}

/* Its configuration may be gone when the line is written. */
void control_programs_failed(struct control *c, const struct control_program *failed)
{
    char quoted[QUOTE_GROWTH * WHY_MAX + 2];
    int n = (int)quote_json_into(quoted, cut(failed->why, WHY_MAX));
    struct slice source = cut(failed->source->name, TEXT_MAX);
    struct slice path = cut(failed->endpoint->path, TEXT_MAX);
    struct failed *f = malloc(sizeof *f);
    CHECK(f);
    f->base = (struct loop_message){.run = run_failed};
    snprintf(f->line, sizeof f->line, "the jq of %.*s at %.*s makes no value of an answer: %.*s",
             SLICE_ARG(source), SLICE_ARG(path), n, quoted);
    loop_post(&c->loop, &f->base);
}
