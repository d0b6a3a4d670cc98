/* node_syntax.c - what a YAML parser complains about, and what was probably meant
 *
 * By looks: a parser knows that a comma is missing, and cannot know that braces were meant for a
 * template. Where no trap is seen on the line, its words decide (node_syntax_words.c).
 */
#include <ctype.h>

#include "config/node_internal.h"
#include "wire/token.h"

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

/* The key that a line begins with, and what is behind it: "timeout" and ":300ms". */
static struct slice take_key(struct slice *rest)
{
    size_t i = 0;
    while (i < rest->n && (rest->at[i] == ' ' || rest->at[i] == '-'))
        i++;
    size_t word = i;
    while (i < rest->n && (isalnum((unsigned char)rest->at[i]) || rest->at[i] == '_'))
        i++;
    struct slice key = {rest->at + word, i - word};
    *rest = slice_after(*rest, i);
    while (rest->n && strchr(" \r", rest->at[rest->n - 1]))
        rest->n--;
    return key;
}

/* A colon that ends a key. */
static bool has_key_colon(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.at[i] == ':' && (i + 1 == text.n || text.at[i + 1] == ' '))
            return true;
    return false;
}

/* "timeout:300ms" is one word; so is a URL. */
static bool lacks_space(struct slice key, struct slice rest)
{
    bool is_url = slice_starts(rest, SLICE("://"));
    return key.n && rest.n > 1 && rest.at[0] == ':' && !is_url && !has_key_colon(rest);
}

/* "timeout 300ms" is a text, "product" above what is indented too; "- product" may be meant. */
static bool lacks_colon(struct slice line, struct slice key, struct slice rest)
{
    bool is_item = memchr(line.at, '-', (size_t)(key.at - line.at)) != NULL;
    bool is_text = rest.n ? rest.at[0] == ' ' : !is_item;
    return key.n && is_text && !has_key_colon(rest);
}

/* "[0-9]{1,3}" is a list, and something behind it. */
static bool has_bare_pattern(struct slice line)
{
    struct slice rest = line;
    take_key(&rest);
    size_t i = rest.n && rest.at[0] == ':' ? 1 : rest.n;
    while (i < rest.n && rest.at[i] == ' ')
        i++;
    const char *end = i < rest.n && rest.at[i] == '[' ? memchr(rest.at + i, ']', rest.n - i) : NULL;
    return end && end + 1 < rest.at + rest.n && !strchr(" ,]}", end[1]);
}

static bool is_item(struct slice line)
{
    return slice_starts(token_trim(line), SLICE("- "));
}

/* The quote that begins here has no other, on its line or on those below that may go on with the
 * text. */
static bool is_left_open(struct place place)
{
    struct slice text = place.document->text;
    if (place.offset >= text.n || !strchr("\"'", text.at[place.offset]))
        return false;
    char quote = text.at[place.offset];
    struct slice line = document_line(place);
    const char *behind = text.at + place.offset + 1;
    struct slice rest = {behind, (size_t)(line.at + line.n - behind)};
    while (document_quoted_n(rest, quote) == rest.n) {
        bool is_last = !document_next_line(&place);
        rest = document_line(place);
        if (is_last || node_has_key(rest) || is_item(rest))
            return true;
    }
    return false;
}

/* A brace or bracket inside { } or [ ] right behind one of these characters. */
static bool is_behind(struct place place, char bracket, bool (*is_before)(char c))
{
    struct slice text = place.document->text;
    return place.offset > 0 && place.offset < text.n && text.at[place.offset] == bracket &&
           is_before(text.at[place.offset - 1]);
}

static bool is_dollar(char c)
{
    return c == '$';
}

static bool ends_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == ']';
}

static bool is_backslash(struct place place)
{
    return place.offset < place.document->text.n && place.document->text.at[place.offset] == '\\';
}

/* A tab is told where it stands, which may be the line below the one that libfyaml names. */
static bool find_tab(struct place *place)
{
    if (!is_indented_by_tab(document_line(*place)) &&
        (!document_next_line(place) || !is_indented_by_tab(document_line(*place))))
        return false;
    struct slice line = document_line(*place);
    const char *tab = memchr(line.at, '\t', line.n);
    place->offset = (size_t)(tab - place->document->text.at);
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

/* Inside of brackets over several lines, columns and colons mean little. */
static bool is_in_brackets(struct place place)
{
    struct slice line = document_line(place);
    const char *text = place.document->text.at;
    while (line.at > text && strchr(" \r\n", line.at[-1]))
        line.at--;
    return line.at > text && strchr(",[{", line.at[-1]);
}

/* Quotes: where they are due, and where they mean something else. */
static bool tell_quotes(struct reading *r, struct place place)
{
    struct slice line = document_line(place);
    const char *what = NULL;
    if (has_bare_address(line))
        reading_complain(r, RULE_SYNTAX_ADDRESS, place,
                         "a bracket begins a list in YAML; quote the address: \"[::1]:8080\"");
    else if (has_bare_template(line))
        reading_complain(r, RULE_SYNTAX_TEMPLATE, place,
                         "a brace ends the text inside { } or [ ]; quote the template:"
                         " \"catalog:/products/{id}\"");
    else if (has_bare_pattern(line))
        what = "a bracket begins a list in YAML; quote a text that begins with one: '[a-z]+'";
    else if (is_behind(place, '{', is_dollar))
        what = "a brace ends the text inside { } or [ ]; quote the value: \"${NAME}\"";
    else if (is_behind(place, '[', ends_name))
        what = "a bracket ends the text inside { } or [ ]; quote the text: \"list.items[0]\"";
    else if (is_backslash(place))
        what =
            "a backslash means something else inside \"\"; put the text in single quotes: '\\d+'";
    else if (is_left_open(place))
        what = "the quote that begins here is not closed; close it behind the text";
    else
        return false;
    if (what)
        reading_complain(r, RULE_SYNTAX_QUOTE, place, "%s", what);
    return true;
}

/* The colon of a key: the space behind it, or itself. */
static bool tell_colon(struct reading *r, struct place place)
{
    struct slice line = document_line(place);
    struct slice rest = line;
    struct slice key = take_key(&rest);
    bool is_joined = lacks_space(key, rest);
    if (!is_joined && !lacks_colon(line, key, rest))
        return false;
    diagnostic_hide(place);
    if (is_joined)
        reading_complain(r, RULE_SYNTAX_COLON, place,
                         "a key needs a space behind its colon; write '%s: %s'",
                         reading_show(r, key), reading_show(r, slice_after(rest, 1)));
    else
        reading_complain(r, RULE_SYNTAX_COLON, place, "a key needs a colon; write '%s:%s'",
                         reading_show(r, key), reading_show(r, rest));
    return true;
}

/* By looks: first what shows no value of the file. */
static bool tell_trap(struct reading *r, struct place place, const char *words)
{
    if (tell_quotes(r, place) || node_text_tell(r, place) || node_bracket_tell(r, place, words) ||
        node_sign_tell(r, place, words))
        return true;
    bool is_outside = !is_in_brackets(place);
    node_hide_secrets(place.document);
    return is_outside && (tell_colon(r, place) || node_indent_tell(r, place));
}

void node_tell_syntax(struct reading *r, const struct node_syntax_error *error)
{
    struct place place = {error->document, text_end(error->document, error->offset)};
    struct place tab = place;
    if (find_tab(&tab))
        reading_complain(r, RULE_SYNTAX_TAB, tab, "a tab cannot indent YAML; use spaces");
    else if (!tell_trap(r, place, error->message))
        node_words_tell(r, place, error->message);
}
