/* config_schema.c - docs/sheaf.schema.json, made from the options (JSON Schema 2020-12) */
#include <inttypes.h>

#include "config/config_internal.h"
#include "config/config_options.h"
#include "json/text.h"

enum {
    VALUE_MAX = 16 * 1024 /* bytes of one value's schema */
};

/* What the options' own schemas refer to: option_is_boolean() knows no case, and what comes from
 * the environment may be anything. */
static const char shared[] =
    "    \"environment\": {\"type\": \"string\", \"pattern\": \"\\\\$\\\\{\"},\n"
    "    \"on\": {\"anyOf\": [{\"enum\": [true, \"on\", \"yes\"]}, {\"type\": \"string\",\n"
    "      \"pattern\": \"^([oO][nN]|[yY][eE][sS]|[tT][rR][uU][eE])$\"}]},\n"
    "    \"off\": {\"anyOf\": [{\"enum\": [false, \"off\", \"no\"]}, {\"type\": \"string\",\n"
    "      \"pattern\": \"^([oO][fF][fF]|[nN][oO]|[fF][aA][lL][sS][eE])$\"}]}\n";

static bool put(struct buffer *out, const char *text)
{
    return buffer_append(out, slice_of(text));
}

/* The kind's schema without its outer braces, "@" replaced by a reference. */
static bool put_fragment(struct buffer *out, const char *schema, const struct section *s)
{
    bool is_good = true;
    for (const char *at = schema; *at; at++) {
        if (*at == '@')
            is_good &= buffer_print(out, "{\"$ref\":\"#/$defs/%s\"}", s->name);
        else
            is_good &= buffer_append(out, (struct slice){at, 1});
    }
    return is_good;
}

/* The word that may stand in place of a count or a duration, if there is one. */
static bool put_zero_word(struct buffer *out, const struct option *row)
{
    if (!row->choices)
        return true;
    if (slice_equal(slice_of(row->choices), SLICE("off")))
        return put(out, OPTION_OFF ",");
    return buffer_print(out, "{\"const\":\"%s\"},", row->choices);
}

static bool put_count(struct buffer *out, const struct option *row)
{
    bool is_good =
        buffer_print(out, "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":%" PRIu64, row->min);
    is_good &= buffer_print(out, ",\"maximum\":%" PRIu64 "},", row->max);
    return is_good && put_zero_word(out, row) && put(out, OPTION_ENVIRONMENT "]}");
}

/* Digits and a unit; 0 only where the bounds let it be. */
static bool put_digits(struct buffer *out, const struct option *row, const char *units)
{
    return buffer_print(out, "{\"type\":\"string\",\"pattern\":\"^%s(%s)$|\\\\$\\\\{\"}",
                        row->min ? "0*[1-9][0-9]*" : "[0-9]+", units);
}

static bool put_duration(struct buffer *out, const struct option *row)
{
    static const char units[] = "ms|s|m|h";
    if (!row->choices)
        return put_digits(out, row, units);
    return put(out, "{\"anyOf\":[") && put_zero_word(out, row) && put_digits(out, row, units) &&
           put(out, "]}");
}

static bool put_words(struct buffer *out, const struct option *row)
{
    bool is_good = put(out, "{\"anyOf\":[{\"enum\":[");
    for (unsigned i = 0; option_choice(row->choices, i).at; i++)
        is_good &= (i == 0 || put(out, ",")) && text_quote(out, option_choice(row->choices, i));
    bool is_switch =
        row->kind == &option_either && slice_equal(option_choice(row->choices, 0), SLICE("off"));
    return is_good && put(out, is_switch ? "]}," OPTION_ON "," OPTION_OFF "," : "]},") &&
           put(out, OPTION_ENVIRONMENT "]}");
}

/* What may stand under `defaults`: the section's keys but those that each thing has for itself. */
static bool put_defaults(struct buffer *out, const struct section *s)
{
    bool is_good =
        put(out, "{\"type\":[\"object\",\"null\"],\"additionalProperties\":false,\"properties\":{");
    bool is_first = true;
    for (unsigned i = 0; i < s->n_rows; i++) {
        if (s->rows[i].flags & OPTION_OWN)
            continue;
        is_good &= buffer_print(out, "%s\"%s\":{\"$ref\":\"#/$defs/%s/properties/%s\"}",
                                is_first ? "" : ",", s->rows[i].name, s->name, s->rows[i].name);
        is_first = false;
    }
    return is_good && put(out, "}}");
}

static bool put_value(struct buffer *out, const struct option *row)
{
    if (row->kind == &option_count)
        return put_count(out, row);
    if (row->kind == &option_duration)
        return put_duration(out, row);
    if (row->kind == &option_size)
        return put_digits(out, row, "B|KiB|MiB|GiB");
    if (row->kind == &option_choice_of || row->kind == &option_either)
        return put_words(out, row);
    if (row->kind == &config_kind_defaults_of)
        return put_defaults(out, row->section);
    return put_fragment(out, row->kind->schema, row->section);
}

static bool put_default(struct buffer *out, const struct option *row)
{
    if (!row->preset || !row->preset[0])
        return true;
    bool is_number = row->kind == &option_count && row->preset[0] <= '9';
    if (is_number || row->kind == &option_boolean)
        return buffer_print(out, ",\"default\":%s", row->preset);
    return put(out, ",\"default\":") && text_quote(out, slice_of(row->preset));
}

/* "name": the value's schema, with the sentence and the default put behind its first brace. */
static bool put_row(struct buffer *out, const struct option *row)
{
    struct buffer value;
    buffer_init(&value, VALUE_MAX);
    bool is_good = put_value(&value, row) && value.n >= 2;
    is_good &= buffer_print(out, "        \"%s\": {\"description\":", row->name);
    is_good &= text_quote(out, slice_of(row->sentence)) && put_default(out, row);
    is_good = is_good && (value.n == 2 || put(out, ","));
    is_good = is_good && buffer_append(out, slice_after(buffer_slice(&value), 1));
    buffer_done(&value);
    return is_good;
}

/* The names of the rows with the flag; false where there are none, too. */
static bool put_names(struct buffer *out, const struct section *s, unsigned flag)
{
    bool is_good = true;
    bool is_first = true;
    for (unsigned i = 0; i < s->n_rows; i++) {
        if (!(s->rows[i].flags & flag))
            continue;
        is_good &= buffer_print(out, "%s\"%s\"", is_first ? "[" : ", ", s->rows[i].name);
        is_first = false;
    }
    return is_good && !is_first && put(out, "]");
}

static bool has_flagged(const struct section *s, unsigned flags)
{
    for (unsigned i = 0; i < s->n_rows; i++)
        if (s->rows[i].flags & flags)
            return true;
    return false;
}

/* What is due at the top may stand in the files that it includes, or this is one of them. */
static bool put_required(struct buffer *out, const struct section *s)
{
    if (!has_flagged(s, OPTION_REQUIRED))
        return true;
    if (s != &config_root)
        return put(out, "      \"required\": ") && put_names(out, s, OPTION_REQUIRED) &&
               put(out, ",\n");
    return put(out, "      \"anyOf\": [{\"required\": ") && put_names(out, s, OPTION_REQUIRED) &&
           put(out, "}, {\"required\": [\"include\"]}, {\"propertyNames\": {\"enum\": ") &&
           put_names(out, s, OPTION_JOINS) && put(out, "}}],\n");
}

static bool put_one_of(struct buffer *out, const struct section *s)
{
    bool is_good = true;
    bool is_first = true;
    for (unsigned i = 0; i < s->n_rows; i++) {
        if (!(s->rows[i].flags & OPTION_ONE_OF))
            continue;
        is_good &= buffer_print(out, "%s{\"required\": [\"%s\"]}",
                                is_first ? "      \"oneOf\": [" : ", ", s->rows[i].name);
        is_first = false;
    }
    return is_good && (is_first || put(out, "],\n"));
}

/* Keys that make no sense without another one. */
static bool put_needs(struct buffer *out, const struct section *s)
{
    bool is_good = true;
    bool is_first = true;
    for (unsigned i = 0; i < s->n_rows; i++) {
        if (!s->rows[i].needs)
            continue;
        is_good &= buffer_print(out, "%s\"%s\": [\"%s\"]",
                                is_first ? "      \"dependentRequired\": {" : ", ", s->rows[i].name,
                                s->rows[i].needs);
        is_first = false;
    }
    return is_good && (is_first || put(out, "},\n"));
}

/* Nothing at all is a map without keys, where none is due. */
static bool put_section(struct buffer *out, const struct section *s)
{
    bool is_due = has_flagged(s, OPTION_REQUIRED | OPTION_ONE_OF);
    bool is_good = buffer_print(out, "    \"%s\": {\n      \"type\": %s,\n", s->name,
                                is_due ? "\"object\"" : "[\"object\", \"null\"]");
    is_good &= put_required(out, s) && put_one_of(out, s) && put_needs(out, s);
    is_good &= put(out, "      \"additionalProperties\": false,\n      \"properties\": {\n");
    for (unsigned i = 0; i < s->n_rows; i++)
        is_good &= put_row(out, &s->rows[i]) && put(out, i + 1 < s->n_rows ? ",\n" : "\n");
    return is_good && put(out, "      }\n    }");
}

bool config_write_schema(struct buffer *out)
{
    bool is_good = put(out, "{\n"
                            "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                            "  \"title\": \"sheaf.yaml\",\n"
                            "  \"$ref\": \"#/$defs/configuration\",\n"
                            "  \"$defs\": {\n");
    for (unsigned i = 0; config_sections[i]; i++)
        is_good &= put_section(out, config_sections[i]) && put(out, ",\n");
    return is_good && put(out, shared) && put(out, "  }\n}\n");
}
