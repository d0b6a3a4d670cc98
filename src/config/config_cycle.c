/* config_cycle.c - sources that wait for each other would wait for ever
 *
 * A walk in depth over the sets of needs; at most 64 sources, so the recursion is bounded. Cycles
 * that share a source are told as one: mending it is a new reading anyway.
 */
#include "base/check.h"
#include "config/config_internal.h"

enum {
    STORY_MAX = 800
};

struct walk {
    const struct config_endpoint *endpoint;
    uint64_t done;    /* sources from which no cycle can be reached, or whose cycle is told */
    uint64_t on_path; /* those that lead to the one looked at */
    unsigned path[CONFIG_MAX_SOURCES];
    unsigned n;
};

static uint64_t bit(unsigned i)
{
    return UINT64_C(1) << i;
}

/* Goes on until it meets a source that is on its own path: true, and the cycle is the path's end.
 */
static bool meets_itself(struct walk *w, unsigned source)
{
    w->path[w->n++] = source;
    if (w->on_path & bit(source))
        return true;
    w->on_path |= bit(source);
    for (uint64_t rest = w->endpoint->sources[source].needs & ~w->done; rest; rest &= rest - 1)
        if (meets_itself(w, (unsigned)__builtin_ctzll(rest)))
            return true;
    w->on_path &= ~bit(source);
    w->done |= bit(source);
    w->n--;
    return false;
}

/* The path's end, from where its last source stood before. */
static void tell(struct reading *r, struct walk *w)
{
    struct buffer story;
    unsigned first = 0;
    buffer_init(&story, STORY_MAX);
    while (w->path[first] != w->path[w->n - 1])
        first++;
    for (unsigned i = first; i < w->n; i++) {
        const char *name = reading_show(r, w->endpoint->sources[w->path[i]].name);
        if (!buffer_print(&story, "%s%s", i > first ? " needs " : "", name))
            break;
    }
    struct place place = r->needed_at[w->path[first]][w->path[first + 1]];
    reading_complain(r, RULE_CYCLE, place, "a cycle of sources: %.*s; let one of them do without",
                     SLICE_ARG(buffer_slice(&story)));
    buffer_done(&story);
    for (unsigned i = 0; i < w->n; i++)
        w->done |= bit(w->path[i]);
}

void config_check_cycles(struct reading *r, const struct config_endpoint *e)
{
    struct walk w = {.endpoint = e};
    for (unsigned i = 0; i < e->n_sources; i++) {
        w.n = 0;
        w.on_path = 0;
        if (!(w.done & bit(i)) && meets_itself(&w, i))
            tell(r, &w);
    }
}
