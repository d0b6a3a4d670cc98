/* router.c - a tree of path segments, walked with the best branch first */
#include "gateway/router.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/map.h"
#include "base/memory.h"
#include "wire/target.h"

enum {
    MAX_LITERALS = 1 << 20, /* of one node */
    MAX_ALLOWED = 16        /* methods that an Allow field names */
};

/* An endpoint that ends at a node. */
struct leaf {
    struct leaf *next;
    const struct config_endpoint *endpoint;
};

struct node {
    struct map literals; /* decoded text -> struct node */
    struct node *parameter;
    struct leaf *leaves;
    struct leaf *tails;
    struct node *next_made;
};

struct router {
    struct node *root;
    struct node *made;      /* all nodes */
    unsigned depth;         /* segments of the longest path */
    struct slice *segments; /* of the path being looked for: depth + 1 of them */
};

/* What one search carries along. */
struct search {
    const struct router *router;
    struct slice method;
    struct arena *arena;
    unsigned n_segments;
    struct slice allowed[MAX_ALLOWED];
    unsigned n_allowed;
    bool is_out_of_room;
};

static struct node *make_node(struct router *r)
{
    struct node *n = memory_take_zero(1, sizeof *n);
    map_init(&n->literals, MAX_LITERALS);
    n->next_made = r->made;
    r->made = n;
    return n;
}

static void add_leaf(struct leaf **to, const struct config_endpoint *endpoint)
{
    struct leaf *l = memory_take_zero(1, sizeof *l);
    *l = (struct leaf){*to, endpoint};
    *to = l;
}

static struct node *literal_below(struct router *r, struct node *n, struct slice text)
{
    struct node *below = map_get(&n->literals, text);
    if (below)
        return below;
    below = make_node(r);
    CHECK(map_add(&n->literals, text, below) == MAP_ADDED);
    return below;
}

static struct node *parameter_below(struct router *r, struct node *n)
{
    if (!n->parameter)
        n->parameter = make_node(r);
    return n->parameter;
}

static void add_endpoint(struct router *r, const struct config_endpoint *e)
{
    struct node *n = r->root;
    if (e->n_segments > r->depth)
        r->depth = e->n_segments;
    for (unsigned i = 0; i < e->n_segments; i++) {
        const struct config_segment *s = &e->segments[i];
        if (s->kind == CONFIG_TAIL) {
            add_leaf(&n->tails, e);
            return;
        }
        n = s->kind == CONFIG_LITERAL ? literal_below(r, n, s->text) : parameter_below(r, n);
    }
    add_leaf(&n->leaves, e);
}

struct router *router_new(const struct config *config)
{
    struct router *r = memory_take_zero(1, sizeof *r);
    r->root = make_node(r);
    for (unsigned i = 0; i < config->n_endpoints; i++)
        add_endpoint(r, &config->endpoints[i]);
    r->segments = memory_take_zero(r->depth + 1, sizeof *r->segments);
    return r;
}

static void free_leaves(struct leaf *l)
{
    while (l) {
        struct leaf *next = l->next;
        free(l);
        l = next;
    }
}

void router_free(struct router *r)
{
    struct node *n = r->made;
    while (n) {
        struct node *next = n->next_made;
        map_done(&n->literals);
        free_leaves(n->leaves);
        free_leaves(n->tails);
        free(n);
        n = next;
    }
    free(r->segments);
    free(r);
}

/* Splits at the slashes; no more segments than the longest path has, and one. */
static unsigned split(struct router *r, struct slice path)
{
    unsigned n = 0;
    struct slice rest = slice_after(path, 1);
    for (;;) {
        const char *slash = rest.n ? memchr(rest.at, '/', rest.n) : NULL;
        size_t length = slash ? (size_t)(slash - rest.at) : rest.n;
        r->segments[n++] = (struct slice){rest.at, length};
        if (!slash || n > r->depth)
            return n;
        rest = slice_after(rest, length + 1);
    }
}

static bool takes_method(const struct config_endpoint *e, struct slice method)
{
    return slice_equal(e->method, method) ||
           (slice_equal(e->method, SLICE("GET")) && slice_equal(method, SLICE("HEAD")));
}

static void allow(struct search *s, struct slice method)
{
    for (unsigned i = 0; i < s->n_allowed; i++)
        if (slice_equal(s->allowed[i], method))
            return;
    if (s->n_allowed < MAX_ALLOWED)
        s->allowed[s->n_allowed++] = method;
}

static const struct leaf *pick(struct search *s, const struct leaf *leaves)
{
    for (const struct leaf *l = leaves; l; l = l->next)
        if (takes_method(l->endpoint, s->method))
            return l;
    for (const struct leaf *l = leaves; l; l = l->next)
        allow(s, l->endpoint->method);
    return NULL;
}

static const struct node *find_literal(struct search *s, const struct node *n, struct slice raw)
{
    struct slice text = raw;
    if (n->literals.n == 0)
        return NULL;
    if (memchr(raw.at, '%', raw.n)) {
        enum fault fault = target_decode(raw, false, s->arena, &text);
        s->is_out_of_room |= fault == FAULT_LIMIT;
        if (fault)
            return NULL; /* no literal has bytes that are not UTF-8 */
    }
    return map_get(&n->literals, text);
}

/* Each node is looked at once at most, as a path is as long as a node is deep. */
static const struct leaf *walk(struct search *s, const struct node *n, unsigned depth)
{
    if (depth == s->n_segments)
        return pick(s, n->leaves);
    struct slice raw = s->router->segments[depth];
    const struct node *literal = find_literal(s, n, raw);
    const struct leaf *found = literal ? walk(s, literal, depth + 1) : NULL;
    if (!found && n->parameter && raw.n)
        found = walk(s, n->parameter, depth + 1);
    return found ? found : pick(s, n->tails);
}

/* "GET, HEAD, POST" */
static struct slice write_allow(struct search *s)
{
    size_t n = 0;
    for (unsigned i = 0; i < s->n_allowed; i++)
        if (slice_equal(s->allowed[i], SLICE("GET")))
            allow(s, SLICE("HEAD"));
    for (unsigned i = 0; i < s->n_allowed; i++)
        n += s->allowed[i].n + 2;
    char *text = arena_take(s->arena, n);
    if (!text)
        return SLICE_NONE;
    char *at = text;
    for (unsigned i = 0; i < s->n_allowed; i++) {
        at = (char *)mempcpy(at, s->allowed[i].at, s->allowed[i].n);
        at = (char *)mempcpy(at, ", ", 2);
    }
    return (struct slice){text, n - 2};
}

enum router_verdict router_find(struct router *r, struct slice method, struct slice path,
                                struct arena *arena, struct router_match *out)
{
    struct search s = {.router = r, .method = method, .arena = arena};
    s.n_segments = split(r, path);
    const struct leaf *found = walk(&s, r->root, 0);
    if (s.is_out_of_room)
        return ROUTER_NO_ROOM;
    if (found) {
        *out = (struct router_match){.endpoint = found->endpoint, .segments = r->segments};
        return ROUTER_FOUND;
    }
    if (s.n_allowed == 0)
        return ROUTER_NO_PATH;
    *out = (struct router_match){.allow = write_allow(&s)};
    return out->allow.at ? ROUTER_NO_METHOD : ROUTER_NO_ROOM;
}
