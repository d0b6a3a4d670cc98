/* node_syntax_words.c - what would be right, by the words in which the parser complains
 *
 * For what no look at the line has told. The words are those of libfyaml's versions; where another
 * has others, its own are told, and what is worth a look.
 */
#include <ctype.h>

#include "config/node_internal.h"

static const struct {
    const char *words;
    enum rule rule;
    const char *message;
} known[] = {
    {"nested block mapping", RULE_SYNTAX_COLON,
     "a colon and a space make a key of what stands before them; leave out the space, as in"
     " catalog:/products, or put the text in single quotes"},
    {"missing comma", RULE_SYNTAX_BRACKET,
     "a comma is missing here; { } and [ ] have one between what they hold, and a text with"
     " brackets in it needs quotes"},
    {"indented block scalar", RULE_SYNTAX_INDENT,
     "a text below '|' or '>' is indented further than its key; indent this line"},
    {"-quoted scalar used as key", RULE_SYNTAX_QUOTE,
     "the key that begins here goes on in the line below; write a key in one line"},
    {"indented double-quoted", RULE_SYNTAX_INDENT,
     "the text that begins here goes on in lines that are not indented further than its key; indent"
     " them, and the quote that closes it"},
    {"indented single-quoted", RULE_SYNTAX_INDENT,
     "the text that begins here goes on in lines that are not indented further than its key; indent"
     " them, and the quote that closes it"},
    {"wrongly indented", RULE_SYNTAX_BRACKET,
     "what a key has in { } or [ ] is indented further than the key, and so is what closes it;"
     " indent this line"},
    {"mismatched flow", RULE_SYNTAX_BRACKET,
     "this does not close what was opened last; close { by } and [ by ]"},
    {"invalid extra closing", RULE_SYNTAX_BRACKET,
     "nothing is open that this closes; leave it out, or quote the text"},
    {"invalid comma", RULE_SYNTAX_BRACKET, "nothing stands before this comma; leave it out"},
    {"extra comma", RULE_SYNTAX_BRACKET, "nothing stands before this comma; leave it out"},
    {"invalid value after mapping", RULE_SYNTAX_QUOTE,
     "a bracket or a quote has ended the value before this; quote the whole text"},
    {"without closing quote", RULE_SYNTAX_QUOTE,
     "the quote that begins here is not closed; close it behind the text"},
    {"comment without whitespace", RULE_SYNTAX_QUOTE,
     "a comment has a space before its '#'; write one, or put the whole text in single quotes"},
    {"after single-quoted", RULE_SYNTAX_QUOTE,
     "a quote has closed the text before this; write a quote inside of '' twice, as in 'it''s', or"
     " close the one above"},
    {"after double-quoted", RULE_SYNTAX_QUOTE,
     "a quote has closed the text before this; put the whole text in single quotes, as in"
     " '\"yes\" == flag', or close the one above"},
    {"block scalar", RULE_SYNTAX_QUOTE,
     "'|' and '>' begin a text in the lines below; begin it there, or quote a text that begins so"},
    {"multiline plain key", RULE_SYNTAX_INDENT,
     "the text that begins here goes on in the lines below, and one of them is a key; begin that"
     " one in the column of its map's keys"},
    {"mapping in plain multiline", RULE_SYNTAX_INDENT,
     "a key cannot begin here; begin it in the column of its map's other keys"},
    {"end of block sequence", RULE_SYNTAX_INDENT,
     "this begins in the column of a list's items; begin it in the column of its map's keys, or"
     " with a dash"},
    {"expected '-'", RULE_SYNTAX_INDENT,
     "this begins in the column of a list's items; begin it in the column of its map's keys, or"
     " with a dash"},
    {"expected ':'", RULE_SYNTAX_COLON,
     "this line is neither a key nor an item of a list; write key: value, or indent it further than"
     " the key whose text goes on here"},
    {"same line as previous key", RULE_SYNTAX_COLON,
     "a line has one key; begin this one in the line below, or put both in { } with a comma"},
    {"indentation in mapping", RULE_SYNTAX_INDENT,
     "this line is indented further than the key above, which has its value already; begin it in"
     " the column of that key"},
    {"block sequence on the same line", RULE_SYNTAX_INDENT,
     "a list does not begin behind its key; begin it in the line below, or write it as [a, b]"},
};

static char byte_at(struct place place)
{
    return place.offset < place.document->text.n ? place.document->text.at[place.offset] : '\0';
}

/* libfyaml is behind the sign of an alias without a name. */
bool node_sign_tell(struct reading *r, struct place place, const char *words)
{
    bool is_alias = strstr(words, "alias") || strstr(words, "anchor");
    if (is_alias && place.offset > 0 && !strchr("*&", byte_at(place)))
        place.offset--;
    bool is_sign = is_alias || strstr(words, "cannot start") || strstr(words, "node content");
    char c = is_sign ? byte_at(place) : '\0';
    if (!c || !strchr("*&@`%|>,", c))
        return false;
    reading_complain(r, RULE_SYNTAX_QUOTE, place,
                     "no text without quotes begins with '%c'; put it in single quotes", c);
    return true;
}

static bool is_in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* A name before a colon, which is the place; but "get: catalog: /products" is a call. */
static bool tell_second_key(struct reading *r, struct place place)
{
    struct slice text = place.document->text;
    size_t begin = place.offset;
    while (begin > 0 && is_in_name(text.at[begin - 1]))
        begin--;
    size_t before = begin;
    while (before > 0 && text.at[before - 1] == ' ')
        before--;
    bool is_name = byte_at(place) == ':' && begin < place.offset && before < begin;
    bool is_call = before > 0 && text.at[before - 1] == ':' &&
                   slice_starts(slice_after(text, place.offset), SLICE(": /"));
    if (!is_name || is_call)
        return false;
    place.offset = begin;
    reading_complain(r, RULE_SYNTAX_COLON, place,
                     "a line has one key; begin this one in the line below, or put a text that has"
                     " a colon and a space in single quotes");
    return true;
}

void node_words_tell(struct reading *r, struct place place, const char *words)
{
    size_t i = 0;
    size_t n = sizeof known / sizeof *known;
    if (strstr(words, "nested block mapping") && tell_second_key(r, place))
        return;
    while (i < n && !strstr(words, known[i].words))
        i++;
    if (i < n)
        reading_complain(r, known[i].rule, place, "%s", known[i].message);
    else
        reading_complain(r, RULE_SYNTAX, place,
                         "this is not YAML (%s); look at the quotes, the brackets and the columns"
                         " of this line and the one above",
                         reading_show(r, slice_of(words)));
}
