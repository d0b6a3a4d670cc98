/* node_indent.c - lines that begin in a column where none may
 *
 * By looks alone: a line has the column of its key, and of a dash before it. What a line may belong
 * to are those above that are open: each further left than all between.
 */
#include <ctype.h>

#include "config/node_internal.h"

/* How a line begins; columns count from 1, 0: there is none. */
struct beginning {
    unsigned column;  /* of the first thing on it */
    unsigned content; /* of what is behind the dash, else the same */
    bool has_key;
    bool has_value; /* plain text behind the key */
    bool has_text;  /* lines of text below the key: "|" or ">" */
    struct slice key;
};

static bool is_in_key(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t skip_blanks(struct slice line, size_t i)
{
    while (i < line.n && line.at[i] == ' ')
        i++;
    return i;
}

static struct beginning look_at(struct slice line)
{
    struct beginning b = {0};
    size_t i = skip_blanks(line, 0);
    if (i == line.n || line.at[i] == '#')
        return b;
    b.column = (unsigned)i + 1;
    if (line.at[i] == '-' && i + 1 < line.n && line.at[i + 1] == ' ')
        i = skip_blanks(line, i + 1);
    b.content = (unsigned)i + 1;
    size_t begin = i;
    while (i < line.n && is_in_key(line.at[i]))
        i++;
    b.key = (struct slice){line.at + begin, i - begin};
    bool has_colon = b.key.n && i < line.n && line.at[i] == ':';
    b.has_key = has_colon && (i + 1 == line.n || line.at[i + 1] == ' ');
    size_t value = b.has_key ? skip_blanks(line, i + 1) : line.n;
    b.has_value = value < line.n && !strchr("|>&!*[{\"'#", line.at[value]);
    b.has_text = value < line.n && strchr("|>", line.at[value]);
    return b;
}

static struct beginning look_at_line(struct document *d, size_t number)
{
    return look_at(document_line((struct place){d, d->lines[number]}));
}

bool node_has_key(struct slice line)
{
    size_t i = 0;
    while (i < line.n && strchr(" \t-{[", line.at[i]))
        i++;
    char quote = i < line.n && strchr("\"'", line.at[i]) ? line.at[i++] : '\0';
    size_t begin = i;
    while (i < line.n && is_in_key(line.at[i]))
        i++;
    bool is_word = i > begin && (!quote || (i < line.n && line.at[i] == quote));
    i += quote != '\0';
    return is_word && i < line.n && line.at[i] == ':' &&
           (i + 1 == line.n || strchr(" \t", line.at[i + 1]));
}

/* A key below a key that has its value, and further right: the value of nobody. */
static bool tell_deeper(struct reading *r, struct document *d, size_t number)
{
    struct beginning above = look_at_line(d, number);
    struct beginning below = {0};
    size_t next = number + 1;
    for (; next < d->n_lines && !below.column; next++)
        below = look_at_line(d, next);
    if (!above.has_value || !below.has_key || below.column <= above.content)
        return false;
    struct place place = {d, d->lines[next - 1] + below.column - 1};
    reading_complain(r, RULE_SYNTAX_INDENT, place,
                     "this line is indented further than '%s' above, which has its value already;"
                     " begin it in column %u too",
                     reading_show(r, above.key), above.content);
    return true;
}

/* The columns of open lines next to a column: the nearest further right, the nearest further left
 * (0: the line is its child, or fits). */
static void find_open(struct document *d, size_t number, unsigned column, unsigned *right,
                      unsigned *left)
{
    *left = *right = 0;
    for (size_t i = number; i-- > 0 && *left == 0;) {
        struct beginning b = look_at_line(d, i);
        const unsigned starts[] = {b.content, b.column};
        for (int k = 0; k < 2 && *left == 0 && starts[k]; k++) {
            if (starts[k] == column)
                return;
            if (starts[k] < column)
                *left = starts[k];
            else if (*right == 0 || starts[k] < *right)
                *right = starts[k];
        }
    }
}

static bool tell_between(struct reading *r, struct document *d, size_t number)
{
    struct beginning b = look_at_line(d, number);
    unsigned left;
    unsigned right;
    if (!b.has_key && b.column == b.content)
        return false;
    find_open(d, number, b.column, &right, &left);
    if (!left || !right)
        return false;
    struct place place = {d, d->lines[number] + b.column - 1};
    reading_complain(r, RULE_SYNTAX_INDENT, place,
                     "this line begins in column %u, those above that it may belong to in %u or %u;"
                     " lines of one map begin in the same column",
                     b.column, left, right);
    return true;
}

/* Of the lines above, the nearest that has something. */
static struct beginning look_above(struct document *d, size_t number)
{
    struct beginning b = {0};
    while (number-- > 0 && !b.column)
        b = look_at_line(d, number);
    return b;
}

/* An item of a list where only a key may stand. */
static bool tell_item(struct reading *r, struct document *d, size_t number)
{
    struct beginning b = look_at_line(d, number);
    struct beginning above = look_above(d, number);
    struct place place = {d, d->lines[number] + b.column - 1};
    bool is_below_item = above.column != above.content && b.column == above.content;
    if (b.column == b.content || !above.has_key)
        return false;
    if (!above.has_value && b.column < above.content)
        reading_complain(r, RULE_SYNTAX_INDENT, place,
                         "this item is indented less than '%s' above, whose list it may be in;"
                         " begin it in column %u or further right",
                         reading_show(r, above.key), above.content);
    else if (is_below_item)
        reading_complain(r, RULE_SYNTAX_INDENT, place,
                         "an item of a list begins in the column of the keys above; begin it in"
                         " column %u, where the item above does",
                         above.column);
    else if (b.column == above.column)
        reading_complain(r, RULE_SYNTAX_INDENT, place,
                         "an item of a list begins among the keys of a map; begin each item with a"
                         " dash, the first too, or make this one a key");
    else
        return false;
    return true;
}

/* "-path: /a" is a key. */
static bool tell_dash(struct reading *r, struct document *d, size_t number)
{
    struct beginning b = look_at_line(d, number);
    struct place place = {d, d->lines[number] + b.column - 1};
    if (!b.has_key || b.key.n < 2 || b.key.at[0] != '-')
        return false;
    reading_complain(r, RULE_SYNTAX_INDENT, place,
                     "an item of a list needs a space behind its dash; write '- %s'",
                     reading_show(r, slice_after(b.key, 1)));
    return true;
}

bool node_text_tell(struct reading *r, struct place place)
{
    struct document *d = place.document;
    size_t number = document_position(place).line - 1;
    struct beginning b = look_at_line(d, number);
    struct beginning above = {0};
    unsigned column = 0; /* of the text */
    if (!b.column || b.has_key || b.column != b.content)
        return false;
    while (number-- > 0 && !above.has_text) {
        above = look_at_line(d, number);
        if (!above.has_text && above.column && (!column || above.column < column))
            column = above.column;
    }
    if (!above.has_text || column <= above.content || column <= b.column)
        return false;
    place.offset = (size_t)(document_line(place).at - d->text.at) + b.column - 1;
    reading_complain(r, RULE_SYNTAX_INDENT, place,
                     "this line is indented less than the text that '%s' above begins; begin it in"
                     " column %u too, or make a key of it",
                     reading_show(r, above.key), column);
    return true;
}

bool node_indent_tell(struct reading *r, struct place place)
{
    struct document *d = place.document;
    size_t number = document_position(place).line - 1;
    return number < d->n_lines && (tell_dash(r, d, number) || tell_item(r, d, number) ||
                                   tell_deeper(r, d, number) || tell_between(r, d, number));
}
