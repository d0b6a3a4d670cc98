/* template_fuzz.c - templates and values: no value leaves its place
 *
 * The input is the template's text, a line break, and the value that every variable has; with a
 * tab in front of it the value is a list, cut at commas.
 */
#include "base/check.h"
#include "wire/target.h"
#include "wire/template.h"
#include "wire/token.h"

enum {
    MAX_VARIABLES = 64,
    MAX_ITEMS = 8
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct template_value value_of(struct slice text, struct slice items[MAX_ITEMS])
{
    struct template_value v = {.is_defined = text.n != 1, .text = text, .items = items};
    v.is_list = text.n && text.at[0] == '\t';
    while (v.is_list && text.n && v.n_items < MAX_ITEMS) {
        const char *comma = memchr(text.at, ',', text.n);
        size_t n = comma ? (size_t)(comma - text.at) : text.n;
        items[v.n_items++] = (struct slice){text.at, n};
        text = slice_after(text, comma ? n + 1 : n);
    }
    return v;
}

/* As many slashes and question marks as the template's own literals and operators make, each value
 * having none of its own: every byte of the result may stand in a target. */
static void check_uri(struct slice uri)
{
    for (size_t i = 0; i < uri.n; i++)
        CHECK(token_has((unsigned char)uri.at[i], TOKEN_URI));
}

static void run(struct slice text, struct slice value_text, bool is_text)
{
    struct slice items[MAX_ITEMS];
    struct template_value values[MAX_VARIABLES];
    struct template_error error = {0, NULL, NULL};
    struct template *t;
    struct arena arena;
    struct buffer out;
    size_t culprit;
    arena_init(&arena, 4096, 1 << 20);
    buffer_init(&out, 1 << 16);
    enum fault fault = is_text ? template_compile_text(text, &arena, &t, &error)
                               : template_compile(text, &arena, &t, &error);
    CHECK(fault != FAULT_CONFIG || (error.what && error.offset <= text.n));
    if (fault == FAULT_NONE && template_n_variables(t) <= MAX_VARIABLES) {
        for (size_t i = 0; i < template_n_variables(t); i++)
            values[i] = value_of(value_text, items);
        fault = template_expand(t, values, &out, &culprit);
        CHECK(fault != FAULT_CLIENT || culprit < template_n_variables(t));
        if (fault == FAULT_NONE && !is_text)
            check_uri(buffer_slice(&out));
    }
    buffer_done(&out);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *at = (const char *)data;
    const char *end = n ? memchr(at, '\n', n) : NULL;
    size_t n_text = end ? (size_t)(end - at) : n;
    struct slice value = end ? (struct slice){end + 1, n - n_text - 1} : SLICE_NONE;
    if (n > 1024)
        return 0;
    run((struct slice){at, n_text}, value, false);
    run((struct slice){at, n_text}, value, true);
    return 0;
}
