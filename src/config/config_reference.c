/* config_reference.c - docs/config.md, made from the options */
#include "config/config_reference.h"

#include <stdio.h>

#include "config/config_internal.h"
#include "config/config_options.h"
#include "config/quantity.h"

static const char preface[] =
    "# The configuration\n"
    "\n"
    "<!-- Made from src/config/config_table*.c by `ninja config-docs`. -->\n"
    "\n"
    "A configuration is one YAML 1.2 file and what it includes. `sheaf check -c sheaf.yaml` tells "
    "all\n"
    "that is wrong with it, each with its place and what would be right.\n";

const char config_reference_example[] = "services:\n"
                                        "  catalog: http://127.0.0.1:9001\n"
                                        "  reviews: http://127.0.0.1:9004\n"
                                        "endpoints:\n"
                                        "  - path: /product/{id}\n"
                                        "    sources:\n"
                                        "      product:\n"
                                        "        get: catalog:/products/{id}\n"
                                        "        required: true\n"
                                        "      reviews:\n"
                                        "        get: reviews:/reviews/{id}\n";

const struct config_reference_value config_reference_values[] = {
    {"duration", "`300ms` `2s` `5m` `1h`"},
    {"size", "`512B` `64KiB` `8MiB` `1GiB`"},
    {"share", "`20%` `0.5%`"},
    {"boolean", "`on` `yes` `true`, or `off` `no` `false`; anywhere else `no` is a text"},
    {"template", "without quotes on a line of its own; inside `{ }` and `[ ]` in quotes"},
    {"name", "letters, digits and `_`, no digit first; services, policies and views also with `-`"},
    {0},
};

const char *const config_reference_notes[] = {
    "`${NAME}` in any value is the environment variable, `${NAME:-text}` the text where it is "
    "unset or\n"
    "empty. They are replaced after parsing, so a value never adds structure. `$${` stands for "
    "`${`.",
    "A value of the environment is text where it stands: its braces are no variables, quotes and\n"
    "backslashes do not end the text of a condition, and a program of jq takes none with them "
    "unless the\n"
    "whole program is one. In the path of a call it is part of the URL, so `?` and `%2F` mean what "
    "they\n"
    "mean there. The text of a default is the file's own, and read as if it stood there without "
    "`${}`.",
    "Messages, `explain` and `check --advice` show `${NAME}` and not the value. Names of things, "
    "paths of\n"
    "endpoints, origins and scopes are shown as they are, as is the name of an included file in "
    "front of what\n"
    "is wrong in it; and what `openapi` and `types` tell clients of parameters and schemas "
    "(`default`, `enum`,\n"
    "`pattern`) is told with its values. A gateway that runs names addresses and files as they "
    "are.",
    "Names of files are relative to the file that gives them.",
    "Every number means the whole process, however many workers there are.",
    "Parameters and sources of an endpoint share their names. `body` `headers` `claims` `params` "
    "`item`\n"
    "`items` `errors` `event` are reserved, and `fields` (or what `select` says) and `view`.",
    "At most 4 MiB in all, 48 levels deep, 1000 services, 10000 endpoints, 64 sources of one "
    "endpoint.",
    "An editor that knows JSON Schema completes and checks with `docs/sheaf.schema.json`.",
    NULL,
};

static bool put(struct buffer *out, const char *text)
{
    return buffer_append(out, slice_of(text));
}

static enum quantity_unit unit_of(const struct option *row)
{
    if (row->kind == &option_duration || row->kind == &config_kind_after)
        return QUANTITY_DURATION;
    if (row->kind == &option_share)
        return QUANTITY_SHARE;
    return row->kind == &option_size ? QUANTITY_SIZE : QUANTITY_COUNT;
}

static bool put_choices(struct buffer *out, const char *choices)
{
    bool is_good = true;
    for (unsigned i = 0; option_choice(choices, i).at; i++)
        is_good &=
            buffer_print(out, "%s`%.*s`", i ? ", " : "", SLICE_ARG(option_choice(choices, i)));
    return is_good;
}

bool config_reference_put_value(struct buffer *out, const struct option *row)
{
    char low[32];
    char high[32];
    bool is_word = row->kind == &option_choice_of || row->kind == &option_either;
    if (is_word)
        return put_choices(out, row->choices);
    bool is_good = put(out, row->kind->name);
    if (row->max) {
        quantity_write(low, sizeof low, unit_of(row), row->min);
        quantity_write(high, sizeof high, unit_of(row), row->max);
        is_good &= buffer_print(out, ", %s to %s", low, high);
    }
    return is_good && (!row->choices || (put(out, ", or ") && put_choices(out, row->choices)));
}

bool config_reference_put_default(struct buffer *out, const struct option *row)
{
    if (row->flags & OPTION_REQUIRED)
        return put(out, "**due**");
    if (row->otherwise)
        return put(out, row->otherwise);
    return buffer_print(out, "`%s`", row->preset);
}

static bool put_row(struct buffer *out, const struct option *row)
{
    bool is_good = buffer_print(out, "| `%s` | ", row->name);
    is_good &= config_reference_put_value(out, row) && put(out, " | ") &&
               config_reference_put_default(out, row);
    is_good &= buffer_print(out, " | %s", row->sentence);
    if (row->section)
        is_good &= buffer_print(out, " → [%s](#%s)", row->section->name, row->section->name);
    return is_good && put(out, " |\n");
}

static bool put_section(struct buffer *out, const struct section *s)
{
    bool is_good = buffer_print(out, "\n## %s\n\n%s\n\n", s->name, s->about) &&
                   put(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    for (unsigned i = 0; i < s->n_rows; i++)
        is_good &= put_row(out, &s->rows[i]);
    is_good &= put(out, "\nFor example, each by itself:\n\n```yaml\n");
    for (unsigned i = 0; i < s->n_rows; i++)
        is_good &= buffer_print(out, "%s: %s\n", s->rows[i].name, s->rows[i].example);
    return is_good && put(out, "```\n");
}

/* The lines of a note, the later ones indented as Markdown wants them. */
static bool put_note(struct buffer *out, const char *note)
{
    bool is_good = put(out, "- ");
    for (; *note; note++)
        is_good &= buffer_print(out, *note == '\n' ? "%c  " : "%c", *note);
    return is_good && put(out, "\n");
}

static bool put_preface(struct buffer *out)
{
    bool is_good = put(out, preface);
    is_good &= buffer_print(out, "\n```yaml\n%s```\n", config_reference_example);
    is_good &= put(out, "\n| value | is written |\n|---|---|\n");
    for (const struct config_reference_value *v = config_reference_values; v->name; v++)
        is_good &= buffer_print(out, "| %s | %s |\n", v->name, v->written);
    is_good &= put(out, "\n");
    for (const char *const *note = config_reference_notes; *note; note++)
        is_good &= put_note(out, *note);
    return is_good;
}

bool config_write_reference(struct buffer *out)
{
    bool is_good = put_preface(out);
    for (unsigned i = 0; config_sections[i]; i++)
        is_good &= put_section(out, config_sections[i]);
    return is_good;
}
