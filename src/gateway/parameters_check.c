/* parameters_check.c - what does not fit, in words for the client */
#include "gateway/parameters_check.h"

#include "base/buffer.h"
#include "config/parameter.h"

static struct slice tell_type(const struct config_parameter *d)
{
    switch (d->type) {
    case CONFIG_STRING:
        break;
    case CONFIG_INTEGER:
        return SLICE("must be an integer");
    case CONFIG_NUMBER:
        return SLICE("must be a number");
    case CONFIG_BOOLEAN:
        return SLICE("must be true or false");
    }
    return SLICE_NONE;
}

static struct slice tell_allowed(const struct config_parameter *d, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, arena->limit);
    bool fits = buffer_append(&text, SLICE("must be one of "));
    for (unsigned i = 0; i < d->n_allowed && fits; i++)
        fits = buffer_print(&text, i ? ", %.*s" : "%.*s", SLICE_ARG(d->allowed[i]));
    struct slice message = fits ? arena_copy(arena, buffer_slice(&text)) : SLICE_NONE;
    buffer_done(&text);
    return message;
}

static struct slice tell(const struct config_parameter *d, enum parameter_fault fault,
                         struct arena *arena)
{
    switch (fault) {
    case PARAMETER_TYPE:
        return tell_type(d);
    case PARAMETER_PATTERN:
        return arena_print(arena, "must match %.*s", SLICE_ARG(d->pattern_text));
    case PARAMETER_COSTLY:
        return arena_print(arena, "must match %.*s, which takes too long to tell",
                           SLICE_ARG(d->pattern_text));
    case PARAMETER_ENUM:
        return tell_allowed(d, arena);
    case PARAMETER_MIN:
        return arena_print(arena, "must be at least %.*s", SLICE_ARG(d->min));
    case PARAMETER_MAX:
        return arena_print(arena, "must be at most %.*s", SLICE_ARG(d->max));
    }
    return SLICE_NONE;
}

bool parameters_check(struct parameters *p, const struct config_parameter *declared,
                      struct slice value, struct pattern_scratch *scratch, struct arena *arena)
{
    unsigned left = parameter_judge(declared, value, scratch);
    for (; left; left &= left - 1) {
        struct slice message = tell(declared, (enum parameter_fault)(left & -left), arena);
        if (!message.at || !parameters_refuse(p, declared->name, message, arena))
            return false;
    }
    return true;
}
