/* shape_test.c - what is left of a document, as tables of document, rules and result */
#include <stdio.h>
#include <string.h>

#include "apostrophes.h"
#include "json/shape.h"

enum {
    STEPS_MAX = 32,
    RENAMES_MAX = 4,
};

/* Rules as a configuration or a client has them; NULL: none. */
struct rule {
    const char *pick, *omit; /* in the grammar of selections */
    const char *rename;      /* "path.to.old>new,..." */
    const char *selected;
};

/* What a rule is compiled to. */
struct compiled {
    struct arena arena;
    struct json_step steps[STEPS_MAX];
    unsigned n_steps;
    struct shape_rename renames[RENAMES_MAX];
    struct shape shape;
    const struct fields *selected;
};

static const struct fields *fields_of(struct arena *arena, const char *text)
{
    if (!text)
        return NULL;
    struct fields_result r = fields_parse(slice_of(text), arena);
    assert_int_equal(r.verdict, FIELDS_GOOD);
    return r.fields;
}

static struct slice until(struct slice *rest, char end)
{
    const char *at = memchr(rest->at, end, rest->n);
    struct slice part = {rest->at, at ? (size_t)(at - rest->at) : rest->n};
    *rest = slice_after(*rest, part.n + (at ? 1 : 0));
    return part;
}

static struct json_path path_of(struct compiled *c, struct slice dotted)
{
    struct json_path path = {0, &c->steps[c->n_steps]};
    while (dotted.n > 0) {
        assert_true(c->n_steps < STEPS_MAX);
        c->steps[c->n_steps++] = (struct json_step){.name = until(&dotted, '.')};
        path.n_steps++;
    }
    return path;
}

static void compile_renames(struct compiled *c, const char *text)
{
    struct slice rest = slice_of(text ? text : "");
    while (rest.n > 0) {
        struct slice item = until(&rest, ',');
        assert_true(c->shape.n_renames < RENAMES_MAX);
        struct shape_rename *r = &c->renames[c->shape.n_renames++];
        r->path = path_of(c, until(&item, '>'));
        r->name = item;
        r->quoted = arena_print(&c->arena, "\"%.*s\"", SLICE_ARG(item));
    }
    c->shape.renames = c->renames;
}

static void compile(struct compiled *c, const struct rule *rule)
{
    memset(c, 0, sizeof *c);
    arena_init(&c->arena, 4096, 1 << 20);
    c->shape.pick = fields_of(&c->arena, rule->pick);
    c->shape.omit = fields_of(&c->arena, rule->omit);
    compile_renames(c, rule->rename);
    c->selected = fields_of(&c->arena, rule->selected);
}

static unsigned check_kept(const char *document, const struct rule *rule, bool keeps_names,
                           const char *expected)
{
    struct apostrophes doc, result;
    struct compiled c;
    compile(&c, rule);
    c.shape.keeps_names = keeps_names;
    struct pieces out = pieces_in(&c.arena);
    struct slice json = apostrophes_json(&doc, document);
    assert_int_equal(shape_apply(&c.shape, c.selected, json, &out), SHAPE_GOOD);
    unsigned n = out.n;
    struct slice text = pieces_join(&out);
    if (!slice_equal(text, apostrophes_json(&result, expected)))
        fail_msg("%s became %.*s", document, SLICE_ARG(text));
    arena_done(&c.arena);
    return n;
}

static unsigned check(const char *document, const struct rule *rule, const char *expected)
{
    return check_kept(document, rule, false, expected);
}

struct shape_case {
    const char *document, *rule, *expected;
};

/* The same of a pick and of a selection. */
static void a_pick_keeps_what_it_names(void **state)
{
    (void)state;
    static const struct shape_case cases[] = {
        {"{'a':1,'b':2,'c':3}", "a", "{'a':1}"},
        {"{'a':1,'b':2,'c':3}", "b", "{'b':2}"},
        {"{'a':1,'b':2,'c':3}", "c", "{'c':3}"},
        {"{'a':1,'b':2,'c':3}", "a,c", "{'a':1,'c':3}"},
        {"{'a':1,'b':2,'c':3}", "c,b,a", "{'a':1,'b':2,'c':3}"},
        {"{'a':1,'b':2,'c':3}", "*", "{'a':1,'b':2,'c':3}"},
        {"{'a':1,'b':2}", "x", "{}"},
        {"{}", "a", "{}"},
        {"[]", "a", "[]"},
        /* below a member */
        {"{'a':{'x':1,'y':2},'b':{'x':3,'y':4}}", "a/x,b(y)", "{'a':{'x':1},'b':{'y':4}}"},
        {"{'a':{'x':{'p':1,'q':2},'y':2}}", "a/x/q", "{'a':{'x':{'q':2}}}"},
        {"{'a':{'x':1}}", "a/z", "{'a':{}}"},
        {"{'a':{'x':1,'y':2},'b':{'y':3},'c':{'x':4}}", "*(x)", "{'a':{'x':1},'b':{},'c':{'x':4}}"},
        {"{'a':{'x':1,'y':2},'b':{'x':1,'y':3}}", "b(y),*(x)", "{'a':{'x':1},'b':{'x':1,'y':3}}"},
        /* arrays are transparent, on every level and in each other */
        {"{'a':[{'x':1,'y':2},{'y':3},{'x':4}]}", "a/x", "{'a':[{'x':1},{},{'x':4}]}"},
        {"[{'a':1,'b':2},{'b':3}]", "a", "[{'a':1},{}]"},
        {"[[{'a':1,'b':2}],[],[[{'b':3}]]]", "a", "[[{'a':1}],[],[[{}]]]"},
        {"{'a':[[{'b':[{'c':1,'d':2}]}]]}", "a/b/c", "{'a':[[{'b':[{'c':1}]}]]}"},
        {"{'a':[1,2,3],'b':4}", "a", "{'a':[1,2,3]}"},
        /* what has no members where one is asked for is left out */
        {"{'price':7,'name':'x'}", "price/amount,name", "{'name':'x'}"},
        {"{'a':null,'b':true,'c':'x','d':[],'e':{}}", "*(x)", "{'d':[],'e':{}}"},
        {"{'a':[1,{'x':2,'y':3},null,[4,{'x':5}],'s']}", "a/x", "{'a':[{'x':2},[{'x':5}]]}"},
        {"[1,2,3]", "a", "[]"},
        {"[1,[2],3]", "a", "[[]]"},
        /* but the root is kept */
        {"7", "a", "7"},
        {"null", "a", "null"},
        {" 'text' ", "a/b", "'text'"},
        /* as it came */
        {"{'n':1.50e+2,'s':'\\u00e9\\/','m':-0,'x':1}", "n,s,m",
         "{'n':1.50e+2,'s':'\\u00e9\\/','m':-0}"},
        {"{ 'a' : 1 , 'b' : [ 1 , 2 ] , 'c' : 3 }", "a,b", "{ 'a' : 1 , 'b' : [ 1 , 2 ]}"},
        {"{ 'a' : 1 , 'b' : 2 , 'c' : 3 }", "b,c", "{'b' : 2 , 'c' : 3 }"},
        {"\n{ }\n", "a", "{ }"},
        {"[ 1 , { 'a' : 2 } , 3 ]", "a", "[{ 'a' : 2 }]"},
        /* names are compared as they are meant, and repeated ones pass through */
        {"{'\\u0061':1,'b':2,'a':3,'\\u00e9':4}", "a,\xc3\xa9", "{'\\u0061':1,'a':3,'\\u00e9':4}"},
        {"{'a':{'x':1,'y':1},'a':{'x':2,'y':2}}", "a/x", "{'a':{'x':1},'a':{'x':2}}"},
        {"{'':1,'a':2}", "a", "{'a':2}"},
        {"{'@id':1,'#text':2,'a.b':3}", "@id,#text,a.b", "{'@id':1,'#text':2,'a.b':3}"},
        {"{'}':1,'a':'},{','b':']'}", "a", "{'a':'},{'}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct shape_case *c = &cases[i];
        check(c->document, &(struct rule){.pick = c->rule}, c->expected);
        check(c->document, &(struct rule){.selected = c->rule}, c->expected);
    }
}

static void an_omit_leaves_out_what_it_names(void **state)
{
    (void)state;
    static const struct shape_case cases[] = {
        {"{'a':1,'b':2,'c':3}", "a", "{'b':2,'c':3}"},
        {"{'a':1,'b':2,'c':3}", "b", "{'a':1,'c':3}"},
        {"{'a':1,'b':2,'c':3}", "c", "{'a':1,'b':2}"},
        {"{'a':1,'b':2,'c':3}", "a,b,c", "{}"},
        {"{'a':1,'b':2}", "x", "{'a':1,'b':2}"},
        {"{'a':1,'b':2}", "*", "{}"},
        {"[{'a':1},2]", "*", "[{},2]"},
        {"{'a':{'x':1,'y':2},'b':3}", "a/x", "{'a':{'y':2},'b':3}"},
        {"{'a':{'x':1,'y':2},'x':3}", "*(x)", "{'a':{'y':2},'x':3}"},
        {"{'a':[{'x':1},{'y':2,'x':3},4,null,[{'x':5}]]}", "a/x", "{'a':[{},{'y':2},4,null,[{}]]}"},
        {"{'a':7,'b':null}", "a/x,b/x", "{'a':7,'b':null}"},
        {"7", "a", "7"},
        {"{'a':1,'\\u0061':2,'b':3}", "a", "{'b':3}"},
        {"{ 'a' : 1 , 'b' : 2 , 'c' : 3 }", "c", "{ 'a' : 1 , 'b' : 2}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i].document, &(struct rule){.omit = cases[i].rule}, cases[i].expected);
}

static void a_rename_changes_the_last_name_of_its_path(void **state)
{
    (void)state;
    static const struct shape_case cases[] = {
        {"{'a':1,'b':2}", "a>x", "{'x':1,'b':2}"},
        {"{'a':1,'b':2}", "b>x", "{'a':1,'x':2}"},
        {"{'a':1,'b':2,'c':3}", "a>x,c>y", "{'x':1,'b':2,'y':3}"},
        {"{'a':1,'b':2}", "a>b,b>a", "{'b':1,'a':2}"},
        {"{'a':1,'b':2}", "z>x", "{'a':1,'b':2}"},
        {"{'a':{'b':1,'c':2},'b':3}", "a.b>x", "{'a':{'x':1,'c':2},'b':3}"},
        {"{'a':{'b':1}}", "a>x,a.b>y", "{'x':{'y':1}}"},
        {"{'a':[{'b':1},[{'b':2}],3,null]}", "a.b>x", "{'a':[{'x':1},[{'x':2}],3,null]}"},
        {"[{'a':{'b':{'c':1}}}]", "a.b.c>x", "[{'a':{'b':{'x':1}}}]"},
        {"{'a':7}", "a.b>x", "{'a':7}"},
        {"{'a' : 1.50 , '\\u0061' : [ 2 ]}", "a>x", "{'x' : 1.50 , 'x' : [ 2 ]}"},
        {"{'a':1,'x':2}", "a>x", "{'x':1,'x':2}"},
        {"7", "a>x", "7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i].document, &(struct rule){.rename = cases[i].rule}, cases[i].expected);
}

static void rules_come_in_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        struct rule rule;
        const char *expected;
    } cases[] = {
        /* an omit takes from what was picked */
        {"{'a':{'x':1,'y':2,'z':3},'b':4}", {.pick = "a", .omit = "a/y"}, "{'a':{'x':1,'z':3}}"},
        {"{'a':1,'b':2}", {.pick = "a,b", .omit = "a"}, "{'b':2}"},
        /* picks, omits and renames go by the names of the document */
        {"{'a':1,'b':2}", {.pick = "a", .rename = "a>b"}, "{'b':1}"},
        {"{'a':1,'b':2}", {.omit = "a", .rename = "a>b"}, "{'b':2}"},
        {"{'a':1,'b':2}", {.omit = "x", .rename = "a>x"}, "{'x':1,'b':2}"},
        /* a selection by the new ones */
        {"{'a':1,'b':2}", {.rename = "a>x", .selected = "x"}, "{'x':1}"},
        {"{'a':1,'b':2}", {.rename = "a>x", .selected = "a"}, "{}"},
        {"{'a':{'b':1,'c':2}}", {.rename = "a>x,a.b>y", .selected = "x/y"}, "{'x':{'y':1}}"},
        {"{'a':1,'b':2}", {.rename = "a>b,b>a", .selected = "a"}, "{'a':2}"},
        /* a selection narrows a pick */
        {"{'a':{'x':1,'y':2},'b':3}", {.pick = "a", .selected = "a/x,b"}, "{'a':{'x':1}}"},
        {"{'a':{'x':1,'y':2}}", {.pick = "a/x", .selected = "a/y"}, "{'a':{}}"},
        {"{'a':[{'x':1,'y':2,'z':3}]}",
         {.pick = "a(x,y)", .omit = "a/x", .rename = "a.y>w", .selected = "a/w"},
         "{'a':[{'w':2}]}"},
        /* and no rules are no change */
        {" {'a' : [1, {}]} ", {NULL, NULL, NULL, NULL}, "{'a' : [1, {}]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i].document, &cases[i].rule, cases[i].expected);
}

static void a_member_of_the_root_may_stay_for_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        struct rule rule;
        const char *expected;
    } cases[] = {
        {"{'a':1,'b':2}", {.selected = "a/x"}, "{'a':1}"},
        {"{'a':1,'b':2}", {.selected = "*/x"}, "{'a':1,'b':2}"},
        {"{'a':[1,{'x':2}]}", {.selected = "a/x"}, "{'a':[{'x':2}]}"},
        {"{'a':{'b':1,'x':2}}", {.selected = "a(b/x,x)"}, "{'a':{'x':2}}"},
        {"[{'a':1}]", {.selected = "a/x"}, "[{'a':1}]"},
        {"{'a':1}", {.rename = "a>b", .selected = "b/x"}, "{'b':1}"},
        {"{'a':1}", {.pick = "a/x", .selected = "a/x"}, "{}"}, /* it is gone */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_kept(cases[i].document, &cases[i].rule, true, cases[i].expected);
}

static void names_that_may_be_left_are_known(void **state)
{
    (void)state;
    static const struct {
        struct rule rule;
        const char *may, *may_not; /* names of one letter */
    } cases[] = {
        {{NULL, NULL, NULL, NULL}, "ab", ""},
        {{.pick = "a,b/c"}, "ab", "cz"},
        {{.pick = "*/x,a"}, "az", ""},
        {{.omit = "a,b/c"}, "bcz", "a"},
        {{.omit = "*"}, "", "az"},
        {{.pick = "a,b", .omit = "b"}, "a", "bz"},
        {{.rename = "a>x"}, "xbz", "a"},
        {{.rename = "a.b>x"}, "abxz", ""},
        {{.rename = "a>b,b>a"}, "abz", ""},
        {{.pick = "a", .rename = "a>x"}, "x", "ab"},
        {{.pick = "a", .rename = "b>x"}, "a", "bx"},
        {{.pick = "a", .rename = "b>a"}, "a", "b"},
        {{.pick = "a,b", .rename = "b>a"}, "a", "b"},
        {{.omit = "a", .rename = "a>x"}, "bx", "a"},
        {{.pick = "a", .omit = "x", .rename = "a>x"}, "x", "ab"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct compiled c;
        compile(&c, &cases[i].rule);
        for (const char *name = cases[i].may; *name; name++)
            assert_true(shape_may_give(&c.shape, (struct slice){name, 1}));
        for (const char *name = cases[i].may_not; *name; name++)
            assert_false(shape_may_give(&c.shape, (struct slice){name, 1}));
        arena_done(&c.arena);
    }
}

/* Too long to be copied together with others. */
#define LONG "'a text that is longer than what is copied: more than sixty-four bytes of it'"

static void neighbours_that_are_kept_are_one_slice(void **state)
{
    (void)state;
    static const struct {
        struct rule rule;
        const char *expected;
        unsigned n;
    } cases[] = {
        {{.pick = "*"}, "{ 'a':" LONG ", 'b':{'x':1, 'y':" LONG "}, 'c':" LONG " }", 1},
        {{.pick = "a,b,c"}, "{ 'a':" LONG ", 'b':{'x':1, 'y':" LONG "}, 'c':" LONG " }", 1},
        {{.pick = "a,b(x,y),c"}, "{ 'a':" LONG ", 'b':{'x':1, 'y':" LONG "}, 'c':" LONG " }", 1},
        {{.omit = "z,b/z"}, "{ 'a':" LONG ", 'b':{'x':1, 'y':" LONG "}, 'c':" LONG " }", 1},
        {{.omit = "b"}, "{ 'a':" LONG ", 'c':" LONG " }", 2},
        {{.omit = "a"}, "{'b':{'x':1, 'y':" LONG "}, 'c':" LONG " }", 2},
        {{.omit = "b/x"}, "{ 'a':" LONG ", 'b':{'y':" LONG "}, 'c':" LONG " }", 2},
        {{.pick = "a,b"}, "{ 'a':" LONG ", 'b':{'x':1, 'y':" LONG "}}", 2},
        {{.pick = "b"}, "{'b':{'x':1, 'y':" LONG "}}", 3},
        {{.rename = "c>e"}, "{ 'a':" LONG ", 'b':{'x':1, 'y':" LONG "}, 'e':" LONG " }", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(check(cases[0].expected, &cases[i].rule, cases[i].expected), cases[i].n);
}

static void small_parts_become_one_slice(void **state)
{
    (void)state;
    const char *doc = "[{'a':1,'b':2},{'a':3,'b':4},{'b':5,'a':6},{'a':7,'b':8},{'a':9}]";
    assert_true(
        check(doc, &(struct rule){.pick = "a"}, "[{'a':1},{'a':3},{'a':6},{'a':7},{'a':9}]") <= 2);
}

static void without_room_there_is_no_result(void **state)
{
    (void)state;
    struct apostrophes doc;
    struct compiled c;
    struct slice json =
        apostrophes_json(&doc, "{'a':[{'x':1,'y':2},{'x':3,'y':4}],'\\u0062':{'x':5,'y':6},'c':7}");
    compile(&c, &(struct rule){.pick = "*(x)", .rename = "a>b,a.x>y,b>c"});
    bool was_good = false;
    for (size_t limit = 0; limit <= 2048; limit += 16) {
        struct arena small;
        arena_init(&small, 16, limit);
        struct pieces out = pieces_in(&small);
        enum shape_verdict verdict = shape_apply(&c.shape, NULL, json, &out);
        assert_true(verdict == SHAPE_GOOD || verdict == SHAPE_NO_ROOM);
        assert_true(verdict == SHAPE_NO_ROOM || limit > 0);
        was_good = verdict == SHAPE_GOOD;
        arena_done(&small);
    }
    assert_true(was_good);
    arena_done(&c.arena);
}

static void nothing_asked_keeps_all(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 4096);
    struct pieces out = pieces_in(&arena);
    assert_int_equal(shape_apply(NULL, NULL, SLICE(" [1, 2]\n"), &out), SHAPE_GOOD);
    assert_int_equal(out.n, 1);
    assert_true(slice_equal(out.at[0], SLICE("[1, 2]")));
    arena_done(&arena);
}

static void many_renames_of_one_level_are_followed(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 65536, 1 << 20);
    struct json_step steps[SHAPE_RENAMES_MAX];
    struct shape_rename renames[SHAPE_RENAMES_MAX];
    struct buffer doc, expected;
    buffer_init(&doc, 65536);
    buffer_init(&expected, 65536);
    for (unsigned i = 0; i < SHAPE_RENAMES_MAX; i++) {
        steps[i] = (struct json_step){.name = arena_print(&arena, "m%u", i)};
        renames[i] = (struct shape_rename){
            .path = {1, &steps[i]},
            .quoted = arena_print(&arena, "\"r%u\"", i),
            .name = arena_print(&arena, "r%u", i),
        };
        assert_true(buffer_print(&doc, "%c\"m%u\":%u", i ? ',' : '{', i, i));
        assert_true(buffer_print(&expected, "%c\"r%u\":%u", i ? ',' : '{', i, i));
    }
    assert_true(buffer_append(&doc, SLICE("}")) && buffer_append(&expected, SLICE("}")));
    struct shape shape = {.renames = renames, .n_renames = SHAPE_RENAMES_MAX};
    struct pieces out = pieces_in(&arena);
    assert_int_equal(shape_apply(&shape, NULL, buffer_slice(&doc), &out), SHAPE_GOOD);
    assert_true(slice_equal(pieces_join(&out), buffer_slice(&expected)));
    buffer_done(&doc);
    buffer_done(&expected);
    arena_done(&arena);
}

static void an_unwrap_gives_the_member_at_its_path(void **state)
{
    (void)state;
    static const struct shape_case cases[] = {
        {"{'data':{'a':1},'meta':2}", "data", "{'a':1}"},
        {"{'data':{'items':[1, 2]}}", "data.items", "[1, 2]"},
        {"{'data':null}", "data", "null"},
        {"{'d':1,'d':2}", "d", "2"},
        {"{'\\u0064':1}", "d", "1"},
        {" [1] ", "", "[1]"},
        /* through arrays */
        {"[{'a':1},{'a':2}]", "a", "[1,2]"},
        {"{'e':[{'node':{'id':1}},{'node':{'id':2}}]}", "e.node", "[{'id':1},{'id':2}]"},
        {"{'e':[{'node':{'id':1}},{'node':{'id':2}}]}", "e.node.id", "[1,2]"},
        {"[[{'a':1}],[{'a':2},{'a':3}],[]]", "a", "[[1],[2,3],[]]"},
        {"{'e':[]}", "e.a", "[]"},
        /* NULL: the path leads nowhere */
        {"{'a':1}", "b", NULL},
        {"{'a':1}", "a.b", NULL},
        {"{'a':null}", "a.b", NULL},
        {"7", "a", NULL},
        {"[{'a':1},{'b':2}]", "a", NULL},
        {"[{'a':1},2]", "a", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct apostrophes doc, result;
        struct compiled c;
        struct slice out;
        compile(&c, &(struct rule){.pick = NULL});
        struct json_path path = path_of(&c, slice_of(cases[i].rule));
        enum shape_verdict verdict =
            shape_unwrap(apostrophes_json(&doc, cases[i].document), path, &c.arena, &out);
        assert_int_equal(verdict, cases[i].expected ? SHAPE_GOOD : SHAPE_ABSENT);
        if (cases[i].expected)
            assert_true(slice_equal(out, apostrophes_json(&result, cases[i].expected)));
        arena_done(&c.arena);
    }
}

static void an_unwrap_without_room_is_no_absence(void **state)
{
    (void)state;
    struct apostrophes doc;
    struct json_step step = {.name = SLICE("a")};
    struct slice json = apostrophes_json(&doc, "[{'a':1},{'a':2},{'a':3},{'a':[4,5,6]}]");
    bool was_good = false;
    for (size_t limit = 0; limit <= 2048; limit += 16) {
        struct arena small;
        struct slice out;
        arena_init(&small, 16, limit);
        enum shape_verdict v = shape_unwrap(json, (struct json_path){1, &step}, &small, &out);
        assert_true(v == SHAPE_GOOD || v == SHAPE_NO_ROOM);
        assert_true(v == SHAPE_NO_ROOM || limit > 0);
        was_good = v == SHAPE_GOOD;
        arena_done(&small);
    }
    assert_true(was_good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pick_keeps_what_it_names),
        cmocka_unit_test(an_omit_leaves_out_what_it_names),
        cmocka_unit_test(a_rename_changes_the_last_name_of_its_path),
        cmocka_unit_test(rules_come_in_their_order),
        cmocka_unit_test(a_member_of_the_root_may_stay_for_its_name),
        cmocka_unit_test(names_that_may_be_left_are_known),
        cmocka_unit_test(neighbours_that_are_kept_are_one_slice),
        cmocka_unit_test(small_parts_become_one_slice),
        cmocka_unit_test(without_room_there_is_no_result),
        cmocka_unit_test(nothing_asked_keeps_all),
        cmocka_unit_test(many_renames_of_one_level_are_followed),
        cmocka_unit_test(an_unwrap_gives_the_member_at_its_path),
        cmocka_unit_test(an_unwrap_without_room_is_no_absence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
