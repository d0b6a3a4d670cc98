/* jq_setup.c - bounds of the helpers, and a walk over the programs */
#include "app/jq_setup.h"

enum {
    MEMORY = 64 * 1024 * 1024, /* bytes of a helper, for its programs and their work */
    MEMORY_GROWTH = 32,        /* more of them a byte of the largest document */
    QUEUE = 256                /* jobs of a worker that wait */
};

struct jq_settings jq_setup_settings(const struct config *c)
{
    static const char *const command[] = {"/proc/self/exe", "jq-worker", NULL};
    return (struct jq_settings){
        .command = command,
        .memory = MEMORY + MEMORY_GROWTH * c->bounds.response_body,
        .result = c->bounds.response_body,
        .depth = c->bounds.json_depth,
        .queue = QUEUE,
    };
}

const struct config_source *jq_setup_next(const struct config *c, struct jq_setup_walk *walk)
{
    for (; walk->endpoint < c->n_endpoints; walk->endpoint++, walk->source = 0) {
        const struct config_endpoint *e = &c->endpoints[walk->endpoint];
        while (walk->source < e->n_sources) {
            const struct config_source *s = &e->sources[walk->source++];
            if (s->jq.n)
                return s;
        }
    }
    return NULL;
}

struct jq *jq_setup(struct jq *j, struct loop *l, const struct config *c)
{
    const struct jq_settings settings = jq_setup_settings(c);
    struct jq_setup_walk walk = {0};
    const struct config_source *s = jq_setup_next(c, &walk);
    if (!s)
        return j;
    if (!j)
        j = jq_new(l, &settings);
    else
        jq_set(j, &settings);
    for (; s; s = jq_setup_next(c, &walk))
        jq_prepare(j, s->jq);
    return j;
}
