/* schema_test.c - what steps, picks, omissions, renames and selections make of schemas
 *
 * Apostrophes stand for quotation marks.
 */
#include "../unit.h"
#include "app/schema.h"

struct bench {
    struct arena arena;
    struct draft *names;
};

static struct slice quoted(struct arena *arena, const char *text)
{
    struct slice copy = arena_copy(arena, slice_of(text));
    for (size_t i = 0; i < copy.n; i++)
        if (copy.at[i] == '\'')
            ((char *)copy.at)[i] = '"';
    return copy;
}

static int set_up(void **state)
{
    static struct bench b;
    arena_init(&b.arena, 4096, SIZE_MAX / 2);
    b.names = draft_read(
        &b.arena,
        quoted(&b.arena,
               "{'Tag':{'type':'object','required':['id','word'],'properties':{'id':{'type':"
               "'integer'},'word':{'type':'string'}}},"
               "'Tree':{'type':'array','items':{'$ref':'" SCHEMA_NAMES "Tree'}},"
               "'Lost':{'$ref':'" SCHEMA_NAMES "Nobody'}}"));
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    arena_done(&b->arena);
    return 0;
}

static struct draft *read_schema(struct bench *b, const char *text)
{
    return draft_read(&b->arena, quoted(&b->arena, text));
}

static void assert_schema(struct bench *b, const struct draft *found, const char *expected)
{
    struct buffer has, wanted;
    buffer_init(&has, 65536);
    buffer_init(&wanted, 65536);
    assert_true(draft_write(found, &has) && draft_write(read_schema(b, expected), &wanted));
    if (!slice_equal(buffer_slice(&has), buffer_slice(&wanted)))
        fail_msg("%.*s\nis not\n%.*s", (int)has.n, has.at, (int)wanted.n, wanted.at);
    buffer_done(&has);
    buffer_done(&wanted);
}

#define TAG "{'$ref':'" SCHEMA_NAMES "Tag'}"
#define THING                                                                                      \
    "{'type':'object','required':['id','tag','tags'],'properties':{'id':{'type':'string'},"        \
    "'tag':{'anyOf':[" TAG ",{'type':'null'}]},'tags':{'type':'array','minItems':1,'items':" TAG   \
    "}},'minProperties':2}"

static const struct {
    const char *schema, *pick, *omit, *selected, *expected;
} cuts[] = {
    {THING, NULL, NULL, NULL, THING},
    {THING, "*", NULL, NULL, THING},
    {THING, "id", NULL, NULL,
     "{'type':'object','properties':{'id':{'type':'string'}},'required':['id']}"},
    {THING, NULL, NULL, "id", /* a selection keeps the same */
     "{'type':'object','properties':{'id':{'type':'string'}},'required':['id']}"},
    {THING, "tag(word)", NULL, NULL, /* a null has no word: it is left out */
     "{'type':'object','properties':{'tag':{'anyOf':[{'type':'object','properties':{'word':"
     "{'type':'string'}},'required':['word']}]}}}"},
    {THING, "tags(id)", NULL, NULL, /* arrays are transparent */
     "{'type':'object','properties':{'tags':{'type':'array','items':{'type':'object',"
     "'properties':{'id':{'type':'integer'}},'required':['id']}}},'required':['tags']}"},
    {THING, "id(x)", NULL, NULL, "{'type':'object','properties':{}}"},
    {THING, NULL, "tags,tag", NULL,
     "{'type':'object','properties':{'id':{'type':'string'}},'required':['id']}"},
    {THING, NULL, "tags/id,tag,id", NULL,
     "{'type':'object','properties':{'tags':{'type':'array','items':{'type':'object',"
     "'properties':{'word':{'type':'string'}},'required':['word']}}},'required':['tags']}"},
    {"{'type':['object','null'],'properties':{'a':{'type':['object','string'],'properties':{"
     "'b':{},'c':{}}}},'additionalProperties':false}",
     "a(b)", NULL, NULL, /* the root stays, whatever it is */
     "{'type':['object','null'],'properties':{'a':{'type':'object','properties':{'b':{}}}},"
     "'additionalProperties':false}"},
    {"{'type':'array','prefixItems':[" TAG "],'items':false}", "id", NULL, NULL,
     "{'type':'array'}"},
    {"{'type':'array','items':{'type':'string'}}", "id", NULL, NULL,
     "{'type':'array','maxItems':0}"},
    {"{'allOf':[" TAG ",{'properties':{'id':{},'n':{}}}]}", "id", NULL, NULL,
     "{'allOf':[{'type':'object','properties':{'id':{'type':'integer'}},'required':['id']},"
     "{'properties':{'id':{}}}]}"},
    {"{'type':'string'}", "id", NULL, NULL, "{'type':'string'}"},
    {"{}", "id", NULL, NULL, "{}"},
    {"true", "id", NULL, NULL, "{}"},
    {"{'$ref':'" SCHEMA_NAMES "Lost'}", "id", NULL, NULL, "{}"},
};

static const struct {
    const char *schema, *expected; /* NULL: none */
} references[] = {
    {TAG, "Tag"},
    {"{'$ref':'#/$defs/Tag'}", NULL},
    {"{'$ref':{'type':'string'}}", NULL}, /* a member's schema, by its name */
    {"{'$ref':true}", NULL},
    {"{'$ref':['" SCHEMA_NAMES "Tag']}", NULL},
    {"{}", NULL},
    {"true", NULL},
};

static void only_a_text_refers(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        struct slice found = schema_referred(read_schema(b, references[i].schema));
        if (references[i].expected)
            assert_true(slice_equal(found, slice_of(references[i].expected)));
        else
            assert_null(found.at);
    }
}

static void members_are_told_one_by_one_of_plain_objects_alone(void **state)
{
    static const char *const others[] = {
        TAG,
        "{'type':['object','null']}",
        "{'type':'object','enum':[{'a':1},{'a':2}]}",
        "{'properties':{'a':{}},'const':{'a':1}}",
        "{'type':'object','anyOf':[" TAG "]}",
        "{'type':'object','oneOf':[" TAG "]}",
        "{'type':'object','allOf':[" TAG "]}",
        "{'type':'array','properties':{'a':{}}}",
        "{}",
        "true",
    };
    struct bench *b = *state;
    assert_true(schema_is_plain_object(read_schema(b, "{'type':'object'}")));
    assert_true(schema_is_plain_object(read_schema(b, "{'properties':{'enum':{},'$ref':{}}}")));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(schema_is_plain_object(read_schema(b, others[i])));
}

static const struct fields *read_fields(struct bench *b, const char *text)
{
    if (!text)
        return NULL;
    struct fields_result r = fields_parse(slice_of(text), &b->arena);
    assert_int_equal(r.verdict, FIELDS_GOOD);
    return r.fields;
}

static void a_schema_is_cut_as_its_values_are(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        const struct shape shape = {.pick = read_fields(b, cuts[i].pick),
                                    .omit = read_fields(b, cuts[i].omit)};
        struct draft *found = schema_cut(read_schema(b, cuts[i].schema), b->names, &shape,
                                         read_fields(b, cuts[i].selected));
        assert_schema(b, found, cuts[i].expected);
    }
}

static void names_change_all_at_once(void **state)
{
    struct bench *b = *state;
    const struct json_step id = {.name = SLICE_INIT("id")}, tag = {.name = SLICE_INIT("tag")};
    const struct json_step word[] = {tag, {.name = SLICE_INIT("word")}};
    const struct shape_rename renames[] = {
        {.path = {1, &id}, .name = SLICE_INIT("tag")},
        {.path = {1, &tag}, .name = SLICE_INIT("id")},
        {.path = {2, word}, .name = SLICE_INIT("text")},
    };
    const struct shape shape = {.renames = renames, .n_renames = 3};
    struct draft *s = read_schema(b, "{'type':'object','required':['tag'],'properties':{'id':{"
                                     "'type':'string'},'tag':" TAG "}}");
    assert_schema(b, schema_cut(s, b->names, &shape, NULL),
                  "{'type':'object','properties':{'tag':{'type':'string'},'id':{'type':'object',"
                  "'properties':{'id':{'type':'integer'},'text':{'type':'string'}},'required':["
                  "'id','text']}},'required':['id']}");
}

static void a_schema_without_an_end_is_cut_in_bounded_time(void **state)
{
    struct bench *b = *state;
    const struct shape shape = {.pick = read_fields(b, "id")};
    struct draft *tree = read_schema(b, "{'$ref':'" SCHEMA_NAMES "Tree'}");
    assert_non_null(schema_cut(tree, b->names, &shape, NULL));
}

static const struct {
    const char *schema, *expected;
} steps[] = {
    {THING, "{'anyOf':[" TAG ",{'type':'null'}]}"},
    {"{'type':'array','items':" THING "}",
     "{'type':'array','items':{'anyOf':[" TAG ",{'type':'null'}]}}"},
    {"{'anyOf':[" THING ",{'type':'null'}]}", "{'anyOf':[" TAG ",{'type':'null'}]}"},
    {"{'anyOf':[{'properties':{'tag':{'type':'string'}}},{'type':'null'}]}",
     "{'anyOf':[{'type':'string'},{'type':'null'}]}"},
    {"{'oneOf':[{'properties':{'tag':{'const':1}}},{'properties':{'tag':{'const':2}}}]}",
     "{'anyOf':[{'const':1},{'const':2}]}"},
    {"{'allOf':[{'type':'object'},{'properties':{'tag':{'const':1}}}]}", "{'const':1}"},
    {"{'type':'object','additionalProperties':{'const':1}}", "{'const':1}"},
    {"{'type':'object'}", "{}"},
    {"{'$ref':'" SCHEMA_NAMES "Lost'}", "{}"},
};

static void unwrapping_goes_into_what_may_have_the_member(void **state)
{
    struct bench *b = *state;
    const struct json_step tag = {.name = SLICE_INIT("tag")};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_schema(
            b,
            schema_unwrap(read_schema(b, steps[i].schema), b->names, (struct json_path){1, &tag}),
            steps[i].expected);
}

static void alternatives_are_told_once(void **state)
{
    struct bench *b = *state;
    struct draft *text = schema_of_type(&b->arena, "string");
    assert_schema(b, schema_either(text, schema_of_type(&b->arena, "string")), "{'type':'string'}");
    assert_schema(b, schema_or_null(schema_or_null(text)),
                  "{'anyOf':[{'type':'string'},{'type':'null'}]}");
    assert_schema(b, schema_or_null(read_schema(b, "{'type':['string','null']}")),
                  "{'type':['string','null']}");
    assert_schema(b, schema_or_null(schema_any(&b->arena)), "{}");
}

static void a_value_has_a_schema_of_its_members(void **state)
{
    struct bench *b = *state;
    assert_schema(b, schema_of_value(read_schema(b, "{'a':[1,'x',2],'b':[],'c':null,'d':{}}")),
                  "{'type':'object','properties':{'a':{'type':'array','items':{'anyOf':[{'type':"
                  "'number'},{'type':'string'}]}},'b':{'type':'array','maxItems':0},'c':{'type':"
                  "'null'},'d':{'type':'object'}},'required':['a','b','c','d']}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_text_refers),
        cmocka_unit_test(members_are_told_one_by_one_of_plain_objects_alone),
        cmocka_unit_test(a_schema_is_cut_as_its_values_are),
        cmocka_unit_test(names_change_all_at_once),
        cmocka_unit_test(a_schema_without_an_end_is_cut_in_bounded_time),
        cmocka_unit_test(unwrapping_goes_into_what_may_have_the_member),
        cmocka_unit_test(alternatives_are_told_once),
        cmocka_unit_test(a_value_has_a_schema_of_its_members),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
