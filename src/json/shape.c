/* shape.c - one walk over a document that keeps what all rules leave of it
 *
 * Each level of the document is met with what the rules say of it: what is picked, omitted and
 * selected there, and which renames lead here. A value that none of them says anything about is
 * kept as it stands, without a look inside. Commas and brackets are the document's own, so that
 * neighbours which are kept are one slice.
 */
#include "json/shape.h"

#include "json/text.h"
#include "json/walk.h"

/* What is said of one value. */
struct rules {
    const struct fields *pick, *selected; /* fields_all: everything */
    const struct fields *omit;            /* NULL: nothing */
    uint64_t renames;                     /* a bit each: the path has led here */
    unsigned depth;                       /* names on the way here */
};

struct shaper {
    const struct shape_rename *renames;
    bool keeps_names;
    const char *end; /* of the document */
    struct pieces *out;
    const char *from, *to; /* kept, and not yet there: what touches it joins it */
    char *scratch;         /* for names with escapes */
    size_t n_scratch;
};

/* A container whose items go out or do not. */
struct sieve {
    const char *open;   /* its bracket */
    const char *behind; /* the last item that was looked at; at first the bracket */
    bool has_kept;      /* any */
    bool is_kept;       /* the last one; true before the first, which has no comma to lose */
};

static bool keeps_all(const struct rules *r)
{
    return r->pick->is_all && r->selected->is_all && !r->omit && !r->renames;
}

/* Names that are asked for in what cannot have any. */
static bool is_left_out(const struct rules *r, const char *value)
{
    return *value != '{' && *value != '[' && !(r->pick->is_all && r->selected->is_all);
}

static bool flush(struct shaper *s)
{
    return pieces_add(s->out, (struct slice){s->from, (size_t)(s->to - s->from)});
}

static bool emit(struct shaper *s, const char *from, const char *to)
{
    bool is_good = from == s->to || flush(s);
    s->from = from == s->to ? s->from : from;
    s->to = to;
    return is_good;
}

static struct sieve sieve_begin(const char *open)
{
    return (struct sieve){.open = open, .behind = open + 1, .is_kept = true};
}

/* Gives an item out up to `to`, with the comma before it unless it is the first to be kept. */
static bool sieve_keep(struct shaper *s, struct sieve *v, const char *item, const char *to)
{
    bool is_first = v->behind == v->open + 1;
    v->is_kept = true;
    if (v->has_kept)
        return emit(s, v->behind, to);
    v->has_kept = true;
    return is_first ? emit(s, v->open, to) : emit(s, v->open, v->open + 1) && emit(s, item, to);
}

static bool sieve_end(struct shaper *s, const struct sieve *v, const char *close)
{
    if (!v->has_kept && v->behind == v->open + 1)
        return emit(s, v->open, close + 1);
    if (!v->has_kept && !emit(s, v->open, v->open + 1))
        return false;
    return emit(s, v->is_kept ? v->behind : close, close + 1);
}

/* The name with escapes read; at is NULL where the arena is full. */
static struct slice unescaped(struct shaper *s, struct slice quoted)
{
    if (s->n_scratch < quoted.n) {
        s->n_scratch = 2 * quoted.n;
        s->scratch = arena_take(s->out->arena, s->n_scratch);
        if (!s->scratch)
            return SLICE_NONE;
    }
    return (struct slice){s->scratch, text_unquote(s->scratch, quoted)};
}

/* Which renames lead on by the name; *here is the one that ends with it, or NULL. */
static uint64_t follow_renames(const struct shaper *s, const struct rules *r, struct slice name,
                               const struct shape_rename **here)
{
    uint64_t on = 0;
    for (uint64_t left = r->renames; left; left &= left - 1) {
        const struct shape_rename *rename = &s->renames[__builtin_ctzll(left)];
        if (!slice_equal(rename->path.steps[r->depth].name, name))
            continue;
        if (rename->path.n_steps == r->depth + 1)
            *here = rename;
        else
            on |= left & -left;
    }
    return on;
}

static inline const struct fields *below(const struct fields *f, struct slice name)
{
    return f->is_all ? f : fields_below(f, name);
}

/* What is said of the member; false: it is left out. */
static bool rules_below(const struct shaper *s, const struct rules *r, struct slice name,
                        struct rules *b, const struct shape_rename **rename)
{
    b->pick = below(r->pick, name);
    if (!b->pick)
        return false;
    b->omit = r->omit ? below(r->omit, name) : NULL;
    if (b->omit && b->omit->is_all)
        return false;
    b->renames = r->renames ? follow_renames(s, r, name, rename) : 0;
    b->selected = below(r->selected, *rename ? (*rename)->name : name);
    b->depth = r->depth + 1;
    return b->selected;
}

static const char *shape_value(struct shaper *s, const struct rules *r, const char *at);

static const char *shape_array(struct shaper *s, const struct rules *r, const char *open)
{
    struct walk w = {.at = open + 1, .end = s->end};
    struct sieve v = sieve_begin(open);
    while (walk_to_element(&w)) {
        v.is_kept = false;
        if (is_left_out(r, w.at))
            w.at = walk_over(w.at, w.end);
        else
            w.at = sieve_keep(s, &v, w.at, w.at) ? shape_value(s, r, w.at) : NULL;
        if (!w.at)
            return NULL;
        v.behind = w.at;
    }
    return sieve_end(s, &v, w.at) ? w.at + 1 : NULL;
}

/* The name that goes out, and what is between it and the value. */
static bool keep_name(struct shaper *s, struct sieve *v, struct slice name,
                      const struct shape_rename *rename, const char *value)
{
    if (!rename)
        return sieve_keep(s, v, name.at, value);
    return sieve_keep(s, v, name.at, name.at) &&
           emit(s, rename->quoted.at, rename->quoted.at + rename->quoted.n) &&
           emit(s, name.at + name.n, value);
}

static bool stays_for_its_name(const struct shaper *s, const struct rules *r)
{
    return s->keeps_names && r->depth == 1 && r->pick->is_all;
}

/* Behind the member at whose value the walk is; NULL: no room. */
static const char *shape_member(struct shaper *s, const struct rules *r, struct sieve *v,
                                const struct walk *w, struct slice quoted)
{
    struct rules rules;
    const struct shape_rename *rename = NULL;
    struct slice name = {quoted.at + 1, quoted.n - 2};
    if (w->has_escapes)
        name = unescaped(s, quoted);
    if (!name.at)
        return NULL;
    if (!rules_below(s, r, name, &rules, &rename) ||
        (is_left_out(&rules, w->at) && !stays_for_its_name(s, &rules)))
        return walk_over(w->at, w->end);
    return keep_name(s, v, quoted, rename, w->at) ? shape_value(s, &rules, w->at) : NULL;
}

static const char *shape_object(struct shaper *s, const struct rules *r, const char *open)
{
    struct walk w = {.at = open + 1, .end = s->end};
    struct sieve v = sieve_begin(open);
    struct slice name;
    while (walk_to_member(&w, &name)) {
        v.is_kept = false;
        w.at = shape_member(s, r, &v, &w, name);
        if (!w.at)
            return NULL;
        v.behind = w.at;
    }
    return sieve_end(s, &v, w.at) ? w.at + 1 : NULL;
}

/* Behind the value that begins at `at`; NULL: no room. */
static const char *shape_value(struct shaper *s, const struct rules *r, const char *at)
{
    if (!keeps_all(r) && *at == '{')
        return shape_object(s, r, at);
    if (!keeps_all(r) && *at == '[')
        return shape_array(s, r, at);
    const char *behind = walk_over(at, s->end);
    return emit(s, at, behind) ? behind : NULL;
}

static uint64_t first_bits(unsigned n)
{
    return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

enum shape_verdict shape_apply(const struct shape *shape, const struct fields *selected,
                               struct slice json, struct pieces *out)
{
    static const struct shape none;
    shape = shape ? shape : &none;
    struct slice root = walk_root(json).text;
    struct shaper s = {.renames = shape->renames,
                       .keeps_names = shape->keeps_names,
                       .end = root.at + root.n,
                       .out = out};
    struct rules r = {
        .pick = shape->pick ? shape->pick : &fields_all,
        .selected = selected ? selected : &fields_all,
        .omit = shape->omit,
        .renames = first_bits(shape->n_renames),
    };
    bool is_good = keeps_all(&r) ? emit(&s, root.at, s.end) : shape_value(&s, &r, root.at) != NULL;
    return is_good && flush(&s) ? SHAPE_GOOD : SHAPE_NO_ROOM;
}

/* Is anything left of a member of that name in the document? */
static bool keeps(const struct shape *s, struct slice name)
{
    const struct fields *omitted = s->omit ? fields_below(s->omit, name) : NULL;
    return (!s->pick || fields_below(s->pick, name)) && !(omitted && omitted->is_all);
}

bool shape_may_give(const struct shape *shape, struct slice name)
{
    bool is_renamed = false;
    for (unsigned i = 0; i < shape->n_renames; i++) {
        const struct shape_rename *r = &shape->renames[i];
        if (r->path.n_steps != 1)
            continue;
        struct slice before = r->path.steps[0].name;
        if (slice_equal(r->name, name) && keeps(shape, before))
            return true;
        is_renamed |= slice_equal(before, name);
    }
    return !is_renamed && keeps(shape, name);
}
