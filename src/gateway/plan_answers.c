/* plan_answers.c - who reads whose answer, and what is said of one that is not in order */
#include "base/buffer.h"
#include "base/check.h"
#include "gateway/plan.h"

static void append(struct buffer *b, struct slice bytes)
{
    CHECK(buffer_append(b, bytes));
}

static void append_index(struct buffer *b, uint32_t index)
{
    char text[16];
    int n = snprintf(text, sizeof text, "[%u]", index);
    append(b, (struct slice){text, (size_t)n});
}

static void append_path(struct buffer *b, const struct json_path *path)
{
    for (unsigned i = 0; i < path->n_steps; i++) {
        const struct json_step *step = &path->steps[i];
        if (step->is_index) {
            append_index(b, step->index);
            continue;
        }
        if (b->n)
            append(b, SLICE("."));
        append(b, step->name);
    }
}

static struct slice keep(struct arena *arena, struct buffer *b)
{
    struct slice text = arena_copy(arena, buffer_slice(b));
    CHECK(text.at);
    buffer_done(b);
    return text;
}

static struct slice list_name(const struct plan *p, const struct config_each *each,
                              struct arena *arena)
{
    struct buffer b;
    buffer_init(&b, SIZE_MAX / 2);
    switch (each->list.origin) {
    case CONFIG_FROM_PARAMETER:
        append(&b, p->config->parameters[each->list.index].name);
        break;
    case CONFIG_FROM_HEADER:
        append(&b, each->list.header);
        break;
    case CONFIG_FROM_SOURCE:
        append(&b, p->sources[each->list.index].config->name);
        break;
    case CONFIG_FROM_BODY:
        append(&b, SLICE("body"));
        break;
    case CONFIG_FROM_CLAIMS:
        append(&b, SLICE("claims"));
        break;
    case CONFIG_FROM_ITEM:
    case CONFIG_FROM_ITEMS:
        CHECK(false); /* there is no item yet */
    }
    append_path(&b, &each->list.path);
    return keep(arena, &b);
}

static struct slice nothing_to_unwrap(const struct config_source *s, struct arena *arena)
{
    struct buffer path;
    buffer_init(&path, SIZE_MAX / 2);
    append_path(&path, &s->unwrap);
    struct slice text =
        arena_print(arena, "the answer has no member %.*s", SLICE_ARG(buffer_slice(&path)));
    CHECK(text.at);
    buffer_done(&path);
    return text;
}

static void look_at(struct plan *p, struct plan_source *s, struct arena *arena)
{
    const struct config_source *config = s->config;
    if (config->each.is_given)
        s->list_name = list_name(p, &config->each, arena);
    if (config->unwrap.n_steps)
        s->nothing_to_unwrap = nothing_to_unwrap(config, arena);
    if (config->jq.n) {
        s->late_program = arena_print(arena, "jq took longer than %llu ms",
                                      (unsigned long long)config->jq_time_ms);
        CHECK(s->late_program.at);
    }
}

static uint64_t find_required(const struct config_endpoint *e)
{
    uint64_t required = 0;
    for (unsigned i = 0; i < e->n_sources; i++)
        required |= e->sources[i].is_required ? UINT64_C(1) << i : 0;
    return required;
}

/* What a required source needs is as good as required. */
static uint64_t find_optional(const struct plan *p)
{
    uint64_t needed = 0;
    for (unsigned i = 0; i < p->n_sources; i++)
        if (p->required >> i & 1)
            needed |= p->places.called[i];
    return p->all & ~needed;
}

/* What lies in the value of another source comes with it or behind it. */
static uint64_t find_hosts(const struct config_endpoint *e, const struct place_tree *t,
                           unsigned source)
{
    const struct config_into *into = &e->sources[source].into;
    const struct place *place = &t->root;
    uint64_t hosts = 0;
    if (!(t->shown >> source & 1) || into->is_joined)
        return 0;
    for (unsigned i = 0; i + 1 < into->n_names; i++) {
        place = place_find(place, into->names[i]);
        if (place->source >= 0)
            hosts |= UINT64_C(1) << place->source;
    }
    return hosts;
}

static uint64_t find_first(const struct config_endpoint *e, const struct place_tree *t)
{
    uint64_t first = e->has_first ? e->first : find_required(e);
    for (unsigned i = 0; i < e->n_sources; i++)
        if (first >> i & 1)
            first |= find_hosts(e, t, i);
    return first;
}

/* What the first part has is there whole. */
uint64_t plan_streamed(const struct config_endpoint *e, const struct place_tree *t)
{
    uint64_t streamed = 0;
    for (unsigned i = 0; i < e->n_sources; i++)
        streamed |= e->sources[i].each.is_streamed ? UINT64_C(1) << i : 0;
    return streamed & t->shown & ~(find_first(e, t) | t->joined);
}

void plan_look_at_answers(struct plan *p, struct arena *arena)
{
    uint64_t read = 0;
    for (unsigned i = 0; i < p->n_sources; i++) {
        const struct config_source *s = p->sources[i].config;
        read |= s->needs;
        p->lists |= s->each.is_given ? UINT64_C(1) << i : 0;
        p->once |= !s->each.is_given || s->each.batch.n ? UINT64_C(1) << i : 0;
    }
    p->conditional = p->places.conditional;
    p->required = find_required(p->config);
    p->optional = find_optional(p);
    p->first = find_first(p->config, &p->places);
    p->streamed = plan_streamed(p->config, &p->places);
    for (unsigned i = 0; i < p->n_sources; i++) {
        p->sources[i].is_read = read >> i & 1;
        look_at(p, &p->sources[i], arena);
    }
}
