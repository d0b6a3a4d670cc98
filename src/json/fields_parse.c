/* fields_parse.c - the grammar of partial responses, and its canonical text
 *
 *   list = item *("," item)    item = step ["/" item / "(" list ")"]    step = name / "*"
 *
 * A name is any UTF-8 but , ( ) / *, white space and control characters. Depth is bounded, so the
 * recursion is.
 */
#include <stdint.h>

#include "base/utf8.h"
#include "json/fields_internal.h"

/* Members of levels that are still open lie on one stack, the deepest level's on top: by their
 * names, which may stand several times, until the level is closed. "*" has the empty name. */
struct parser {
    struct slice text;
    size_t at;
    unsigned n_names;
    struct fields_builder builder;
    struct fields_result result;
    struct fields_member stack[FIELDS_NAMES_MAX];
    unsigned n_stack;
};

static bool is_name_byte(char c)
{
    /* A bit for each of ASCII: what can be seen, but ( ) * , / are none. */
    static const uint64_t ascii[2] = {UINT64_C(0xffff68fe00000000), UINT64_C(0x7fffffffffffffff)};
    unsigned char u = (unsigned char)c;
    return u >= 0x80 || (ascii[u / 64] >> u % 64 & 1);
}

static char next(const struct parser *p)
{
    return p->at < p->text.n ? p->text.at[p->at] : '\0';
}

static bool accept(struct parser *p, char c)
{
    bool is_there = p->at < p->text.n && p->text.at[p->at] == c;
    p->at += is_there;
    return is_there;
}

/* A whole name, or one character of any other kind; empty at the end. */
static struct slice token_at(const struct parser *p, size_t at)
{
    struct slice rest = slice_after(p->text, at);
    size_t n = 0;
    while (n < rest.n && is_name_byte(rest.at[n]))
        n++;
    if (n == 0 && rest.n > 0)
        n = utf8_step(rest).n;
    return (struct slice){rest.at, n};
}

static const struct fields *fail(struct parser *p, enum fields_verdict verdict, size_t offset,
                                 const char *expected)
{
    p->result = (struct fields_result){
        .verdict = verdict,
        .offset = offset,
        .token = token_at(p, offset),
        .expected = expected,
    };
    return NULL;
}

/* A level or a merge could not be made. */
static const struct fields *fail_to_build(struct parser *p, size_t offset)
{
    return p->builder.is_too_many ? fail(p, FIELDS_TOO_MANY, offset, "fewer names")
                                  : fail(p, FIELDS_NO_ROOM, offset, "fewer names");
}

/* The first of the level's members on the stack whose name is behind this one. */
static struct fields_member *place_of(struct parser *p, unsigned first, struct slice name)
{
    unsigned from = first, to = p->n_stack;
    while (from < to) {
        unsigned middle = (from + to) / 2;
        bool is_behind = fields_compare_names(p->stack[middle].name, name) > 0;
        from = is_behind ? from : middle + 1;
        to = is_behind ? middle : to;
    }
    return &p->stack[from];
}

/* Puts a member where it belongs in its level, which begins there on the stack. */
static void add_member(struct parser *p, unsigned first, struct fields_member member)
{
    struct fields_member *at = place_of(p, first, member.name);
    memmove(at + 1, at, (size_t)(&p->stack[p->n_stack] - at) * sizeof *at);
    *at = member;
    p->n_stack++;
}

/* What n mentions of one name ask for together. By halves: each merge makes its level anew. */
static const struct fields *merge_mentions(struct fields_builder *b, const struct fields_member *m,
                                           unsigned n)
{
    if (n == 1)
        return m->below;
    const struct fields *x = merge_mentions(b, m, n / 2);
    const struct fields *y = x ? merge_mentions(b, m + n / 2, n - n / 2) : NULL;
    return y ? fields_build_merged(b, x, y) : NULL;
}

static unsigned count_mentions(const struct parser *p, unsigned at)
{
    unsigned end = at + 1;
    while (end < p->n_stack && slice_equal(p->stack[end].name, p->stack[at].name))
        end++;
    return end - at;
}

/* The one member of all that are mentioned from there on. false: it could not be made. */
static bool take_member(struct parser *p, unsigned *at, struct fields_member *member)
{
    unsigned n = count_mentions(p, *at);
    *member = p->stack[*at];
    member->below = merge_mentions(&p->builder, &p->stack[*at], n);
    *at += n;
    return member->below;
}

/* Takes the level's members from the stack. */
static const struct fields *close_level(struct parser *p, unsigned first)
{
    struct fields_builder *b = &p->builder;
    struct fields_level level;
    struct fields_member any = {.below = NULL}, member;
    unsigned at = first;
    if (p->stack[at].name.n == 0 && !take_member(p, &at, &any))
        return fail_to_build(p, any.offset);
    if (!fields_level_init(b, &level, p->n_stack - at, any.below))
        return fail_to_build(p, 0);
    while (at < p->n_stack) {
        bool is_made = take_member(p, &at, &member);
        member.below = is_made ? fields_build_merged(b, member.below, any.below) : NULL;
        if (!member.below || !fields_level_add(b, &level, member))
            return fail_to_build(p, member.offset);
    }
    p->n_stack = first;
    const struct fields *f = fields_level_done(b, &level);
    return f ? f : fail_to_build(p, 0);
}

static const struct fields *parse_list(struct parser *p, unsigned depth);
static const struct fields *parse_below(struct parser *p, unsigned depth);

static bool parse_item(struct parser *p, unsigned first, unsigned depth)
{
    size_t offset = p->at;
    struct slice name = token_at(p, offset);
    bool is_any = next(p) == '*';
    if (name.n == 0 || (!is_any && !is_name_byte(name.at[0])))
        return fail(p, FIELDS_BAD_TOKEN, offset, "a name or '*'");
    if (depth > FIELDS_DEPTH_MAX)
        return fail(p, FIELDS_TOO_DEEP, offset, "at most 8 names in each other");
    if (++p->n_names > FIELDS_NAMES_MAX)
        return fail(p, FIELDS_TOO_MANY, offset, "at most 256 names");
    p->at += name.n;
    const struct fields *below = parse_below(p, depth);
    if (!below)
        return false;
    add_member(p, first, (struct fields_member){is_any ? SLICE_NONE : name, offset, below});
    return true;
}

/* What stands behind a name: a path, a list, or nothing, which asks for all of it. */
static const struct fields *parse_below(struct parser *p, unsigned depth)
{
    if (accept(p, '/')) {
        unsigned first = p->n_stack;
        return parse_item(p, first, depth + 1) ? close_level(p, first) : NULL;
    }
    if (!accept(p, '('))
        return &fields_all;
    const struct fields *list = parse_list(p, depth + 1);
    if (list && !accept(p, ')'))
        return fail(p, FIELDS_BAD_TOKEN, p->at, "',' or ')'");
    return list;
}

static const struct fields *parse_list(struct parser *p, unsigned depth)
{
    unsigned first = p->n_stack;
    do {
        if (!parse_item(p, first, depth))
            return NULL;
    } while (accept(p, ','));
    return close_level(p, first);
}

struct fields_result fields_parse(struct slice text, struct arena *arena)
{
    struct parser p;
    p.text = text;
    p.at = 0;
    p.n_names = 0;
    p.n_stack = 0;
    p.builder = (struct fields_builder){.arena = arena};
    if (text.n > FIELDS_TEXT_MAX) {
        fail(&p, FIELDS_TOO_LONG, FIELDS_TEXT_MAX, "at most 2048 bytes");
        return p.result;
    }
    const struct fields *f = parse_list(&p, 1);
    if (f && p.at < text.n)
        f = fail(&p, FIELDS_BAD_TOKEN, p.at, "','");
    return f ? (struct fields_result){.verdict = FIELDS_GOOD, .fields = f} : p.result;
}

static const struct fields *path_member(struct slice name, size_t offset,
                                        const struct fields *below, struct arena *arena)
{
    struct fields_builder b = {.arena = arena};
    struct fields_level level;
    if (!fields_level_init(&b, &level, 1, NULL) ||
        !fields_level_add(&b, &level, (struct fields_member){name, offset, below}))
        return NULL;
    return fields_level_done(&b, &level);
}

const struct fields *fields_of_path(struct slice dotted, struct arena *arena)
{
    const struct fields *f = &fields_all;
    size_t end = dotted.n;
    unsigned depth = 0;
    do {
        size_t at = end;
        while (at > 0 && dotted.at[at - 1] != '.')
            at--;
        if (at == end || ++depth > FIELDS_DEPTH_MAX)
            return NULL;
        f = path_member((struct slice){dotted.at + at, end - at}, at, f, arena);
        if (!f || at == 0)
            return f;
        end = at - 1;
    } while (true);
}

static bool write_below(const struct fields *f, struct buffer *out)
{
    bool is_single = f->n_members + (f->any ? 1 : 0) == 1;
    if (f->is_all)
        return true;
    if (is_single)
        return buffer_append(out, SLICE("/")) && fields_write(f, out);
    return buffer_append(out, SLICE("(")) && fields_write(f, out) && buffer_append(out, SLICE(")"));
}

bool fields_write(const struct fields *f, struct buffer *out)
{
    bool is_good = true;
    if (f->is_all || f->any)
        is_good = buffer_append(out, SLICE("*"));
    if (f->any)
        is_good = is_good && write_below(f->any, out);
    for (unsigned i = 0; is_good && i < f->n_members; i++) {
        bool is_first = i == 0 && !f->any;
        is_good = (is_first || buffer_append(out, SLICE(","))) &&
                  buffer_append(out, f->members[i].name) && write_below(f->members[i].below, out);
    }
    return is_good;
}
