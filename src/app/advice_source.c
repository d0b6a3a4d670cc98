/* advice_source.c - sources called once an element, what leaves element by element, hidden ones */
#include "app/advice_internal.h"
#include "gateway/plan.h"

enum {
    ARENA_CHUNK = 16 * 1024
};

static bool has_item(const struct config_template *t)
{
    for (size_t i = 0; i < template_n_variables(t->compiled); i++)
        if (t->variables[i].origin == CONFIG_FROM_ITEM)
            return true;
    return false;
}

static bool is_same_call(const struct config_source *s)
{
    bool differs = has_item(&s->path);
    for (unsigned i = 0; i < s->n_set_headers; i++)
        differs |= has_item(&s->set_headers[i].value);
    for (unsigned i = 0; i < s->body.n_pieces; i++)
        differs |= s->body.pieces[i].template.compiled && has_item(&s->body.pieces[i].template);
    return !differs;
}

static void advise_on_calls(struct adviser *a, const struct config_source *s)
{
    if (is_same_call(s)) {
        advice_point(a, &s->position);
        fprintf(a->to,
                "%.*s makes the same call for each element; write {item} where they differ\n",
                SLICE_ARG(s->name));
    }
    if (!s->is_safe) {
        advice_point(a, &s->position);
        fprintf(a->to,
                "%.*s changes something once an element, and where one call fails nothing undoes "
                "the others; let the service take them all at once, see `batch`\n",
                SLICE_ARG(s->name));
    }
    if (s->each.max > a->config->bounds.calls) {
        advice_point(a, &s->position);
        fprintf(
            a->to,
            "%.*s allows %u elements, and a request makes at most %u calls, so a list that long "
            "fails; lower its `max`, or raise bounds.calls\n",
            SLICE_ARG(s->name), s->each.max, a->config->bounds.calls);
    }
}

void advice_on_items(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        if (!s->each.is_given)
            continue;
        if (s->each.batch.n == 0)
            advise_on_calls(a, s);
        if (s->each.has_max || s->each.list.origin == CONFIG_FROM_SOURCE)
            continue;
        advice_point(a, &s->position);
        fprintf(a->to,
                "the client says how long the list of %.*s is, with no bound but the default, %u; "
                "say with `max` what it needs\n",
                SLICE_ARG(s->name), s->each.max);
    }
}

static bool is_needed(const struct config_endpoint *e, unsigned source)
{
    for (unsigned i = 0; i < e->n_sources; i++)
        if (e->sources[i].needs >> source & 1)
            return true;
    return false;
}

/* A call that changes something may be all that is wanted of it. */
void advice_on_hidden(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        if (!s->is_hidden)
            continue;
        if (s->is_safe && !s->is_kept && !is_needed(e, i)) {
            advice_point(a, &s->position);
            fprintf(a->to,
                    "%.*s is hidden and no other source speaks of it, so it is called for nothing; "
                    "leave it out, or show it\n",
                    SLICE_ARG(s->name));
        }
        if (s->has_shape || s->jq.n) {
            advice_point(a, &s->position);
            fprintf(a->to,
                    "%.*s is hidden, and other sources see it before `pick`, `omit`, `rename` and "
                    "`jq`; leave them out\n",
                    SLICE_ARG(s->name));
        }
    }
}

void advice_on_streams(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    struct place_tree places;
    struct arena arena;
    arena_init(&arena, ARENA_CHUNK, SIZE_MAX / 2);
    place_compile(&places, e, &arena);
    uint64_t streamed = plan_streamed(e, &places);
    arena_done(&arena);
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!e->sources[i].each.is_streamed || streamed >> i & 1)
            continue;
        advice_point(a, &e->sources[i].position);
        fprintf(a->to,
                "`stream` of %.*s changes nothing, as its list is hidden or leaves with the "
                "first part; leave it out, or have `first` name others\n",
                SLICE_ARG(e->sources[i].name));
    }
}

static bool means_true(struct slice word)
{
    return slice_equal_nocase(word, SLICE("on")) || slice_equal_nocase(word, SLICE("yes"));
}

void advice_on_words(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        for (unsigned k = 0; k < s->n_words; k++) {
            const struct config_word *w = &s->words[k];
            advice_point(a, &w->position);
            fprintf(a->to,
                    "%.*s has the text \"%.*s\" here, as YAML 1.2 takes it for no boolean; write "
                    "%s for one, or quote the text\n",
                    SLICE_ARG(s->name), SLICE_ARG(w->text), means_true(w->text) ? "true" : "false");
        }
    }
}
