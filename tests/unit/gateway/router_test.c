/* router_test.c - which endpoint is meant? */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/router.h"
#include "load.h"

#define SOURCE "\n    sources: {a: {get: \"one:/\"}}\n"

static const char endpoints[] = "  - path: /" SOURCE                                /* 0 */
                                "  - path: /items" SOURCE                           /* 1 */
                                "  - path: /items/" SOURCE                          /* 2 */
                                "  - path: /items/special" SOURCE                   /* 3 */
                                "  - path: /items/{id}" SOURCE                      /* 4 */
                                "  - path: /items/{id}\n    method: POST" SOURCE    /* 5 */
                                "  - path: /items/{id}/parts/{part}" SOURCE         /* 6 */
                                "  - path: /items/special/parts/{part}/x" SOURCE    /* 7 */
                                "  - path: /caf\u00e9/x" SOURCE                     /* 8 */
                                "  - path: /items/{id}\n    method: DELETE" SOURCE; /* 9 */

struct desk {
    struct config *config;
    struct router *router;
    struct arena arena;
    struct router_match match;
};

static int setup(void **state)
{
    static struct desk d;
    d.config = load_endpoints(endpoints);
    d.router = router_new(d.config);
    arena_init(&d.arena, 4096, 1 << 20);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;
    router_free(d->router);
    arena_done(&d->arena);
    config_free(d->config);
    return 0;
}

/* The endpoint's number, or minus the status. */
static int find(struct desk *d, const char *method, const char *path)
{
    switch (router_find(d->router, slice_of(method), slice_of(path), &d->arena, &d->match)) {
    case ROUTER_FOUND:
        return (int)(d->match.endpoint - d->config->endpoints);
    case ROUTER_NO_PATH:
        return -404;
    case ROUTER_NO_METHOD:
        return -405;
    case ROUTER_NO_ROOM:
        break;
    }
    return -503;
}

static void paths_lead_to_endpoints(void **state)
{
    static const struct {
        const char *method, *path;
        int wanted;
    } rows[] = {
        {"GET", "/", 0},
        {"HEAD", "/", 0},
        {"GET", "/items", 1},
        {"GET", "/items/", 2},
        {"GET", "/items/special", 3},
        {"GET", "/items/7", 4},
        {"HEAD", "/items/7", 4},
        {"POST", "/items/7", 5},
        {"DELETE", "/items/7", 9},
        {"GET", "/items/special/parts/1", 6}, /* the literal leads nowhere: back to the parameter */
        {"GET", "/items/special/parts/1/x", 7},
        {"GET", "/items/7/parts/1", 6},
        {"GET", "/it%65ms/spe%63ial", 3},
        {"GET", "/items/a%2Fb", 4},
        {"GET", "/items%2F7", -404},
        {"GET", "/caf%C3%A9/x", 8},
        {"GET", "/caf%E9/x", -404},
        {"GET", "/items/7/", -404},
        {"GET", "/items/7/parts/", -404},
        {"GET", "/items/7/parts", -404},
        {"GET", "/items/7/parts/1/y", -404},
        {"GET", "/items/7/parts/1/x/y/z/1/2/3/4/5/6", -404},
        {"GET", "/Items", -404},
        {"GET", "/nothing", -404},
        {"POST", "/items/special", 5}, /* a literal that does not take the method beats nobody */
        {"PUT", "/items/special", -405},
        {"get", "/items", -405},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (find(*state, rows[i].method, rows[i].path) != rows[i].wanted)
            fail_msg("%s %s is not %d", rows[i].method, rows[i].path, rows[i].wanted);
}

static void the_segments_are_told_raw(void **state)
{
    struct desk *d = *state;
    assert_int_equal(find(d, "GET", "/items/a%2Fb/parts/c+d"), 6);
    assert_true(slice_equal(d->match.segments[1], SLICE("a%2Fb")));
    assert_true(slice_equal(d->match.segments[3], SLICE("c+d")));
}

static bool allows(const struct desk *d, const char *method)
{
    return memmem(d->match.allow.at, d->match.allow.n, method, strlen(method));
}

static void a_refused_method_is_told_which_are_taken(void **state)
{
    struct desk *d = *state;
    assert_int_equal(find(d, "PUT", "/items/7"), -405);
    assert_true(allows(d, "GET") && allows(d, "HEAD") && allows(d, "POST") && allows(d, "DELETE"));
    assert_int_equal(find(d, "PUT", "/"), -405);
    assert_true(slice_equal(d->match.allow, SLICE("GET, HEAD")));
}

static void many_endpoints_are_told_apart(void **state)
{
    char *text = NULL;
    size_t n = 0;
    (void)state;
    FILE *out = open_memstream(&text, &n);
    for (unsigned i = 0; i < 300; i++)
        fprintf(out, "  - path: /p%u/{x}" SOURCE, i);
    fclose(out);
    struct config *c = load_endpoints(text);
    struct router *r = router_new(c);
    struct arena arena;
    struct router_match match;
    arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(router_find(r, SLICE("GET"), SLICE("/p299/y"), &arena, &match), ROUTER_FOUND);
    assert_ptr_equal(match.endpoint, &c->endpoints[299]);
    assert_int_equal(router_find(r, SLICE("GET"), SLICE("/p300/y"), &arena, &match),
                     ROUTER_NO_PATH);
    arena_done(&arena);
    router_free(r);
    config_free(c);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_to_endpoints),
        cmocka_unit_test(the_segments_are_told_raw),
        cmocka_unit_test(a_refused_method_is_told_which_are_taken),
        cmocka_unit_test(many_endpoints_are_told_apart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
