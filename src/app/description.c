/* description.c - one endpoint after the other: names, schemas of sources, answers, views */
#include <ctype.h>
#include <stdint.h>

#include "app/description_internal.h"
#include "base/check.h"

enum {
    CHUNK = 64 * 1024,
    NAMES_MAX = 1 << 24,
};

static bool is_free(const struct description *d, struct slice name)
{
    return !map_find(&d->names, name);
}

static struct slice take_name(struct description *d, struct slice name)
{
    CHECK(map_add(&d->names, name, NULL) == MAP_ADDED);
    return name;
}

/* The suffixes of endpoints. */
static const char *const suffixes[] = {DESCRIPTION_SUFFIXES};

enum {
    N_SUFFIXES = sizeof suffixes / sizeof *suffixes
};

static struct slice join(struct description *d, struct slice before, const char *behind)
{
    struct slice name = arena_print(&d->arena, "%.*s%s", SLICE_ARG(before), behind);
    CHECK(name.at);
    return name;
}

/* The n-th choice of a name: itself, then with a 2, a 3, ... behind it. */
static struct slice choice(struct description *d, struct slice wanted, unsigned n)
{
    struct slice name = n < 2 ? wanted : arena_print(&d->arena, "%.*s%u", SLICE_ARG(wanted), n);
    CHECK(name.at);
    return name;
}

struct slice description_claim(struct description *d, struct slice wanted)
{
    unsigned n = 1;
    while (!is_free(d, choice(d, wanted, n)))
        n++;
    return take_name(d, choice(d, wanted, n));
}

static bool is_free_for_endpoint(struct description *d, struct slice name)
{
    for (unsigned i = 0; i < N_SUFFIXES; i++)
        if (!is_free(d, join(d, name, suffixes[i])))
            return false;
    return is_free(d, name);
}

static struct slice claim_endpoint(struct description *d, struct slice wanted)
{
    unsigned n = 1;
    while (!is_free_for_endpoint(d, choice(d, wanted, n)))
        n++;
    struct slice name = take_name(d, choice(d, wanted, n));
    for (unsigned i = 0; i < N_SUFFIXES; i++)
        take_name(d, join(d, name, suffixes[i]));
    return name;
}

struct slice description_words(struct description *d, struct slice before, struct slice text)
{
    char *words = arena_take(&d->arena, before.n + text.n + 1);
    size_t n = before.n;
    bool is_first = true;
    CHECK(words);
    memcpy(words, before.at, before.n);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.at[i];
        bool is_small = c >= 'a' && c <= 'z';
        bool is_part = is_small || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_part)
            words[n++] = is_first && is_small ? (char)(c - 'a' + 'A') : c;
        is_first = !is_part;
    }
    return (struct slice){words, n};
}

bool description_is_due(const struct config_parameter *p)
{
    return p->place == CONFIG_IN_PATH || (p->is_required && !p->has_default);
}

struct slice description_method(struct description *d, const struct config_endpoint *e)
{
    char *method = arena_take(&d->arena, e->method.n);
    CHECK(method);
    for (size_t i = 0; i < e->method.n; i++)
        method[i] = (char)tolower((unsigned char)e->method.at[i]);
    return (struct slice){method, e->method.n};
}

/* GET /products/{id} is GetProductsById. */
static struct slice name_endpoint(struct description *d, const struct config_endpoint *e)
{
    struct slice name = description_words(d, SLICE(""), description_method(d, e));
    for (unsigned i = 0; i < e->n_segments; i++) {
        const struct config_segment *s = &e->segments[i];
        if (s->kind == CONFIG_LITERAL)
            name = description_words(d, name, s->text);
        else if (s->kind == CONFIG_PARAMETER)
            name = description_words(d, join(d, name, "By"), e->parameters[s->parameter].name);
        else
            name = join(d, name, "Rest");
    }
    return claim_endpoint(d, name);
}

/* The schema and what it refers to join the description. */
static void publish(struct description_work *w, struct slice name, struct draft *s);

static void publish_referred(struct description_work *w, const struct draft *s)
{
    struct slice name = schema_referred(s);
    struct draft *part = name.at ? draft_find_slice(w->parts, name) : NULL;
    if (part && !map_get(&w->d->names, name))
        publish(w, name, part);
    for (const struct draft_part *p = s->first; p; p = p->next)
        publish_referred(w, p->value);
}

static void publish(struct description_work *w, struct slice name, struct draft *s)
{
    map_find(&w->d->names, name)->value = s;
    draft_append(w->d->schemas, name, s);
    publish_referred(w, s);
}

static void describe_view(struct description_work *w, const struct config_view *config,
                          struct slice whole, struct description_view *out)
{
    struct selection s;
    *out = (struct description_view){config->name, whole};
    if (config->fields->is_all || !selection_view_applies(w->config, config))
        return;
    CHECK(selection_choose(&s, w->config, &w->places, config->fields, &w->d->arena));
    w->selection = &s;
    out->schema = description_claim(w->d, description_words(w->d, w->name, config->name));
    publish(w, out->schema, description_answer(w));
}

static void describe_endpoint(struct description *d, const struct config_endpoint *config,
                              struct description_endpoint *out)
{
    struct description_work w = {.d = d, .config = config};
    struct selection all;
    *out = (struct description_endpoint){.config = config, .name = name_endpoint(d, config)};
    w.name = out->name;
    w.parts = draft_object(&d->arena);
    w.sources = arena_take_zero(&d->arena, config->n_sources + 1, sizeof *w.sources);
    out->views = arena_take_zero(&d->arena, config->n_views + 1, sizeof *out->views);
    CHECK(w.sources && out->views);
    place_compile(&w.places, config, &d->arena);
    for (unsigned i = 0; i < config->n_sources; i++)
        description_begin_source(&w, i);
    CHECK(selection_choose(&all, config, &w.places, NULL, &d->arena));
    w.selection = &all;
    out->data = join(d, out->name, "Data");
    publish(&w, out->data, description_answer(&w));
    for (; config->select.n && out->n_views < config->n_views; out->n_views++)
        describe_view(&w, &config->views[out->n_views], out->data, &out->views[out->n_views]);
}

void description_init(struct description *d, const struct config *c)
{
    static const char *const taken[] = {"Endpoints", DESCRIPTION_PROBLEM, DESCRIPTION_ERROR};
    *d = (struct description){.config = c};
    arena_init(&d->arena, CHUNK, SIZE_MAX / 2);
    map_init(&d->names, NAMES_MAX);
    for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++)
        take_name(d, slice_of(taken[i]));
    d->schemas = draft_object(&d->arena);
    d->endpoints = arena_take_zero(&d->arena, c->n_endpoints + 1, sizeof *d->endpoints);
    CHECK(d->endpoints);
    for (; d->n_endpoints < c->n_endpoints; d->n_endpoints++)
        describe_endpoint(d, &c->endpoints[d->n_endpoints], &d->endpoints[d->n_endpoints]);
}

void description_done(struct description *d)
{
    map_done(&d->names);
    arena_done(&d->arena);
}
