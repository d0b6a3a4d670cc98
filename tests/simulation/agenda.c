/* agenda.c - a binary heap of events */
#include "agenda.h"

#include <stdlib.h>

#include "base/check.h"

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->nth < b->nth;
}

static void swap(struct event *a, struct event *b)
{
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

void agenda_add(struct agenda *a, uint64_t at_us, unsigned kind, size_t index)
{
    if (a->n == a->capacity) {
        a->capacity = a->capacity ? a->capacity * 2 : 64;
        a->events = realloc(a->events, a->capacity * sizeof *a->events);
        CHECK(a->events);
    }
    size_t i = a->n++;
    a->events[i] = (struct event){at_us, a->n_added++, kind, index};
    for (; i > 0 && is_before(&a->events[i], &a->events[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&a->events[i], &a->events[(i - 1) / 2]);
}

/* The one of i and its two children that comes first. */
static size_t first_of(const struct agenda *a, size_t i)
{
    size_t first = i;
    for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < a->n; child++)
        if (is_before(&a->events[child], &a->events[first]))
            first = child;
    return first;
}

bool agenda_next(struct agenda *a, struct event *e)
{
    if (a->n == 0)
        return false;
    *e = a->events[0];
    a->events[0] = a->events[--a->n];
    size_t i = 0;
    for (size_t first = first_of(a, i); first != i; first = first_of(a, i)) {
        swap(&a->events[i], &a->events[first]);
        i = first;
    }
    return true;
}

void agenda_done(struct agenda *a)
{
    free(a->events);
    *a = (struct agenda){0};
}
