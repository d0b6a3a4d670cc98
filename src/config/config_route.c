/* config_route.c - two endpoints that could answer the same request
 *
 * Segment by segment a literal beats a parameter and a parameter beats the tail. One endpoint must
 * win every segment that they differ in; otherwise nobody could say which of them answers.
 */
#include "config/config_internal.h"

/* GET answers HEAD too. */
static bool is_get(struct slice method)
{
    return slice_equal(method, SLICE("GET")) || slice_equal(method, SLICE("HEAD"));
}

static bool share_method(const struct config_endpoint *a, const struct config_endpoint *b)
{
    return slice_equal(a->method, b->method) || (is_get(a->method) && is_get(b->method));
}

/* Can one request's segment be both? An empty one is no parameter. */
static bool can_meet(const struct config_segment *a, const struct config_segment *b)
{
    if (a->kind == CONFIG_LITERAL && b->kind == CONFIG_LITERAL)
        return slice_equal(a->text, b->text);
    if (a->kind == CONFIG_LITERAL && b->kind == CONFIG_PARAMETER)
        return a->text.n > 0;
    if (a->kind == CONFIG_PARAMETER && b->kind == CONFIG_LITERAL)
        return b->text.n > 0;
    return true;
}

static bool has_tail(const struct config_segment *a, const struct config_segment *b)
{
    return a->kind == CONFIG_TAIL || b->kind == CONFIG_TAIL;
}

bool config_has_path_of(const struct config_endpoint *a, const struct config_endpoint *b)
{
    for (unsigned i = 0; i < a->n_segments && i < b->n_segments; i++) {
        if (!can_meet(&a->segments[i], &b->segments[i]))
            return false;
        if (has_tail(&a->segments[i], &b->segments[i]))
            return true;
    }
    return a->n_segments == b->n_segments;
}

/* From i on; NULL: there is none any more. */
static const struct config_endpoint *next_remembered(const struct config *c, unsigned *i)
{
    while (*i < c->n_endpoints) {
        const struct config_endpoint *e = &c->endpoints[(*i)++];
        if (e->cache.is_on)
            return e;
    }
    return NULL;
}

bool config_remembers_paths_of(const struct config *a, const struct config *b)
{
    unsigned i = 0, k = 0;
    for (;;) {
        const struct config_endpoint *of_a = next_remembered(a, &i), *of_b = next_remembered(b, &k);
        if (!of_a || !of_b)
            return !of_a && !of_b;
        if (!slice_equal(of_a->path, of_b->path))
            return false;
    }
}

/* Does one of them beat the other in some segment, and is not beaten in any? */
static bool has_winner(const struct config_endpoint *a, const struct config_endpoint *b)
{
    bool a_wins = false;
    bool b_wins = false;
    for (unsigned i = 0; i < a->n_segments && i < b->n_segments; i++) {
        const struct config_segment *x = &a->segments[i];
        const struct config_segment *y = &b->segments[i];
        a_wins |= x->kind < y->kind;
        b_wins |= y->kind < x->kind;
        if (has_tail(x, y))
            break;
    }
    return a_wins != b_wins;
}

void config_check_routes(struct reading *r, struct node *const *paths)
{
    const struct config *c = r->config;
    for (unsigned i = 0; i < c->n_endpoints && !r->is_over; i++) {
        const struct config_endpoint *later = &c->endpoints[i];
        for (unsigned k = 0; k < i && later->n_segments; k++) {
            const struct config_endpoint *earlier = &c->endpoints[k];
            if (!earlier->n_segments || !share_method(earlier, later) ||
                !config_has_path_of(earlier, later) || has_winner(earlier, later))
                continue;
            struct config_position p = document_position(paths[k]->place);
            reading_complain(r, RULE_ROUTE, paths[i]->place,
                             "this and %s at %s:%u:%u could match the same request; let one of "
                             "them have another path or method",
                             reading_show(r, earlier->path), p.file, p.line, p.column);
            break;
        }
    }
}
