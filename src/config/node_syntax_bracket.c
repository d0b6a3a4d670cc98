/* node_syntax_bracket.c - a brace or bracket that is open where the next thing begins
 *
 * By looks, from the last line upwards: what lines below have closed too much is taken from what
 * those above have opened.
 */
#include <ctype.h>

#include "config/node_internal.h"

enum {
    OPEN_MAX = 48 /* of a line; no configuration is deeper */
};

/* What a line opens and does not close, and how much it closes that others have opened. */
struct brackets {
    size_t open[OPEN_MAX];
    size_t n_open, n_closed;
};

static bool begins_word(struct slice line, size_t at)
{
    return at == 0 || strchr(" \t,:[{", line.at[at - 1]);
}

static void note(struct brackets *b, char c, size_t at)
{
    if ((c == '{' || c == '[') && b->n_open < OPEN_MAX)
        b->open[b->n_open++] = at;
    else if (c == '}' || c == ']') {
        b->n_closed += b->n_open == 0;
        b->n_open -= b->n_open > 0;
    }
}

/* Not those in quotes and comments. */
static struct brackets look_at(struct slice line)
{
    struct brackets b = {0};
    for (size_t i = 0; i < line.n; i++) {
        char c = line.at[i];
        if (c == '#' && begins_word(line, i))
            break;
        if ((c == '"' || c == '\'') && begins_word(line, i))
            i += document_quoted_n(slice_after(line, i + 1), c) + 1;
        else
            note(&b, c, i);
    }
    return b;
}

/* Behind all that the document says. */
static bool is_at_end(struct place place)
{
    struct slice text = place.document->text;
    size_t at = place.offset;
    while (at < text.n && isspace((unsigned char)text.at[at]))
        at++;
    return at == text.n;
}

/* Nothing is before it on its line, but for a key where this is its colon. */
static bool is_first(struct place place)
{
    struct slice line = document_line(place);
    size_t before = place.offset - (size_t)(line.at - place.document->text.at);
    size_t i = 0;
    while (i < before && line.at[i] == ' ')
        i++;
    while (i < before && place.document->text.at[place.offset] == ':' &&
           (isalnum((unsigned char)line.at[i]) || line.at[i] == '_'))
        i++;
    return i == before;
}

/* The innermost that is open at the end of a line; moves the place to it. */
static bool find_open(struct place *place, size_t n_lines)
{
    const struct document *d = place->document;
    size_t n_closed = 0;
    while (n_lines-- > 0) {
        struct brackets b =
            look_at(document_line((struct place){place->document, d->lines[n_lines]}));
        if (b.n_open > n_closed) {
            place->offset = d->lines[n_lines] + b.open[b.n_open - 1 - n_closed];
            return true;
        }
        n_closed = n_closed - b.n_open + b.n_closed;
    }
    return false;
}

bool node_bracket_tell(struct reading *r, struct place place, const char *words)
{
    struct slice text = place.document->text;
    unsigned line = document_position(place).line;
    bool is_end = is_at_end(place);
    bool is_closing = !is_end && strchr("]}", text.at[place.offset]);
    if (is_closing || (!is_end && !is_first(place)) || !find_open(&place, is_end ? line : line - 1))
        return false;
    bool is_brace = text.at[place.offset] == '{';
    const char *what = is_brace ? "brace" : "bracket";
    const char *close = is_brace ? "}" : "]";
    if (is_end)
        reading_complain(r, RULE_SYNTAX_BRACKET, place,
                         "the %s that begins here is not closed; write %s behind what it holds",
                         what, close);
    else
        reading_complain(r, RULE_SYNTAX_BRACKET, place,
                         "the %s that begins here is still open in line %u; write %s behind what it"
                         " holds, or %s",
                         what, line, close,
                         strstr(words, "indent") ? "indent that line further than its key"
                                                 : "a comma before more of it");
    return true;
}
