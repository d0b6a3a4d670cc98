/* config_manual.c - the manual page sheaf.yaml(5), made from the options
 *
 * In the macros of man(7), as groff and mandoc both know them. Every line of text begins with a
 * letter or with a change of font, so that none is taken for a request.
 */
#include "config/config_internal.h"
#include "config/config_options.h"
#include "config/config_reference.h"

static const char head[] =
    ".\\\" Made from src/config/config_table*.c by ninja config-docs.\n"
    ".TH SHEAF.YAML 5 2026-11-28 \"sheaf " SHEAF_VERSION "\"\n"
    ".nh\n.ad l\n"
    ".SH NAME\n"
    "sheaf.yaml \\- configuration of the API aggregation gateway sheaf\n"
    ".SH DESCRIPTION\n"
    "A configuration is one YAML 1.2 file and what it includes.\n"
    "The command \\fBsheaf check \\-c sheaf.yaml\\fR tells all that is wrong "
    "with it,\n"
    "each with its place and what would be right.\n"
    "Values are written like this:\n";

static const char tail[] = ".SH SEE ALSO\n"
                           ".BR sheaf (1)\n";

static bool put(struct buffer *out, const char *text)
{
    return buffer_append(out, slice_of(text));
}

/* Characters that would become typography where somebody may copy them. */
static const char *escape(char c, bool is_code)
{
    switch (c) {
    case '\\':
        return "\\e";
    case '-':
        return is_code ? "\\-" : NULL;
    case '\'':
        return is_code ? "\\(aq" : NULL;
    case '^':
        return is_code ? "\\(ha" : NULL;
    case '~':
        return is_code ? "\\(ti" : NULL;
    default:
        return NULL;
    }
}

static bool put_code(struct buffer *out, struct slice code)
{
    bool is_good = put(out, "\\fB");
    for (size_t i = 0; i < code.n; i++) {
        const char *escaped = escape(code.at[i], true);
        is_good &= escaped ? put(out, escaped) : buffer_print(out, "%c", code.at[i]);
    }
    return is_good && put(out, "\\fR");
}

/* Text with `code` in it. */
static bool put_marked(struct buffer *out, struct slice text)
{
    bool is_good = true;
    for (size_t i = 0; i < text.n; i++) {
        const char *escaped = escape(text.at[i], false);
        const char *end = text.at[i] == '`' ? memchr(text.at + i + 1, '`', text.n - i - 1) : NULL;
        if (end) {
            size_t n = (size_t)(end - text.at) - i - 1;
            is_good &= put_code(out, (struct slice){text.at + i + 1, n});
            i += n + 1;
        } else {
            is_good &= escaped ? put(out, escaped) : buffer_print(out, "%c", text.at[i]);
        }
    }
    return is_good;
}

static bool put_values(struct buffer *out)
{
    bool is_good = true;
    for (const struct config_reference_value *v = config_reference_values; v->name; v++)
        is_good &= buffer_print(out, ".TP\n%s\n", v->name) &&
                   put_marked(out, slice_of(v->written)) && put(out, "\n");
    for (const char *const *note = config_reference_notes; *note; note++)
        is_good &= put(out, ".PP\n") && put_marked(out, slice_of(*note)) && put(out, "\n");
    return is_good;
}

/* "Value: duration, 1ms to 1h; default: 1s.", from the same words as the reference page. */
static bool put_terms(struct buffer *out, const struct option *row)
{
    struct buffer terms;
    buffer_init(&terms, 4096);
    bool is_good = put(&terms, "Value: ") && config_reference_put_value(&terms, row);
    if (row->flags & OPTION_REQUIRED)
        is_good &= put(&terms, "; it is due.");
    else
        is_good &= put(&terms, "; default: ") && config_reference_put_default(&terms, row) &&
                   put(&terms, ".");
    if (row->section)
        is_good &= buffer_print(&terms, " Its own options are under `%s`.", row->section->name);
    is_good &= buffer_print(&terms, "\n.br\nExample: `%s: %s`\n", row->name, row->example);
    is_good &= put_marked(out, buffer_slice(&terms));
    buffer_done(&terms);
    return is_good;
}

static bool put_row(struct buffer *out, const struct option *row)
{
    return put(out, ".TP\n") && put_code(out, slice_of(row->name)) && put(out, "\n") &&
           put_marked(out, slice_of(row->sentence)) && put(out, "\n.br\n") && put_terms(out, row);
}

static bool put_section(struct buffer *out, const struct section *s)
{
    bool is_good = buffer_print(out, ".SS %s\n", s->name) && put_marked(out, slice_of(s->about)) &&
                   put(out, "\n");
    for (unsigned i = 0; i < s->n_rows; i++)
        is_good &= put_row(out, &s->rows[i]);
    return is_good;
}

bool config_write_manual(struct buffer *out)
{
    bool is_good = put(out, head) && put_values(out) && put(out, ".SH OPTIONS\n");
    for (unsigned i = 0; config_sections[i]; i++)
        is_good &= put_section(out, config_sections[i]);
    is_good &= put(out, ".SH EXAMPLES\nA whole small configuration:\n.PP\n.EX\n") &&
               put(out, config_reference_example) && put(out, ".EE\n");
    return is_good && put(out, tail);
}
