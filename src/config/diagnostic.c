/* diagnostic.c - sorts what is wrong and shows it
 *
 * Complaints come in the order in which things are read, which is not the order of the file. A
 * mistake under `defaults` is found in each thing that has it and shown once.
 */
#include "config/diagnostic.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/utf8.h"
#include "wire/token.h"

enum {
    FILE_BYTES = 4 * 1024 * 1024,
    SHOWN_BYTES = 480 /* of a line; a longer one is shown from near the place on */
};

void diagnostic_add(struct diagnostics *d, enum rule rule, struct place place, const char *message)
{
    if (d->n == DIAGNOSTIC_MAX)
        return;
    if (d->n == d->capacity) {
        unsigned capacity = d->capacity ? d->capacity * 2 : 16;
        struct diagnostic *grown = reallocarray(d->items, capacity, sizeof *grown);
        CHECK(grown);
        d->items = grown;
        d->capacity = capacity;
    }
    d->items[d->n] = (struct diagnostic){rule, place, message, d->n};
    d->n++;
}

void diagnostic_done(struct diagnostics *d)
{
    free(d->items);
    *d = (struct diagnostics){0};
}

static int compare(const void *a, const void *b)
{
    const struct diagnostic *x = a;
    const struct diagnostic *y = b;
    unsigned left = x->place.document ? x->place.document->order : 0;
    unsigned right = y->place.document ? y->place.document->order : 0;
    if (left != right)
        return left < right ? -1 : 1;
    if (x->place.offset != y->place.offset)
        return x->place.offset < y->place.offset ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* What is no text becomes "?", so that a file cannot paint the terminal. */
static void put_line(struct buffer *out, struct slice line)
{
    for (size_t i = 0; i < line.n;) {
        unsigned char c = (unsigned char)line.at[i];
        struct utf8_step step = utf8_step(slice_after(line, i));
        bool is_shown = step.is_wellformed && (c >= 0x20 || c == '\t') && c != 0x7f;
        (void)!buffer_append(out, is_shown ? (struct slice){line.at + i, step.n} : SLICE("?"));
        i += step.n;
    }
    (void)!buffer_append(out, SLICE("\n"));
}

/* Tabs stay tabs, so that the caret stands under its character. */
static void put_caret(struct buffer *out, struct slice before)
{
    for (size_t i = 0; i < before.n; i++)
        if (!is_continuation(before.at[i]))
            (void)!buffer_append(out, before.at[i] == '\t' ? SLICE("\t") : SLICE(" "));
    (void)!buffer_append(out, SLICE("^\n"));
}

/* Of a very long line, what is around the place. *before is the place's offset in it. */
static struct slice window(struct slice line, size_t *before)
{
    size_t start = *before > SHOWN_BYTES / 2 ? *before - SHOWN_BYTES / 2 : 0;
    if (line.n <= SHOWN_BYTES)
        return line;
    while (start < *before && is_continuation(line.at[start]))
        start++;
    size_t end = start + SHOWN_BYTES < line.n ? start + SHOWN_BYTES : line.n;
    while (end < line.n && end > *before && is_continuation(line.at[end]))
        end--;
    *before -= start;
    return (struct slice){line.at + start, end - start};
}

static bool ends_url(char c)
{
    return c == ' ' || c == '\t';
}

/* What a line's URLs have before an "@" may be a password, whatever else is wrong on that line. */
static void hide_users(struct document *d, struct slice line)
{
    for (size_t i = 0; i + 3 <= line.n; i++) {
        size_t start = i + 3;
        size_t end = start;
        if (memcmp(line.at + i, "://", 3) != 0)
            continue;
        for (size_t k = start; k < line.n && !ends_url(line.at[k]); k++)
            end = line.at[k] == '@' ? k : end;
        document_hide((struct place){d, (size_t)(line.at - d->text.at) + start}, end - start);
        i = end;
    }
}

/* A scalar that may be a secret: what is in its quotes, else up to what ends it in a flow map, else
 * all. */
static struct slice secret_of(struct slice text, bool is_in_flow)
{
    if (text.at[0] == '"' || text.at[0] == '\'')
        return (struct slice){text.at + 1, document_quoted_n(slice_after(text, 1), text.at[0])};
    size_t n = 0;
    while (n < text.n && !(is_in_flow && (text.at[n] == ',' || text.at[n] == '}')))
        n++;
    return (struct slice){text.at, n};
}

/* Nothing is before it on its line, or what a key may come behind. */
static bool is_first(struct slice before)
{
    while (before.n && strchr(" \t\"'", before.at[before.n - 1]))
        before.n--;
    return before.n == 0 || strchr("-,{[", before.at[before.n - 1]);
}

/* Behind a key, which may stand in quotes and lack its colon: its value, or nothing. */
static struct slice value_behind(struct slice before, struct slice rest)
{
    bool is_apart = rest.n && strchr(" \t\"'", rest.at[0]);
    if (rest.n && (rest.at[0] == '"' || rest.at[0] == '\''))
        rest = slice_after(rest, 1);
    rest = token_trim(rest);
    if (rest.n && rest.at[0] == ':')
        return token_trim(slice_after(rest, 1));
    return is_apart && is_first(before) ? rest : SLICE_NONE;
}

/* A map, as {file: NAME}, is no secret; what else is behind a brace may be one. */
static struct slice pass_brace(struct slice value)
{
    if (!value.n || value.at[0] != '{')
        return value;
    return memchr(value.at, ':', value.n) ? SLICE_NONE : token_trim(slice_after(value, 1));
}

/* Where the key begins, in letters of any case; all where it does not. */
static size_t find_key(struct slice text, struct slice key)
{
    size_t i = 0;
    while (i < text.n && !slice_starts_nocase(slice_after(text, i), key))
        i++;
    return i;
}

/* ${NAME} and nothing else: no default, and nothing behind it. In a flow map the brace that closes
 * it is not taken for the secret's. */
static bool is_reference(struct slice secret)
{
    size_t i = 2;
    if (!slice_starts(secret, SLICE("${")))
        return false;
    while (i < secret.n && (isalnum((unsigned char)secret.at[i]) || secret.at[i] == '_'))
        i++;
    return i == secret.n || (secret.at[i] == '}' && i + 1 == secret.n);
}

/* What stands behind the key, as far as one line tells. */
static void hide_secret(struct document *d, struct slice line, struct slice key)
{
    struct slice rest = line;
    for (;;) {
        size_t at = find_key(rest, key);
        if (at == rest.n)
            break;
        struct slice before = {line.at, (size_t)(rest.at - line.at) + at};
        rest = slice_after(rest, at + key.n);
        struct slice value = pass_brace(value_behind(before, rest));
        if (!value.n)
            continue;
        struct slice secret = secret_of(value, memchr(line.at, '{', before.n));
        if (!is_reference(secret))
            document_hide((struct place){d, (size_t)(secret.at - d->text.at)}, secret.n);
    }
}

static const struct slice secret_keys[] = {SLICE_INIT("bearer"), SLICE_INIT("password"),
                                           SLICE_INIT("client_secret")};

bool diagnostic_has_secret(struct slice line)
{
    for (size_t i = 0; i < sizeof secret_keys / sizeof *secret_keys; i++)
        if (find_key(line, secret_keys[i]) < line.n)
            return true;
    return false;
}

/* Where the syntax is wrong, or a file is shown again, nobody knows what a line belongs to. */
static void hide_secrets(struct document *d, struct slice line)
{
    for (size_t i = 0; i < sizeof secret_keys / sizeof *secret_keys; i++)
        hide_secret(d, line, secret_keys[i]);
}

void diagnostic_hide(struct place place)
{
    struct slice line = document_line(place);
    hide_users(place.document, line);
    hide_secrets(place.document, line);
}

static void put_source(struct buffer *out, struct place place)
{
    struct slice line = document_line(place);
    if (!place.document || !line.at)
        return;
    diagnostic_hide(place);
    size_t before = (size_t)(place.document->text.at + place.offset - line.at);
    if (before > line.n)
        before = line.n;
    line = window(line, &before);
    put_line(out, line);
    put_caret(out, (struct slice){line.at, before});
}

static bool is_same(const struct diagnostic *a, const struct diagnostic *b)
{
    return a->place.document == b->place.document && a->place.offset == b->place.offset &&
           strcmp(a->message, b->message) == 0;
}

/* The same fault of a default is found once in each that has it. */
static bool is_told(const struct diagnostics *d, unsigned i)
{
    for (unsigned k = i; k > 0 && d->items[k - 1].place.offset == d->items[i].place.offset; k--)
        if (is_same(&d->items[k - 1], &d->items[i]))
            return true;
    return false;
}

void diagnostic_write(struct diagnostics *d, struct buffer *out)
{
    if (d->n)
        qsort(d->items, d->n, sizeof *d->items, compare);
    for (unsigned i = 0; i < d->n; i++) {
        if (is_told(d, i))
            continue;
        struct config_position p = document_position(d->items[i].place);
        if (!buffer_print(out, "%s:%u:%u: error: %s\n", p.file, p.line, p.column,
                          d->items[i].message))
            return;
        put_source(out, d->items[i].place);
    }
}

static struct place find_place(struct document *d, const struct config_position *at)
{
    if (at->line == 0 || at->line > d->n_lines)
        return (struct place){0};
    struct place place = {d, d->lines[at->line - 1]};
    for (unsigned column = 1; column < at->column && place.offset < d->text.n; column++)
        do
            place.offset++;
        while (place.offset < d->text.n && is_continuation(d->text.at[place.offset]));
    return place;
}

void diagnostic_show(const struct config_position *at, const char *message, struct buffer *out)
{
    struct arena scratch;
    arena_init(&scratch, FILE_BYTES / 64, 4 * (size_t)FILE_BYTES);
    struct document d = {.name = at->file, .path = at->file, .is_included = true};
    bool is_told =
        buffer_print(out, "%s:%u:%u: error: %s\n", at->file, at->line, at->column, message);
    if (is_told && document_read(&d, FILE_BYTES, &scratch) == FAULT_NONE)
        put_source(out, find_place(&d, at));
    arena_done(&scratch);
}
