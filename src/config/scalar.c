/* scalar.c - steps through the source and the text of a scalar, one construct of YAML at a time
 *
 * YAML 1.2.2: line folding is section 6.5, escapes are 5.7, blocks are 8.1.
 */
#include "config/scalar.h"

#include "base/utf8.h"

/* What stands next in the source, and what it is in the text; nothing of both: they differ. Parts
 * of the same length are the same bytes. */
struct step {
    size_t n_source, n_text;
};

/* Line breaks in a row, with the blanks around them. */
struct fold {
    size_t n; /* bytes */
    size_t n_breaks;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t count(struct slice text, size_t at, char c)
{
    size_t n = 0;
    while (at + n < text.n && text.at[at + n] == c)
        n++;
    return n;
}

/* Bytes of a line break; 0: there is none. */
static size_t break_n(struct slice text, size_t at)
{
    if (at >= text.n || (text.at[at] != '\n' && text.at[at] != '\r'))
        return 0;
    return slice_starts(slice_after(text, at), SLICE("\r\n")) ? 2 : 1;
}

static size_t blanks_n(struct slice text, size_t at)
{
    size_t n = 0;
    while (at + n < text.n && is_blank(text.at[at + n]))
        n++;
    return n;
}

/* Blanks that are no text where a line breaks: all of them, or the indentation of a block. */
static size_t margin_n(const struct scalar *s, size_t at)
{
    if (!scalar_is_block(s->style))
        return blanks_n(s->source, at);
    if (at > 0 && !break_n(s->source, at - 1))
        return 0;
    size_t n = count(s->source, at, ' ');
    return n < s->indent ? n : s->indent;
}

static struct fold measure_fold(const struct scalar *s)
{
    struct fold f = {0};
    for (;;) {
        size_t margin = margin_n(s, s->source_at + f.n);
        size_t n = break_n(s->source, s->source_at + f.n + margin);
        f.n += n || f.n_breaks ? margin + n : 0;
        if (!n)
            return f;
        f.n_breaks++;
    }
}

/* One break is a space, or nothing where it is escaped; the empty lines below it are breaks. */
static struct step flow_fold(struct fold f, bool is_escaped)
{
    return (struct step){f.n, f.n_breaks > 1 || is_escaped ? f.n_breaks - 1 : 1};
}

/* As many breaks as the text has: a block may fold the first, or keep it. */
static struct step block_fold(struct fold f, struct slice text)
{
    size_t n = count(text, 0, '\n');
    if (n > f.n_breaks)
        n = f.n_breaks;
    return (struct step){f.n, n == 0 && text.at[0] == ' ' ? 1 : n};
}

/* Of \x, \u and \U the digits count; two of \u may be one character, as in JSON. */
static size_t escape_n(char kind, size_t n_text)
{
    switch (kind) {
    case 'x':
        return 4;
    case 'u':
        return n_text == 4 ? 12 : 6;
    case 'U':
        return 10;
    default:
        return 2;
    }
}

/* The source is at a backslash. */
static struct step escape(struct scalar *s, struct slice text)
{
    if (break_n(s->source, s->source_at + 1)) {
        s->source_at++;
        return flow_fold(measure_fold(s), true);
    }
    struct slice source = slice_after(s->source, s->source_at);
    size_t n_text = utf8_step(text).n;
    struct step step = {source.n > 1 ? escape_n(source.at[1], n_text) : 0, n_text};
    return step.n_source <= source.n ? step : (struct step){0};
}

/* Blanks are one step, as each might be the first of those that a line break drops. */
static struct step same(struct slice source, struct slice text, bool is_block)
{
    size_t n = is_block ? 0 : blanks_n(source, 0);
    if (n == 0)
        n = 1;
    bool is_same = n <= source.n && n <= text.n && memcmp(source.at, text.at, n) == 0;
    return is_same ? (struct step){n, n} : (struct step){0};
}

/* There is text left. */
static struct step next(struct scalar *s)
{
    struct slice source = slice_after(s->source, s->source_at);
    struct slice text = slice_after(s->text, s->text_at);
    bool is_block = scalar_is_block(s->style);
    struct fold f = measure_fold(s);
    if (f.n_breaks)
        return is_block ? block_fold(f, text) : flow_fold(f, false);
    if (is_block && s->source_at == 0 && s->indent && margin_n(s, 0) == s->indent)
        return (struct step){s->indent, 0};
    if (s->style == SCALAR_SINGLE_QUOTED && slice_starts(source, SLICE("''")))
        return (struct step){2, 1};
    if (s->style == SCALAR_DOUBLE_QUOTED && slice_starts(source, SLICE("\\")))
        return escape(s, text);
    return same(source, text, is_block);
}

/* Where the first line begins that has more than blanks, and what it has more. */
static size_t find_begin(struct slice text, size_t *line)
{
    size_t at = 0;
    *line = 0;
    while (at < text.n && (is_blank(text.at[at]) || break_n(text, at))) {
        bool is_break = !is_blank(text.at[at]);
        at++;
        *line = is_break ? at : *line;
    }
    return at;
}

void scalar_init(struct scalar *s, enum scalar_style style, struct slice source, struct slice text)
{
    *s = (struct scalar){.style = style, .source = source, .text = text};
    size_t line;
    size_t text_line;
    if (!scalar_is_block(style) || find_begin(text, &text_line) == text.n)
        return;
    s->begin = find_begin(source, &line);
    size_t n = count(source, line, ' ');
    size_t n_text = count(text, text_line, ' ');
    s->indent = n > n_text ? n - n_text : 0;
}

/* The breaks that end a block are behind its last line. */
static size_t text_end(const struct scalar *s)
{
    size_t n = s->text.n;
    while (scalar_is_block(s->style) && n > 0 && s->text.at[n - 1] == '\n')
        n--;
    return n;
}

size_t scalar_find(struct scalar *s, size_t offset)
{
    size_t end = text_end(s);
    size_t at = offset < end ? offset : end;
    if (at < s->text_at)
        s->source_at = s->text_at = 0;
    while (s->text_at < s->text.n) {
        struct step step = next(s);
        bool is_same = step.n_source == step.n_text;
        if (step.n_source == 0 || step.n_text > s->text.n - s->text_at)
            return s->begin;
        if (at < s->text_at + step.n_text) {
            size_t found = s->source_at + (is_same ? at - s->text_at : 0);
            return found > s->begin ? found : s->begin;
        }
        s->source_at += step.n_source;
        s->text_at += step.n_text;
    }
    return s->source_at;
}
