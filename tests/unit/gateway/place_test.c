/* place_test.c - where sources stand, as a tree */
#include <stdio.h>
#include <stdlib.h>

#include "tree.h"

/* As name=source(inside,inside); an object of ours has no source, what joins has no name. */
static void write_place(FILE *to, const struct tree *t, const struct place *p)
{
    const struct config_endpoint *e = &t->config->endpoints[0];
    fprintf(to, "%.*s", SLICE_ARG(p->name));
    if (p->source >= 0)
        fprintf(to, "=%.*s", SLICE_ARG(e->sources[p->source].name));
    for (const struct place *c = p->first; c; c = c->next) {
        fprintf(to, c == p->first ? "(" : ",");
        write_place(to, t, c);
    }
    if (p->first)
        fprintf(to, ")");
}

static void expect(const char *sources, const char *wanted)
{
    struct tree t;
    char *text = NULL;
    size_t n;
    tree_load(&t, sources);
    FILE *to = open_memstream(&text, &n);
    write_place(to, &t, &t.places.root);
    fclose(to);
    assert_string_equal(text, wanted);
    free(text);
    tree_done(&t);
}

#define A "      a: {get: \"one:/\"}\n"
#define B "      b: {get: \"one:/\"}\n"
#define HIDDEN "      h: {get: \"one:/\", hide: true}\n"

static void a_source_stands_under_its_name_or_where_it_is_put(void **state)
{
    (void)state;
    expect(A B, "(a=a,b=b)");
    expect("      a: {get: \"one:/\", into: main}\n" B, "(main=a,b=b)");
    expect(A "      b: {get: \"one:/\", into: a.x}\n", "(a=a(x=b))");
    expect(A "      b: {get: \"one:/\", into: a.x.y}\n", "(a=a(x(y=b)))");
    expect("      a: {get: \"one:/\", into: .}\n" B, "(=a,b=b)");
    expect(A HIDDEN B, "(a=a,b=b)");
}

static void an_object_of_ours_stands_where_the_first_is_put_into_it(void **state)
{
    (void)state;
    expect("      x: {get: \"one:/\", into: meta.x}\n" A
           "      y: {get: \"one:/\", into: meta.y}\n",
           "(meta(x=x,y=y),a=a)");
}

static void a_source_stands_where_it_is_declared_whatever_was_put_into_it_before(void **state)
{
    (void)state;
    expect("      x: {get: \"one:/\", into: a.x}\n" B A, "(b=b,a=a(x=x))");
}

static void values_lie_in_each_other_at_any_depth(void **state)
{
    (void)state;
    struct tree t;
    tree_load(&t, A "      b: {get: \"one:/\", into: a.b}\n"
                    "      c: {get: \"one:/\", into: a.b.x.c}\n");
    const struct place *a = place_find(&t.places.root, SLICE("a"));
    const struct place *b = place_find(a, SLICE("b"));
    const struct place *x = place_find(b, SLICE("x"));
    assert_false(a->is_hosted);
    assert_true(b->is_hosted && x->is_hosted);
    assert_int_equal(x->source, -1);
    assert_int_equal(a->inside, 6);
    assert_int_equal(a->covered, 7);
    assert_int_equal(x->covered, 4);
    assert_memory_equal(x->dotted.at, "a.b.x", x->dotted.n);
    assert_null(place_find(b, SLICE("c")));
    tree_done(&t);
}

static void names_are_quoted_as_json(void **state)
{
    (void)state;
    struct tree t;
    tree_load(&t, "      a: {get: \"one:/\", into: 'x\"\xc3\xa9'}\n");
    struct slice member = t.places.root.first->member;
    assert_int_equal(member.n, strlen(",\"x\\\"\xc3\xa9\":"));
    assert_memory_equal(member.at, ",\"x\\\"\xc3\xa9\":", member.n);
    tree_done(&t);
}

static void only_members_of_the_top_level_are_flat(void **state)
{
    static const struct {
        const char *sources;
        bool is_flat;
    } rows[] = {
        {A B, true},
        {A HIDDEN, true},
        {"      a: {get: \"one:/\", into: z}\n", true},
        {"      a: {get: \"one:/\", into: z.a}\n", false},
        {"      a: {get: \"one:/\", into: .}\n", false},
        {A "      b: {get: \"one:/\", into: a.b}\n", false},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tree t;
        tree_load(&t, rows[i].sources);
        if (t.places.is_flat != rows[i].is_flat)
            fail_msg("row %u", i);
        tree_done(&t);
    }
}

static void a_call_takes_with_it_all_that_it_needs(void **state)
{
    (void)state;
    struct tree t;
    tree_load(&t, "      last: {get: \"one:/{middle.v}\", keep: true}\n"
                  "      middle: {get: \"one:/{first.v}\", into: .}\n"
                  "      first: {get: \"one:/\", hide: true}\n"
                  "      other: {get: \"one:/\"}\n");
    assert_int_equal(t.places.called[0], 7);
    assert_int_equal(t.places.called[1], 6);
    assert_int_equal(t.places.called[2], 4);
    assert_int_equal(t.places.called[3], 8);
    assert_int_equal(t.places.kept, 7);
    assert_int_equal(t.places.shown, 11);
    assert_int_equal(t.places.joined, 2);
    assert_null(t.places.of[2]);
    tree_done(&t);
}

static void what_needs_one_that_may_be_skipped_may_be_too(void **state)
{
    (void)state;
    struct tree t;
    tree_load(&t, "      last: {get: \"one:/{middle.v}\"}\n"
                  "      middle: {get: \"one:/{first.v}\", when: has(first.w)}\n"
                  "      first: {get: \"one:/\"}\n");
    assert_int_equal(t.places.conditional, 3);
    tree_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_stands_under_its_name_or_where_it_is_put),
        cmocka_unit_test(an_object_of_ours_stands_where_the_first_is_put_into_it),
        cmocka_unit_test(a_source_stands_where_it_is_declared_whatever_was_put_into_it_before),
        cmocka_unit_test(values_lie_in_each_other_at_any_depth),
        cmocka_unit_test(names_are_quoted_as_json),
        cmocka_unit_test(only_members_of_the_top_level_are_flat),
        cmocka_unit_test(a_call_takes_with_it_all_that_it_needs),
        cmocka_unit_test(what_needs_one_that_may_be_skipped_may_be_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
