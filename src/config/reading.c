/* reading.c - memory and complaints of a run over a configuration
 *
 * Nobody who reads a value looks whether memory is left: there always is. The arenas' limits end
 * the reading instead of failing a call, and what a reader takes until it sees is_over is bounded
 * by the file.
 */
#include "config/reading.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/utf8.h"

enum {
    MESSAGE_MAX = 1024,
    SHOWN_MAX = 60
};

void reading_end(struct reading *r, struct place place)
{
    if (!r->is_over)
        reading_complain(r, RULE_BIG, place,
                         "this becomes too large; split it, or let `defaults` hold less");
    r->is_over = true;
}

/* Past the limit the reading ends; what is still taken until everybody notices is little. */
static void *take(struct reading *r, struct arena *arena, size_t n_items, size_t size)
{
    void *memory = arena_take_zero(arena, n_items, size);
    if (memory)
        return memory;
    CHECK(size == 0 || n_items <= SIZE_MAX / 2 / size);
    arena->limit += n_items * size + READING_BYTES_MAX;
    reading_end(r, (struct place){r->documents[0], 0});
    memory = arena_take_zero(arena, n_items, size);
    CHECK(memory);
    return memory;
}

void *reading_keep(struct reading *r, size_t n_items, size_t size)
{
    return take(r, &r->config->arena, n_items, size);
}

void *reading_scratch(struct reading *r, size_t n_items, size_t size)
{
    return take(r, &r->scratch, n_items, size);
}

static struct slice copy(struct reading *r, struct arena *arena, struct slice text)
{
    char *at = take(r, arena, text.n + 1, 1);
    if (text.n)
        memcpy(at, text.at, text.n);
    struct slice copied = {at, text.n};
    reading_mask_copy(r, text, copied, 0);
    return copied;
}

struct slice reading_copy(struct reading *r, struct slice text)
{
    return copy(r, &r->config->arena, text);
}

struct slice reading_note(struct reading *r, struct slice text)
{
    return copy(r, &r->scratch, text);
}

static const char *print(struct reading *r, const char *format, va_list args)
{
    char message[MESSAGE_MAX];
    vsnprintf(message, sizeof message, format, args);
    return reading_note(r, slice_of(message)).at;
}

const char *reading_print(struct reading *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = print(r, format, args);
    va_end(args);
    return text;
}

void reading_complain(struct reading *r, enum rule rule, struct place place, const char *format,
                      ...)
{
    va_list args;
    va_start(args, format);
    diagnostic_add(&r->diagnostics, rule, place, print(r, format, args));
    va_end(args);
    r->is_over |= r->diagnostics.n == DIAGNOSTIC_MAX;
}

const char *reading_show(struct reading *r, struct slice text)
{
    text = reading_written(r, text);
    char *shown = reading_scratch(r, SHOWN_MAX + 8, 1);
    size_t n = 0;
    size_t i = 0;
    while (i < text.n && n < SHOWN_MAX) {
        struct utf8_step step = utf8_step(slice_after(text, i));
        unsigned char c = (unsigned char)text.at[i];
        bool is_shown = step.is_wellformed && c >= 0x20 && c != 0x7f;
        memcpy(shown + n, is_shown ? text.at + i : "?", is_shown ? step.n : 1);
        n += is_shown ? step.n : 1;
        i += step.n;
    }
    if (i < text.n)
        memcpy(shown + n, "...", 3);
    return shown;
}

const char *reading_hint(struct reading *r, const struct suggestion *s, const char *otherwise)
{
    if (!suggestion_is_near(s))
        return otherwise;
    return reading_print(r, "did you mean '%s'?", reading_show(r, s->best));
}
