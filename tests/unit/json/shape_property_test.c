/* shape_property_test.c - leaving out and then reading is the same as reading and then leaving out
 *
 * Random documents and random rules; the other side works on trees of jansson, and on rules as
 * they were asked for, before anything is merged or sorted. SHEAF_SEED repeats a run, which tells
 * its own; SHEAF_ROUNDS says how many rules are tried.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "base/random.h"
#include "json/scan.h"
#include "trees.h"

enum {
    RENAMES_MAX = 3,
    STEPS_MAX = 3,
};

static struct random rnd;

static bool one_in(unsigned n)
{
    return random_below(&rnd, n) == 0;
}

/* Names that begin alike, of one length and of several, and some that may be escaped. */
static const char *a_name(void)
{
    static const char *const names[] = {"a", "b", "c", "ab", "abc", "\xc3\xa9", "@x", "-.-"};
    return names[random_below(&rnd, sizeof names / sizeof *names)];
}

/* Documents */

static void write(struct buffer *out, const char *text)
{
    assert_true(buffer_append(out, slice_of(text)));
}

static void write_space(struct buffer *out)
{
    static const char *const spaces[] = {" ", "\n\t", "\r\n    ", "  "};
    if (one_in(6))
        write(out, spaces[random_below(&rnd, 4)]);
}

static void write_name(struct buffer *out, const char *name)
{
    bool is_escaped = name[0] > 0 && one_in(5);
    write(out, "\"");
    if (is_escaped)
        assert_true(buffer_print(out, "\\u%04x%s", (unsigned)name[0], name + 1));
    else
        write(out, (unsigned char)name[0] == 0xc3 && one_in(2) ? "\\u00e9" : name);
    write(out, "\"");
}

static void write_scalar(struct buffer *out)
{
    static const char *const scalars[] = {
        "null",
        "true",
        "false",
        "0",
        "-12",
        "1.5",
        "\"\"",
        "\"a,]}\"",
        "\"\\\"{[\\\\\"",
        "\"text\"",
        "\"longer than a vector, with \\\"quotes\\\" and [brackets] in it\""};
    write(out, scalars[random_below(&rnd, sizeof scalars / sizeof *scalars)]);
}

static void write_value(struct buffer *out, unsigned depth);

/* Of one name there is one member: what trees make of more of them is not in question here. */
static void write_member(struct buffer *out, const char *name, bool is_first, unsigned depth)
{
    write(out, is_first ? "" : ",");
    write_space(out);
    write_name(out, name);
    write_space(out);
    write(out, ":");
    write_value(out, depth);
}

static void write_object(struct buffer *out, unsigned depth)
{
    const char *used[6];
    unsigned n = 0;
    write(out, "{");
    for (uint64_t left = random_below(&rnd, 6); left > 0; left--) {
        const char *name = a_name();
        bool is_used = false;
        for (unsigned i = 0; i < n; i++)
            is_used = is_used || used[i] == name;
        if (is_used)
            continue;
        used[n++] = name;
        write_member(out, name, n == 1, depth - 1);
    }
    write_space(out);
    write(out, "}");
}

static void write_array(struct buffer *out, unsigned depth)
{
    uint64_t n = random_below(&rnd, 4);
    write(out, "[");
    for (uint64_t i = 0; i < n; i++) {
        write(out, i > 0 ? "," : "");
        write_value(out, depth - 1);
    }
    write_space(out);
    write(out, "]");
}

static void write_value(struct buffer *out, unsigned depth)
{
    write_space(out);
    if (depth == 0 || one_in(4))
        write_scalar(out);
    else if (one_in(3))
        write_array(out, depth);
    else
        write_object(out, depth);
    write_space(out);
}

/* Rules: an array of items {"name", "below"}, "*" among the names; below: an array, or null. */

static json_t *a_list(unsigned depth)
{
    json_t *list = json_array();
    for (uint64_t left = random_below(&rnd, 3) + 1; left > 0; left--) {
        const char *name = one_in(6) ? "*" : a_name();
        json_t *below = depth > 1 && !one_in(3) ? a_list(depth - 1) : json_null();
        json_array_append_new(list, json_pack("{s:s,s:o}", "name", name, "below", below));
    }
    return list;
}

static void write_list(struct buffer *out, const json_t *list);

static void write_item(struct buffer *out, const json_t *item)
{
    const json_t *below = json_object_get(item, "below");
    write(out, json_string_value(json_object_get(item, "name")));
    if (json_is_null(below))
        return;
    if (json_array_size(below) == 1 && one_in(2)) {
        write(out, "/");
        write_item(out, json_array_get(below, 0));
        return;
    }
    write(out, "(");
    write_list(out, below);
    write(out, ")");
}

static void write_list(struct buffer *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        write(out, i > 0 ? "," : "");
        write_item(out, json_array_get(list, i));
    }
}

/* "*" without more is everything, whatever stands beside it, and "*(*)" is no less. */
static bool is_everything(const json_t *list)
{
    bool is_all = json_is_true(list);
    for (size_t i = 0; !is_all && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const json_t *below = json_object_get(item, "below");
        bool is_any = strcmp(json_string_value(json_object_get(item, "name")), "*") == 0;
        is_all = is_any && (json_is_null(below) || is_everything(below));
    }
    return is_all;
}

/* Takes the list. */
static json_t *everything_or(json_t *list)
{
    if (!is_everything(list))
        return list;
    json_decref(list);
    return json_true();
}

/* What a list asks for below a name: a list, true for everything, NULL for nothing. */
static json_t *asked_below(const json_t *list, const char *name)
{
    json_t *below = json_array();
    bool is_all = json_is_true(list);
    for (size_t i = 0; !is_all && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *own = json_string_value(json_object_get(item, "name"));
        json_t *more = json_object_get(item, "below");
        if (strcmp(own, name) != 0 && strcmp(own, "*") != 0)
            continue;
        is_all = json_is_null(more);
        json_array_extend(below, more);
    }
    if (!is_all && json_array_size(below) > 0)
        return everything_or(below);
    json_decref(below);
    return is_all ? json_true() : NULL;
}

/* All rules for one value; renames as [[path...], new name]. */
struct rules {
    json_t *pick, *omit, *selected; /* lists; pick, selected: true is everything; omit: NULL */
    json_t *renames;
};

static void rules_done(struct rules *r)
{
    json_decref(r->pick);
    json_decref(r->omit);
    json_decref(r->selected);
    json_decref(r->renames);
}

/* The renames that go on below a name; *renamed is what the last one that ends here says. */
static json_t *renames_below(const json_t *renames, const char *name, const char **renamed)
{
    json_t *below = json_array();
    for (size_t i = 0; i < json_array_size(renames); i++) {
        json_t *path = json_array_get(json_array_get(renames, i), 0);
        json_t *to = json_array_get(json_array_get(renames, i), 1);
        if (strcmp(json_string_value(json_array_get(path, 0)), name) != 0)
            continue;
        if (json_array_size(path) == 1) {
            *renamed = json_string_value(to);
            continue;
        }
        json_t *rest = json_copy(path);
        json_array_remove(rest, 0);
        json_array_append_new(below, json_pack("[o,O]", rest, to));
    }
    return below;
}

/* false: the member is left out. *renamed is its new name, or as it was. */
static bool rules_below(const struct rules *r, const char *name, struct rules *below,
                        const char **renamed)
{
    below->renames = renames_below(r->renames, name, renamed);
    below->pick = asked_below(r->pick, name);
    below->omit = r->omit ? asked_below(r->omit, name) : NULL;
    below->selected = asked_below(r->selected, *renamed);
    return below->pick && below->selected && !json_is_true(below->omit);
}

static json_t *left_of(json_t *value, const struct rules *r);

static json_t *left_of_object(json_t *object, const struct rules *r)
{
    json_t *left = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const char *renamed = name;
        struct rules below;
        json_t *kept = rules_below(r, name, &below, &renamed) ? left_of(value, &below) : NULL;
        if (kept)
            json_object_set_new(left, renamed, kept);
        rules_done(&below);
    }
    return left;
}

/* NULL: nothing of it, not even itself. */
static json_t *left_of(json_t *value, const struct rules *r)
{
    if (json_is_object(value))
        return left_of_object(value, r);
    if (!json_is_array(value))
        return json_is_true(r->pick) && json_is_true(r->selected) ? json_incref(value) : NULL;
    json_t *left = json_array();
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *kept = left_of(json_array_get(value, i), r);
        if (kept)
            json_array_append_new(left, kept);
    }
    return left;
}

static json_t *left_of_root(json_t *root, const struct rules *r)
{
    struct rules whole = *r;
    whole.pick = everything_or(json_incref(r->pick));
    whole.selected = everything_or(json_incref(r->selected));
    json_t *left = left_of(root, &whole);
    json_decref(whole.pick);
    json_decref(whole.selected);
    return left ? left : json_incref(root);
}

/* The same rules as the shaper has them. */
struct compiled {
    struct arena arena;
    struct buffer texts[3];
    struct json_step steps[RENAMES_MAX * STEPS_MAX];
    struct shape_rename renames[RENAMES_MAX];
    struct shape shape;
    const struct fields *selected;
};

static const struct fields *compile_list(struct compiled *c, struct buffer *text,
                                         const json_t *list)
{
    if (!json_is_array(list))
        return NULL;
    write_list(text, list);
    struct fields_result r = fields_parse(buffer_slice(text), &c->arena);
    assert_int_equal(r.verdict, FIELDS_GOOD);
    return r.fields;
}

static void compile_rename(struct compiled *c, unsigned k, const json_t *rename)
{
    const json_t *path = json_array_get(rename, 0);
    struct json_step *steps = &c->steps[k * STEPS_MAX];
    struct shape_rename *to = &c->renames[k];
    for (unsigned i = 0; i < json_array_size(path); i++)
        steps[i] = (struct json_step){.name = slice_of(json_string_value(json_array_get(path, i)))};
    to->path = (struct json_path){(unsigned)json_array_size(path), steps};
    to->name = slice_of(json_string_value(json_array_get(rename, 1)));
    to->quoted = arena_print(&c->arena, "\"%.*s\"", SLICE_ARG(to->name));
}

static void compile(struct compiled *c, const struct rules *r)
{
    memset(c, 0, sizeof *c);
    arena_init(&c->arena, 65536, 1 << 20);
    for (unsigned i = 0; i < 3; i++)
        buffer_init(&c->texts[i], FIELDS_TEXT_MAX);
    c->shape.pick = compile_list(c, &c->texts[0], r->pick);
    c->shape.omit = compile_list(c, &c->texts[1], r->omit);
    c->selected = compile_list(c, &c->texts[2], r->selected);
    c->shape.renames = c->renames;
    c->shape.n_renames = (unsigned)json_array_size(r->renames);
    for (unsigned i = 0; i < c->shape.n_renames; i++)
        compile_rename(c, i, json_array_get(r->renames, i));
}

static void compiled_done(struct compiled *c)
{
    for (unsigned i = 0; i < 3; i++)
        buffer_done(&c->texts[i]);
    arena_done(&c->arena);
}

/* What was merged, written and read again is the same tree. */
static const struct fields *written_and_read(struct compiled *c, const struct fields *f)
{
    struct buffer first, second;
    buffer_init(&first, 65536);
    buffer_init(&second, 65536);
    assert_true(fields_write(f, &first));
    struct slice text = arena_copy(&c->arena, buffer_slice(&first));
    struct fields_result r = fields_parse(text, &c->arena);
    assert_int_equal(r.verdict, FIELDS_GOOD);
    assert_true(fields_write(r.fields, &second));
    assert_true(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    buffer_done(&first);
    buffer_done(&second);
    return r.fields;
}

static struct rules some_rules(void)
{
    struct rules r = {
        .pick = one_in(2) ? a_list(3) : json_true(),
        .omit = one_in(2) ? a_list(3) : NULL,
        .selected = one_in(2) ? a_list(3) : json_true(),
        .renames = json_array(),
    };
    for (uint64_t left = one_in(2) ? random_below(&rnd, RENAMES_MAX + 1) : 0; left > 0; left--) {
        json_t *path = json_array();
        for (uint64_t n = random_below(&rnd, STEPS_MAX) + 1; n > 0; n--)
            json_array_append_new(path, json_string(a_name()));
        json_array_append_new(r.renames, json_pack("[o,s]", path, a_name()));
    }
    return r;
}

static void tell(struct slice document, const struct rules *r, const struct compiled *c,
                 struct slice result)
{
    char *renames = json_dumps(r->renames, JSON_COMPACT);
    print_message("document %.*s\npick %.*s\nomit %.*s\nselected %.*s\nrenames %s\nresult %.*s\n",
                  SLICE_ARG(document), SLICE_ARG(buffer_slice(&c->texts[0])),
                  SLICE_ARG(buffer_slice(&c->texts[1])), SLICE_ARG(buffer_slice(&c->texts[2])),
                  renames, SLICE_ARG(result));
    free(renames);
}

static void check(struct slice document, const struct rules *r)
{
    struct compiled c;
    compile(&c, r);
    if (c.shape.pick && one_in(2))
        c.shape.pick = written_and_read(&c, c.shape.pick);
    if (c.selected && one_in(2))
        c.selected = written_and_read(&c, c.selected);
    struct pieces out = pieces_in(&c.arena);
    assert_int_equal(scan_json(document, 64).verdict, SCAN_OK);
    assert_int_equal(shape_apply(&c.shape, c.selected, document, &out), SHAPE_GOOD);
    struct slice result = pieces_join(&out);
    assert_int_equal(scan_json(result, 64).verdict, SCAN_OK);
    json_t *before = json_loadb(document.at, document.n, JSON_DECODE_ANY, NULL);
    json_t *after = json_loadb(result.at, result.n, JSON_DECODE_ANY, NULL);
    json_t *expected = left_of_root(before, r);
    bool is_same = json_equal(after, expected);
    if (!is_same)
        tell(document, r, &c, result);
    assert_true(is_same);
    json_decref(expected);
    json_decref(before);
    json_decref(after);
    compiled_done(&c);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void leaving_out_and_reading_is_reading_and_leaving_out(void **state)
{
    (void)state;
    random_init(&rnd);
    uint64_t seed = number_from("SHEAF_SEED", random_next(&rnd) >> 32);
    uint64_t n_rounds = number_from("SHEAF_ROUNDS", 3000);
    print_message("SHEAF_SEED=%llu\n", (unsigned long long)seed);
    random_init_seeded(&rnd, seed);
    for (uint64_t i = 0; i < n_rounds; i++) {
        struct buffer document;
        buffer_init(&document, 1 << 20);
        write_value(&document, 5);
        for (unsigned k = 0; k < 3; k++) {
            struct rules r = some_rules();
            check(buffer_slice(&document), &r);
            rules_done(&r);
        }
        buffer_done(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaving_out_and_reading_is_reading_and_leaving_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
