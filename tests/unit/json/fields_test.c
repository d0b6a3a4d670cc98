/* fields_test.c - what clients ask for: read, brought to one form, merged and intersected */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "json/fields.h"

static struct arena arena; /* of all trees here */

static const struct fields *parsed(const char *text)
{
    struct fields_result r = fields_parse(slice_of(text), &arena);
    if (r.verdict != FIELDS_GOOD)
        fail_msg("%s: verdict %d at %zu", text, r.verdict, r.offset);
    return r.fields;
}

static void assert_canonical(const struct fields *f, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 1 << 16);
    assert_true(fields_write(f, &out));
    if (!slice_equal(buffer_slice(&out), slice_of(expected)))
        fail_msg("%.*s is not %s", SLICE_ARG(buffer_slice(&out)), expected);
    buffer_done(&out);
}

static void what_is_asked_for_has_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *canonical;
    } cases[] = {
        {"a", "a"},
        {"b,a", "a,b"},
        {"product(id,name,brand/name),reviews/items(author,text)",
         "product(brand/name,id,name),reviews/items(author,text)"},
        {"a(b)", "a/b"},
        {"a(b(c))", "a/b/c"},
        {"a/b(d,c)", "a/b(c,d)"},
        /* what is mentioned twice is asked for once */
        {"a,a", "a"},
        {"a,a(b)", "a"},
        {"a(b),a", "a"},
        {"a/b,a/c", "a(b,c)"},
        {"a(c),x,a(b)", "a(b,c),x"},
        {"a(b(x)),a(b(y),c)", "a(b(x,y),c)"},
        /* all of a thing */
        {"*", "*"},
        {"a(*)", "a"},
        {"a/*", "a"},
        {"a,*", "*"},
        {"*,b(c)", "*"},
        {"a(b,*)", "a"},
        {"*(*)", "*"},
        /* the same of each member */
        {"*(id)", "*/id"},
        {"*/id", "*/id"},
        {"*(b,a)", "*(a,b)"},
        {"a/*/id", "a/*/id"},
        {"x,*(id)", "*/id,x"},
        {"x(y),*(id)", "*/id,x(id,y)"},
        {"x(id),*(id)", "*/id"},
        {"*(id),*(name)", "*(id,name)"},
        {"x(y(z)),*(y(w))", "*/y/w,x/y(w,z)"},
        {"x(a(p)),*(*(q))", "*/*/q,x(*/q,a(p,q))"},
        /* names */
        {"@id,#text,a-b,a.b,a:b,$,'", "#text,$,',@id,a-b,a.b,a:b"},
        {"gr\xc3\xb6\xc3\x9f"
         "e,\xe6\x97\xa5(\xe6\x9c\xac)",
         "gr\xc3\xb6\xc3\x9f"
         "e,\xe6\x97\xa5/\xe6\x9c\xac"},
        {"B,a,A,ab,a1", "A,B,a,a1,ab"},
        {"a/b/c/d/e/f/g/h", "a/b/c/d/e/f/g/h"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_canonical(parsed(cases[i].text), cases[i].canonical);
        assert_canonical(parsed(cases[i].canonical), cases[i].canonical);
    }
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        const char *token;
        const char *expected;
    } cases[] = {
        {"", 0, "", "a name or '*'"},
        {",a", 0, ",", "a name or '*'"},
        {"a,", 2, "", "a name or '*'"},
        {"a,,b", 2, ",", "a name or '*'"},
        {"a()", 2, ")", "a name or '*'"},
        {"a(,b)", 2, ",", "a name or '*'"},
        {"a(b,)", 4, ")", "a name or '*'"},
        {"(a)", 0, "(", "a name or '*'"},
        {"/a", 0, "/", "a name or '*'"},
        {"a/", 2, "", "a name or '*'"},
        {"a//b", 2, "/", "a name or '*'"},
        {"a/(b)", 2, "(", "a name or '*'"},
        {" a", 0, " ", "a name or '*'"},
        {"a, b", 2, " ", "a name or '*'"},
        {"a(b", 3, "", "',' or ')'"},
        {"a(b(c)", 6, "", "',' or ')'"},
        {"a(b c)", 3, " ", "',' or ')'"},
        {"a(b)c", 4, "c", "','"},
        {"a(b)/c", 4, "/", "','"},
        {"a(b)(c)", 4, "(", "','"},
        {"a(b(c)name)", 6, "name", "',' or ')'"},
        {"a)", 1, ")", "','"},
        {"a\tb", 1, "\t", "','"},
        {"a*", 1, "*", "','"},
        {"**", 1, "*", "','"},
        {"*name", 1, "name", "','"},
        {"a\x7f", 1, "\x7f", "','"},
        {"*gr\xc3\xb6n", 1, "gr\xc3\xb6n", "','"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fields_result r = fields_parse(slice_of(cases[i].text), &arena);
        assert_int_equal(r.verdict, FIELDS_BAD_TOKEN);
        assert_int_equal(r.offset, cases[i].offset);
        assert_true(slice_equal(r.token, slice_of(cases[i].token)));
        assert_string_equal(r.expected, cases[i].expected);
    }
}

static void a_nul_is_no_name(void **state)
{
    (void)state;
    struct fields_result r = fields_parse((struct slice){"a\0b", 3}, &arena);
    assert_int_equal(r.verdict, FIELDS_BAD_TOKEN);
    assert_int_equal(r.offset, 1);
    assert_int_equal(r.token.n, 1);
}

static void eight_names_in_each_other_are_enough(void **state)
{
    (void)state;
    static const char *const deep[] = {"a/b/c/d/e/f/g/h/i", "a(b(c(d(e(f(g(h(i))))))))",
                                       "*/*/*/*/*/*/*/*/i"};
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        struct fields_result r = fields_parse(slice_of(deep[i]), &arena);
        assert_int_equal(r.verdict, FIELDS_TOO_DEEP);
        assert_int_equal(r.offset, 16);
        assert_true(slice_equal(r.token, SLICE("i")));
    }
}

static size_t write_names(char *text, unsigned n_names)
{
    size_t n = 0;
    for (unsigned i = 0; i < n_names; i++)
        n += (size_t)snprintf(text + n, 8, "%s%x", i ? "," : "", i);
    return n;
}

static void two_hundred_fifty_six_names_are_enough(void **state)
{
    (void)state;
    char text[4096];
    struct fields_result r = fields_parse((struct slice){text, write_names(text, 256)}, &arena);
    assert_int_equal(r.verdict, FIELDS_GOOD);
    assert_int_equal(r.fields->n_members, 256);
    size_t n = write_names(text, 257);
    r = fields_parse((struct slice){text, n}, &arena);
    assert_int_equal(r.verdict, FIELDS_TOO_MANY);
    assert_int_equal(r.offset, n - 3);
    assert_true(slice_equal(r.token, SLICE("100")));
}

/* 256 names, as paths of some names each that begin alike. */
static size_t write_paths(char *text, const char *beginning, unsigned n_in_path)
{
    size_t n = 0;
    for (unsigned i = 0; i < 256 / n_in_path; i++)
        n += (size_t)snprintf(text + n, 32, "%s%s%x", i ? "," : "", beginning, i);
    return n;
}

static void they_may_be_paths_that_begin_alike(void **state)
{
    static const struct {
        const char *beginning;
        unsigned n_in_path;
    } rows[] = {{"a/", 2}, {"*/", 2}, {"a/b/", 3}, {"a/b/c/d/e/f/g/", 8}, {"a/*/c/*/e/*/g/", 8}};
    char text[4096];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = write_paths(text, rows[i].beginning, rows[i].n_in_path);
        struct fields_result r = fields_parse((struct slice){text, n}, &arena);
        assert_int_equal(r.verdict, FIELDS_GOOD);
        assert_int_equal(r.fields->n_names, rows[i].n_in_path - 1 + 256 / rows[i].n_in_path);
    }
}

static void two_kib_are_enough(void **state)
{
    (void)state;
    char text[FIELDS_TEXT_MAX + 1];
    memset(text, 'x', sizeof text);
    assert_int_equal(fields_parse((struct slice){text, FIELDS_TEXT_MAX}, &arena).verdict,
                     FIELDS_GOOD);
    struct fields_result r = fields_parse((struct slice){text, sizeof text}, &arena);
    assert_int_equal(r.verdict, FIELDS_TOO_LONG);
    assert_int_equal(r.offset, FIELDS_TEXT_MAX);
}

/* Each "*(...)" is part of all that stands beside it, on each level anew. */
static void a_tree_does_not_grow_by_multiplication(void **state)
{
    (void)state;
    char text[FIELDS_TEXT_MAX];
    size_t n = 0;
    for (unsigned level = 0; level < 7; level++) {
        for (unsigned i = 0; i < 16; i++)
            n += (size_t)snprintf(text + n, 16, "%c%x(z),", 'a' + (int)level, i);
        n += (size_t)snprintf(text + n, 16, "*%s", level < 6 ? "(" : "/x");
    }
    for (unsigned level = 0; level < 6; level++)
        text[n++] = ')';
    struct fields_result r = fields_parse((struct slice){text, n}, &arena);
    assert_int_equal(r.verdict, FIELDS_TOO_MANY);
}

static void without_room_there_is_no_tree(void **state)
{
    (void)state;
    static const char text[] = "a(b,c(d)),*(e,f),g/h";
    for (size_t limit = 0; limit < 4096; limit += 64) {
        struct arena small;
        arena_init(&small, 64, limit);
        struct fields_result r = fields_parse(slice_of(text), &small);
        assert_true(r.verdict == FIELDS_NO_ROOM || r.verdict == FIELDS_GOOD);
        assert_true(limit > 0 || r.verdict == FIELDS_NO_ROOM);
        assert_true(limit < 4000 || r.verdict == FIELDS_GOOD);
        arena_done(&small);
    }
}

static void a_member_knows_where_it_was_first_mentioned(void **state)
{
    (void)state;
    const struct fields *f = parsed("b,a(x),b(y),a");
    assert_int_equal(f->n_members, 2);
    assert_true(slice_equal(f->members[0].name, SLICE("a")));
    assert_int_equal(f->members[0].offset, 2);
    assert_int_equal(f->members[1].offset, 0);
}

static void a_name_leads_to_what_is_asked_below_it(void **state)
{
    (void)state;
    const struct fields *f = parsed("a(x),b,*(id)");
    assert_canonical(fields_below(f, SLICE("a")), "id,x");
    assert_ptr_equal(fields_below(f, SLICE("b")), &fields_all);
    assert_canonical(fields_below(f, SLICE("c")), "id");
    f = parsed("a,b(c),d,e,f");
    assert_null(fields_below(f, SLICE("x")));
    assert_null(fields_below(f, SLICE("")));
    assert_null(fields_below(f, SLICE("aa")));
    assert_canonical(fields_below(f, SLICE("b")), "c");
    assert_ptr_equal(fields_below(f, SLICE("f")), &fields_all);
    assert_ptr_equal(fields_below(&fields_all, SLICE("whatever")), &fields_all);
}

/* Whichever way they are looked for. */
static void each_of_many_names_is_found_and_no_other(void **state)
{
    (void)state;
    for (unsigned n_names = 1; n_names < 40; n_names++) {
        char text[256];
        size_t n = 0;
        for (unsigned i = 0; i < n_names; i++)
            n += (size_t)snprintf(text + n, 8, "%s%c%c", i ? "," : "", 'a' + (int)i / 8,
                                  'b' + 2 * (int)(i % 8));
        struct fields_result r = fields_parse((struct slice){text, n}, &arena);
        assert_int_equal(r.verdict, FIELDS_GOOD);
        for (size_t at = 0; at < n; at += 3) {
            char next[2] = {text[at], (char)(text[at + 1] + 1)};
            assert_ptr_equal(fields_below(r.fields, (struct slice){text + at, 2}), &fields_all);
            assert_null(fields_below(r.fields, (struct slice){next, 2}));
            assert_null(fields_below(r.fields, (struct slice){next, 1}));
        }
    }
}

static void a_dotted_path_is_a_tree_of_one_name_a_level(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *canonical; /* NULL: no path */
    } cases[] = {
        {"id", "id"},
        {"price.amount", "price/amount"},
        {"a.b.c", "a/b/c"},
        {"a.b.c.d.e.f.g.h", "a/b/c/d/e/f/g/h"},
        {"", NULL},
        {".", NULL},
        {"a.", NULL},
        {".a", NULL},
        {"a..b", NULL},
        {"a.b.c.d.e.f.g.h.i", NULL},
        {"@id.#text", "@id/#text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fields *f = fields_of_path(slice_of(cases[i].path), &arena);
        assert_true(!f == !cases[i].canonical);
        if (f)
            assert_canonical(f, cases[i].canonical);
    }
}

static void merged_both_are_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *both;
    } cases[] = {
        {"a", "b", "a,b"},       {"a(b)", "a(c),d", "a(b,c),d"}, {"a(b)", "a", "a"},
        {"a", "*", "*"},         {"a(x)", "*(y)", "*/y,a(x,y)"}, {"*(y)", "*(y)", "*/y"},
        {"a(y)", "*(y)", "*/y"}, {"a/b/c", "a/b/d", "a/b(c,d)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fields *a = parsed(cases[i].a);
        const struct fields *b = parsed(cases[i].b);
        assert_canonical(fields_merge(a, b, &arena), cases[i].both);
        assert_canonical(fields_merge(b, a, &arena), cases[i].both);
        assert_ptr_equal(fields_merge(a, NULL, &arena), a);
        assert_ptr_equal(fields_merge(NULL, a, &arena), a);
    }
    assert_null(fields_merge(NULL, NULL, &arena));
}

static void intersected_what_both_ask_for_is_left(void **state)
{
    (void)state;
    static const struct {
        const char *view, *asked, *left; /* NULL: nothing */
    } cases[] = {
        {"product(id,name),pricing", "product", "product(id,name)"},
        {"product(id,name),pricing", "product(id,price),stock", "product/id"},
        {"product(id)", "product(name)", NULL},
        {"a", "b", NULL},
        {"*", "a(b)", "a/b"},
        {"*", "*", "*"},
        {"*(id)", "a,b(x)", "a/id"},
        {"*(id)", "*(name)", NULL},
        {"*(id,name)", "*(id,x)", "*/id"},
        {"a(id,x),*(id)", "*(x)", "a/x"},
        {"a(b,c),*(b)", "a(c),*", "*/b,a(b,c)"},
        {"a/b/c", "a(b(c,d),e)", "a/b/c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fields *a = parsed(cases[i].view);
        const struct fields *b = parsed(cases[i].asked);
        const struct fields *out[2];
        assert_true(fields_intersect(a, b, &arena, &out[0]));
        assert_true(fields_intersect(b, a, &arena, &out[1]));
        for (unsigned k = 0; k < 2; k++) {
            assert_true(!out[k] == !cases[i].left);
            if (out[k])
                assert_canonical(out[k], cases[i].left);
        }
        assert_true(fields_intersect(a, NULL, &arena, &out[0]));
        assert_null(out[0]);
    }
}

static void writing_stops_at_the_buffers_limit(void **state)
{
    (void)state;
    const struct fields *f = parsed("a(b,c(d)),*(e),g/h");
    struct buffer whole;
    buffer_init(&whole, 4096);
    assert_true(fields_write(f, &whole));
    for (size_t limit = 0; limit <= whole.n; limit++) {
        struct buffer out;
        buffer_init(&out, limit);
        assert_int_equal(fields_write(f, &out), limit == whole.n);
        buffer_done(&out);
    }
    buffer_done(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_for_has_one_form),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_nul_is_no_name),
        cmocka_unit_test(eight_names_in_each_other_are_enough),
        cmocka_unit_test(two_hundred_fifty_six_names_are_enough),
        cmocka_unit_test(they_may_be_paths_that_begin_alike),
        cmocka_unit_test(two_kib_are_enough),
        cmocka_unit_test(a_tree_does_not_grow_by_multiplication),
        cmocka_unit_test(without_room_there_is_no_tree),
        cmocka_unit_test(a_member_knows_where_it_was_first_mentioned),
        cmocka_unit_test(a_name_leads_to_what_is_asked_below_it),
        cmocka_unit_test(each_of_many_names_is_found_and_no_other),
        cmocka_unit_test(a_dotted_path_is_a_tree_of_one_name_a_level),
        cmocka_unit_test(merged_both_are_asked_for),
        cmocka_unit_test(intersected_what_both_ask_for_is_left),
        cmocka_unit_test(writing_stops_at_the_buffers_limit),
    };
    arena_init(&arena, 4096, 1 << 22);
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return n_failed;
}
