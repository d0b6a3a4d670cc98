/* node_environment.c - ${NAME} and ${NAME:-default} in scalars
 *
 * Replaced after parsing, so that no value can add structure; which bytes came so is noted, for
 * messages not to tell them and templates to take them as they are (reading_mask.h). "$${" stands
 * for "${". As in a shell, a default stands in for what is unset or empty.
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "config/node_internal.h"
#include "wire/target.h"

enum {
    ADDED_MAX = 1024 * 1024,
    NAME_MAX_BYTES = 256
};

struct reference {
    struct slice name;
    bool has_default;
    struct slice otherwise;
    size_t n; /* bytes, from "$" to "}" */
};

static bool is_name_byte(char c, bool is_first)
{
    return c == '_' || isalpha((unsigned char)c) || (!is_first && isdigit((unsigned char)c));
}

/* text begins with "${". */
static bool split_reference(struct slice text, struct reference *out)
{
    const char *end = memchr(text.at, '}', text.n);
    if (!end)
        return false;
    struct slice inside = {text.at + 2, (size_t)(end - text.at) - 2};
    size_t n = 0;
    while (n < inside.n && is_name_byte(inside.at[n], n == 0))
        n++;
    *out = (struct reference){.name = {inside.at, n}, .n = inside.n + 3};
    struct slice rest = slice_after(inside, n);
    out->has_default = slice_starts(rest, SLICE(":-"));
    if (out->has_default)
        out->otherwise = slice_after(rest, 2);
    return n > 0 && n < NAME_MAX_BYTES && (rest.n == 0 || out->has_default);
}

/* at is NULL where it is unset. */
static struct slice value_of(struct slice name)
{
    char copy[NAME_MAX_BYTES];
    memcpy(copy, name.at, name.n);
    copy[name.n] = '\0';
    const char *value = getenv(copy);
    return value ? slice_of(value) : SLICE_NONE;
}

struct replacement {
    struct reading *r;
    const struct node *scalar; /* as it was */
    struct buffer out;
    struct reading_span *spans;
    size_t n_spans;
    bool failed;
};

static void put(struct replacement *p, size_t offset, struct slice text)
{
    if (p->failed || buffer_append(&p->out, text))
        return;
    reading_complain(p->r, RULE_BIG, node_place_in(p->r, p->scalar, offset),
                     "the text becomes too long; the environment may add 1 MiB to it");
    p->failed = true;
}

/* In lower case it was probably to be a parameter. */
static void tell_unset(struct reading *r, struct place place, const char *name)
{
    const char *otherwise =
        islower((unsigned char)name[0]) ? reading_print(r, ", or {%s} for a parameter", name) : "";
    reading_complain(r, RULE_ENVIRONMENT_UNSET, place,
                     "the environment variable %s is not set; set it, or write ${%s:-default}%s",
                     name, name, otherwise);
}

static void put_value(struct replacement *p, size_t offset, const struct reference *ref,
                      struct slice value)
{
    struct slice written = {p->scalar->text.at + offset, ref->n};
    bool is_default = value.n == 0 && ref->has_default;
    size_t at = p->out.n;
    put(p, offset, is_default ? ref->otherwise : value);
    if (!p->failed)
        p->spans[p->n_spans++] =
            (struct reading_span){at, p->out.n - at, written, .is_default = is_default};
}

/* Puts what stands for the reference at the offset. */
static void put_reference(struct replacement *p, size_t offset, const struct reference *ref)
{
    struct slice value = value_of(ref->name);
    struct place place = node_place_in(p->r, p->scalar, offset);
    const char *name = reading_show(p->r, ref->name);
    if (!value.at && !ref->has_default)
        tell_unset(p->r, place, name);
    else if (value.at && !target_is_utf8(value))
        reading_complain(p->r, RULE_ENVIRONMENT, place,
                         "the environment variable %s is not UTF-8; set it to text", name);
    else
        put_value(p, offset, ref, value);
}

/* Puts what begins at the offset; gives how many bytes it takes there. */
static size_t put_next(struct replacement *p, size_t offset)
{
    struct reference ref;
    struct slice rest = slice_after(p->scalar->text, offset);
    if (slice_starts(rest, SLICE("$${"))) {
        put(p, offset, SLICE("${"));
        return 3;
    }
    if (!slice_starts(rest, SLICE("${"))) {
        put(p, offset, (struct slice){rest.at, 1});
        return 1;
    }
    if (split_reference(rest, &ref)) {
        put_reference(p, offset, &ref);
        return ref.n;
    }
    reading_complain(p->r, RULE_ENVIRONMENT, node_place_in(p->r, p->scalar, offset),
                     "'${' begins the name of an environment variable; write ${NAME} or"
                     " ${NAME:-default}, or $${ for the text itself");
    return 2;
}

/* The most references that a text can have. */
static size_t max_spans(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += slice_starts(slice_after(text, i), SLICE("${"));
    return n;
}

void node_replace_environment(struct reading *r, struct node *n)
{
    unsigned told_before = r->diagnostics.n;
    if (!memmem(n->text.at, n->text.n, "${", 2))
        return;
    struct replacement p = {.r = r, .scalar = n};
    p.spans = reading_scratch(r, max_spans(n->text), sizeof *p.spans);
    buffer_init(&p.out, ADDED_MAX + n->text.n);
    for (size_t i = 0; i < n->text.n && !p.failed && !r->is_over;)
        i += put_next(&p, i);
    struct slice text = reading_note(r, buffer_slice(&p.out));
    size_t same = 0;
    while (same < text.n && same < n->n_verbatim && n->text.at[same] == text.at[same])
        same++;
    reading_mask(r, text, p.spans, p.n_spans);
    n->text = text;
    n->n_verbatim = same;
    n->is_told = r->diagnostics.n > told_before;
    buffer_done(&p.out);
}
