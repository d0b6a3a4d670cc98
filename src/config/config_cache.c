/* config_cache.c - what sources and endpoints remember of their answers (CONTRACT 3.7)
 *
 * An entry is looked up before anything is called. So a source's key and tags speak of what its
 * call speaks of anyway and make it wait for nothing else, and an endpoint's speak of no source.
 * For the time of reading them the endpoint is a source itself, one behind its last.
 */
#include "config/config_internal.h"

static const struct option *row_of(const struct option *row, const char *name)
{
    return option_find(row->section, slice_of(name));
}

/* `off`, `on`, a duration, or a map. */
static void read_cache(struct reading *r, const struct option *row, struct node *value,
                       struct config_cache *c)
{
    struct node *said = config_unless_off(r, value);
    if (!said)
        return;
    *c = (struct config_cache){
        .is_on = true,
        .stale_while_revalidate_ms = UINT64_MAX,
        .stale_if_error_ms = UINT64_MAX,
        .position = document_position(value->place),
    };
    if (said->kind == NODE_LIST)
        option_map(r, said, "a cache is a duration, a map or off, as cache: 60s");
    else
        option_read_section(r, row->section, config_lengthen(r, said, row_of(row, "ttl")->name), c);
}

/* Sources that only the cache speaks of. */
static void check_needs(struct reading *r, uint64_t before, const char *instead)
{
    struct config_source *s = r->source;
    size_t index = (size_t)(s - r->endpoint->sources);
    for (uint64_t extra = s->needs & ~before; extra; extra &= extra - 1) {
        unsigned i = (unsigned)__builtin_ctzll(extra);
        reading_complain(r, RULE_CACHE_NEEDS, r->needed_at[index][i],
                         "what is cached is looked up before '%s' is called; %s",
                         reading_show(r, r->endpoint->sources[i].name), instead);
    }
    s->needs = before;
}

static void read_source_cache(struct reading *r, const struct option *row, struct node *value,
                              void *object)
{
    struct config_source *s = object;
    uint64_t before = s->needs;
    read_cache(r, row, value, &s->cache);
    check_needs(r, before, "name what the call itself speaks of");
}

static void read_endpoint_cache(struct reading *r, const struct option *row, struct node *value,
                                void *object)
{
    struct config_endpoint *e = object;
    if (!e->sources)
        e->sources = reading_keep(r, 1, sizeof *e->sources);
    r->source = &e->sources[e->n_sources];
    read_cache(r, row, value, &e->cache);
    check_needs(r, 0, "name parameters, or let the source cache");
}

/* A text with variables that says something. */
static bool read_text(struct reading *r, struct node *value, const char *what,
                      struct config_template *out)
{
    if (!option_scalar(r, value, what))
        return false;
    if (value->text.n == 0)
        reading_complain(r, RULE_CACHE_EMPTY, value->place,
                         "%s is not empty; write it as \"product:{id}\", or leave it out", what);
    return config_read_text_template(r, value, out);
}

static void read_key(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_cache *c = object;
    (void)row;
    if (read_text(r, value, "a key", &c->key))
        c->key_text = reading_copy(r, value->text);
}

static void read_vary(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_cache *c = object;
    (void)row;
    c->n_vary = config_read_header_names(r, value, CONFIG_HEADER_READ, &c->vary);
}

static void read_tags(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_cache *c = object;
    (void)row;
    if (!option_list(r, value, "tags are a list, as [\"product:{id}\"]"))
        return;
    if (value->n > CONFIG_MAX_TAGS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu tags; give at most %d",
                         value->n, CONFIG_MAX_TAGS);
        return;
    }
    c->tags = reading_keep(r, value->n, sizeof *c->tags);
    for (size_t i = 0; i < value->n; i++)
        if (read_text(r, value->items[i], "a tag", &c->tags[c->n_tags]))
            c->n_tags++;
}

static void tell_unsafe(struct reading *r, struct slice method, const struct node *own)
{
    const struct node *cache = node_find(own, SLICE("cache"));
    if (cache)
        reading_complain(r, RULE_CACHE_METHOD, cache->place,
                         "%s changes something, and only GET and HEAD are cached; leave `cache` "
                         "out",
                         reading_show(r, method));
}

/* One that came with `defaults` is meant for those that can. */
void config_check_source_cache(struct reading *r, struct config_source *s, const struct node *own)
{
    if (!s->cache.is_on || !s->method.n || s->is_safe)
        return;
    tell_unsafe(r, s->method, own);
    s->cache.is_on = false;
}

void config_check_endpoint_cache(struct reading *r, struct config_endpoint *e,
                                 const struct node *own)
{
    if (!e->cache.is_on || r->unread & READING_METHOD || slice_equal(e->method, SLICE("GET")) ||
        slice_equal(e->method, SLICE("HEAD")))
        return;
    tell_unsafe(r, e->method, own);
    e->cache.is_on = false;
}

#define CACHE                                                                                      \
    "{\"anyOf\":[" OPTION_ON "," OPTION_OFF ",{\"type\":\"string\",\"pattern\":"                   \
    "\"^[0-9]+(ms|s|m|h)$|\\\\$\\\\{\"},@]}"

const struct option_kind config_kind_source_cache = {"duration, map, or `off`", CACHE,
                                                     read_source_cache};
const struct option_kind config_kind_endpoint_cache = {"duration, map, or `off`", CACHE,
                                                       read_endpoint_cache};
const struct option_kind config_kind_cache_key = {"text with variables", "{\"type\":\"string\"}",
                                                  read_key};
const struct option_kind config_kind_cache_vary = {
    "list of header names", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", read_vary};
const struct option_kind config_kind_cache_tags = {
    "list of texts with variables",
    "{\"type\":\"array\",\"maxItems\":32,\"items\":{\"type\":\"string\"}}", read_tags};
