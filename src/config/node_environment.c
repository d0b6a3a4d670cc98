/* node_environment.c - ${NAME} and ${NAME:-default} in scalars
 *
 * Replaced after parsing, so that no value can add structure. "$${" stands for "${". As in a
 * shell, a default stands in for what is unset or empty.
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/check.h"
#include "config/node_internal.h"
#include "wire/target.h"

enum {
    VALUE_MAX = 1024 * 1024,
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

static struct slice value_of(struct slice name)
{
    char copy[NAME_MAX_BYTES];
    memcpy(copy, name.at, name.n);
    copy[name.n] = '\0';
    const char *value = getenv(copy);
    return value ? slice_of(value) : SLICE_NONE;
}

/* Appends what stands for the reference at the offset; gives how many bytes it takes there. */
static size_t replace_one(struct reading *r, struct node *n, size_t offset, struct buffer *out)
{
    struct reference ref;
    struct slice rest = slice_after(n->text, offset);
    struct place place = node_place_in(n, offset);
    if (!split_reference(rest, &ref)) {
        reading_complain(r, RULE_ENVIRONMENT, place,
                         "'${' begins the name of an environment variable; write ${NAME} or"
                         " ${NAME:-default}, or $${ for the text itself");
        return 2;
    }
    struct slice value = value_of(ref.name);
    const char *shown = reading_show(r, ref.name);
    if (!value.at && !ref.has_default)
        reading_complain(r, RULE_ENVIRONMENT_UNSET, place,
                         "the environment variable %s is not set; set it, or write ${%s:-default}",
                         shown, shown);
    if (value.at && !target_is_utf8(value))
        reading_complain(r, RULE_ENVIRONMENT, place,
                         "the environment variable %s is not UTF-8; set it to text", shown);
    else if (!buffer_append(out, value.n == 0 && ref.has_default ? ref.otherwise : value))
        reading_complain(r, RULE_BIG, place,
                         "the text becomes too long; a scalar has at most 1 MiB");
    return ref.n;
}

void node_replace_environment(struct reading *r, struct node *n)
{
    unsigned told_before = r->diagnostics.n;
    if (!memmem(n->text.at, n->text.n, "${", 2))
        return;
    struct buffer out;
    buffer_init(&out, VALUE_MAX + n->text.n);
    size_t i = 0;
    while (i < n->text.n) {
        struct slice rest = slice_after(n->text, i);
        bool is_escaped = slice_starts(rest, SLICE("$${"));
        if (is_escaped || !slice_starts(rest, SLICE("${"))) {
            CHECK(buffer_append(&out, is_escaped ? SLICE("${") : (struct slice){rest.at, 1}));
            i += is_escaped ? 3 : 1;
            continue;
        }
        i += replace_one(r, n, i, &out);
    }
    n->text = arena_copy(&r->scratch, buffer_slice(&out));
    CHECK(n->text.at);
    size_t same = 0;
    struct slice before = slice_after(n->place.document->text, n->text_offset);
    while (same < n->text.n && same < before.n && before.at[same] == n->text.at[same])
        same++;
    n->n_verbatim = same;
    n->is_told = r->diagnostics.n > told_before;
    buffer_done(&out);
}
