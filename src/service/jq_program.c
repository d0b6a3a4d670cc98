/* jq_program.c - slots, found by text: there are few */
#include "service/jq_program.h"

#include <stdlib.h>

#include "base/check.h"

static struct jq_program *find(struct jq_programs *all, struct slice text)
{
    for (unsigned i = 0; i < JQ_HELPER_SLOTS; i++) {
        struct jq_program *p = &all->slots[i];
        if (p->text.at && slice_equal(p->text, text))
            return p;
    }
    return NULL;
}

/* A free slot was never used. */
static struct jq_program *least_used(struct jq_programs *all, const struct jq_program *spared)
{
    struct jq_program *least = NULL;
    for (unsigned i = 0; i < JQ_HELPER_SLOTS; i++) {
        struct jq_program *p = &all->slots[i];
        if (p != spared && (!least || p->used < least->used))
            least = p;
    }
    return least;
}

struct jq_program *jq_program_of(struct jq_programs *all, struct slice text,
                                 const struct jq_program *spared)
{
    struct jq_program *p = find(all, text);
    if (!p) {
        p = least_used(all, spared);
        jq_program_drop(p);
        char *copy = malloc(text.n + 1);
        CHECK(copy);
        memcpy(copy, text.at, text.n);
        p->text = (struct slice){copy, text.n};
    }
    p->used = ++all->n_uses;
    return p;
}

uint32_t jq_program_slot(const struct jq_programs *all, const struct jq_program *p)
{
    return (uint32_t)(p - all->slots);
}

struct jq_program *jq_program_to_be_compiled(struct jq_programs *all)
{
    for (unsigned i = 0; i < JQ_HELPER_SLOTS; i++) {
        struct jq_program *p = &all->slots[i];
        if (p->text.at && !p->is_compiled)
            return p;
    }
    return NULL;
}

void jq_program_drop(struct jq_program *p)
{
    free((char *)p->text.at);
    *p = (struct jq_program){0};
}

void jq_program_drop_all(struct jq_programs *all)
{
    for (unsigned i = 0; i < JQ_HELPER_SLOTS; i++)
        jq_program_drop(&all->slots[i]);
}

void jq_program_forget_compiled(struct jq_programs *all)
{
    for (unsigned i = 0; i < JQ_HELPER_SLOTS; i++)
        all->slots[i].is_compiled = false;
}
