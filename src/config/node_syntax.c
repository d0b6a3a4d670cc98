/* node_syntax.c - what a YAML parser complains about, and what was probably meant
 *
 * By looks: a parser knows that a comma is missing, and cannot know that braces were meant for a
 * template. Where no trap is seen on the line, libfyaml's own words are told.
 */
#include <ctype.h>

#include "config/node_internal.h"

/* "[::1]:80" begins a list. */
static bool has_bare_address(struct slice line)
{
    for (size_t i = 0; i + 3 < line.n; i++) {
        if (line.at[i] != '[' || (i > 0 && line.at[i - 1] == '"'))
            continue;
        size_t k = i + 1;
        while (k < line.n &&
               (isxdigit((unsigned char)line.at[k]) || line.at[k] == ':' || line.at[k] == '.'))
            k++;
        if (k > i + 2 && k + 1 < line.n && line.at[k] == ']' && line.at[k + 1] == ':')
            return true;
    }
    return false;
}

/* A brace that begins a name right behind a path's characters: a template inside of { } or [ ]. */
static bool has_bare_template(struct slice line)
{
    bool is_flow = false;
    for (size_t i = 0; i + 1 < line.n; i++) {
        char next = line.at[i + 1];
        bool begins_name = isalpha((unsigned char)next) || next == '?' || next == '&';
        bool in_word = i > 0 && (line.at[i - 1] == '/' || isalnum((unsigned char)line.at[i - 1]));
        if (line.at[i] == '{' && is_flow && in_word && begins_name)
            return true;
        if (line.at[i] == '"' || line.at[i] == '\'')
            return false;
        is_flow |= line.at[i] == '{' || line.at[i] == '[';
    }
    return false;
}

static bool is_indented_by_tab(struct slice line)
{
    size_t i = 0;
    while (i < line.n && line.at[i] == ' ')
        i++;
    return i < line.n && line.at[i] == '\t';
}

/* "timeout:300ms" is one word. */
static bool lacks_space(struct slice line)
{
    size_t i = 0;
    while (i < line.n && (line.at[i] == ' ' || line.at[i] == '-'))
        i++;
    size_t word = i;
    while (i < line.n && (isalnum((unsigned char)line.at[i]) || line.at[i] == '_'))
        i++;
    if (i == word || i + 1 >= line.n || line.at[i] != ':' || line.at[i + 1] == ' ')
        return false;
    for (; i < line.n; i++)
        if (line.at[i] == ':' && (i + 1 == line.n || line.at[i + 1] == ' '))
            return false;
    return true;
}

/* A tab is told where it stands, which may be the line below the one that libfyaml names. */
static bool find_tab(struct place *place)
{
    const struct document *d = place->document;
    struct slice line = document_line(*place);
    size_t next = (size_t)(line.at - d->text.at) + line.n + 1;
    if (!is_indented_by_tab(line)) {
        place->offset = next;
        if (next >= d->text.n || !is_indented_by_tab(document_line(*place)))
            return false;
    }
    line = document_line(*place);
    const char *tab = memchr(line.at, '\t', line.n);
    place->offset = (size_t)(tab - d->text.at);
    return true;
}

/* What ends too early is told behind its last word, not on the empty line below. */
static size_t text_end(const struct document *d, size_t offset)
{
    if (offset < d->text.n)
        return offset;
    size_t end = d->text.n;
    while (end > 0 && strchr(" \t\r\n", d->text.at[end - 1]))
        end--;
    return end;
}

void node_tell_syntax(struct reading *r, const struct node_syntax_error *error)
{
    struct place place = {error->document, text_end(error->document, error->offset)};
    struct place tab = place;
    struct slice line = document_line(place);
    const char *what = reading_show(r, slice_of(error->message));
    if (find_tab(&tab))
        reading_complain(r, RULE_SYNTAX_TAB, tab, "a tab cannot indent YAML; use spaces");
    else if (has_bare_address(line))
        reading_complain(r, RULE_SYNTAX_ADDRESS, place,
                         "a bracket begins a list in YAML; quote the address: \"[::1]:8080\"");
    else if (has_bare_template(line))
        reading_complain(r, RULE_SYNTAX_TEMPLATE, place,
                         "a brace ends the text inside { } or [ ]; quote the template:"
                         " \"catalog:/products/{id}\"");
    else if (lacks_space(line))
        reading_complain(r, RULE_SYNTAX_COLON, place,
                         "a key needs a space behind its colon; write 'timeout: 300ms'");
    else
        reading_complain(r, RULE_SYNTAX, place, "this is not YAML; %s", what);
}
