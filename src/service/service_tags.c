/* service_tags.c - three ways to write a list of names */
#include "service/service_tags.h"

#include "wire/token.h"

static bool is_tag(struct slice text)
{
    return text.n && text.n <= SERVICE_TAG_MAX;
}

static bool has(const struct service_tags *t, struct slice tag)
{
    for (unsigned i = 0; i < t->n; i++)
        if (slice_equal(t->at[i], tag))
            return true;
    return false;
}

bool service_tags_add(struct service_tags *t, struct slice tag)
{
    if (!is_tag(tag) || t->n == SERVICE_TAGS_MAX || has(t, tag))
        return false;
    t->at[t->n++] = tag;
    return true;
}

void service_tags_add_record(struct service_tags *t, const struct record *r)
{
    struct slice tag;
    for (size_t at = 0; record_next_tag(r, &at, &tag);)
        service_tags_add(t, tag);
}

bool service_tags_are_of(const struct record *r, const struct slice *tags, unsigned n)
{
    struct service_tags of_record = {.n = 0};
    service_tags_add_record(&of_record, r);
    for (unsigned i = 0; i < n; i++)
        if (is_tag(tags[i]) && !has(&of_record, tags[i]))
            return false;
    return true;
}

static void read_words(struct service_tags *t, struct slice value)
{
    while (value.n) {
        size_t n = 0;
        while (n < value.n && value.at[n] != ' ' && value.at[n] != '\t')
            n++;
        service_tags_add(t, (struct slice){value.at, n});
        value = slice_after(value, n < value.n ? n + 1 : n);
    }
}

static void read_list(struct service_tags *t, struct slice value)
{
    struct slice tag;
    while (token_next(&value, &tag))
        service_tags_add(t, tag);
}

/* The text of an sf-string whose opening quote is the first byte: printable ASCII, with \" and \\.
 * *n: its bytes in the value, the quotes included. false: it is none. */
static bool unquote(struct slice from, struct arena *arena, struct slice *text, size_t *n)
{
    char *to = arena_take(arena, from.n);
    size_t length = 0;
    for (size_t i = 1; to && i < from.n; i++) {
        char c = from.at[i];
        if (c == '"') {
            *text = (struct slice){to, length};
            *n = i + 1;
            return true;
        }
        if (c < 0x20 || c > 0x7e)
            return false;
        if (c == '\\' && (++i == from.n || (from.at[i] != '"' && from.at[i] != '\\')))
            return false;
        to[length++] = from.at[i];
    }
    return false;
}

/* Parameters of a member say nothing to us. */
static struct slice after_parameters(struct slice s)
{
    size_t n = 0;
    while (n < s.n && s.at[n] != ',')
        n++;
    return slice_after(s, n);
}

static bool has_only_parameters(struct slice s)
{
    return s.n == 0 || s.at[0] == ',' || s.at[0] == ';' || s.at[0] == ' ' || s.at[0] == '\t';
}

/* All of it or nothing: a list that is broken somewhere is no list (RFC 9651 4.2). */
static void read_strings(struct service_tags *t, struct slice value, struct arena *arena)
{
    struct service_tags read = *t;
    size_t n;
    struct slice text;
    for (struct slice rest = token_trim(value); rest.n;) {
        if (rest.at[0] != '"' || !unquote(rest, arena, &text, &n) ||
            !has_only_parameters(slice_after(rest, n)))
            return;
        service_tags_add(&read, text);
        rest = after_parameters(slice_after(rest, n));
        if (!rest.n)
            break;
        rest = token_trim(slice_after(rest, 1));
        if (!rest.n) /* a comma at the end */
            return;
    }
    *t = read;
}

void service_tags_read(struct service_tags *t, struct slice name, struct slice value,
                       struct arena *arena)
{
    if (token_equals(name, SLICE("cache-groups")))
        read_strings(t, value, arena);
    else if (token_equals(name, SLICE("surrogate-key")))
        read_words(t, value);
    else if (token_equals(name, SLICE("cache-tag")))
        read_list(t, value);
}
