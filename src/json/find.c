/* find.c - walking valid JSON text along a path
 *
 * The text has been scanned, so nothing is checked again: a string ends at its first quote
 * without a backslash, a number or word at the first byte that cannot belong to it, an array or
 * object where as many brackets are closed as were opened.
 */
#include "json/find.h"

#include "json/text.h"

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
        at++;
    return at;
}

static const char *skip_string(const char *at, const char *end)
{
    at++;
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at + 1;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *skip_container(const char *at, const char *end)
{
    unsigned depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if (*at == '}' || *at == ']')
            depth--;
        at++;
        if (depth == 0)
            break;
    }
    return at;
}

/* Behind the value that begins at `at`. */
static const char *skip_value(const char *at, const char *end)
{
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '{' || *at == '[')
        return skip_container(at, end);
    while (at < end && !ends_scalar(*at))
        at++;
    return at;
}

static enum json_kind kind_of(char first)
{
    switch (first) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

static struct json_value value_at(const char *at, const char *end)
{
    const char *behind = skip_value(at, end);
    return (struct json_value){kind_of(*at), {at, (size_t)(behind - at)}};
}

/* At the first thing inside an array or object: its closing bracket where it is empty. */
static const char *enter(struct slice container)
{
    return skip_space(container.at + 1);
}

/* From behind one element or member to the next, or to the closing bracket. */
static const char *go_on(const char *at)
{
    at = skip_space(at);
    return *at == ',' ? skip_space(at + 1) : at;
}

static bool find_member(struct slice object, struct slice name, struct json_value *found)
{
    const char *end = object.at + object.n;
    const char *last = NULL;
    for (const char *at = enter(object); *at != '}';) {
        const char *behind = skip_string(at, end);
        struct slice key = {at, (size_t)(behind - at)};
        const char *value = skip_space(skip_space(behind) + 1);
        if (text_is(key, name))
            last = value;
        at = go_on(skip_value(value, end));
    }
    if (last)
        *found = value_at(last, end);
    return last != NULL;
}

static bool find_element(struct slice array, uint32_t index, struct json_value *found)
{
    const char *end = array.at + array.n;
    const char *at = enter(array);
    while (*at != ']' && index > 0) {
        at = go_on(skip_value(at, end));
        index--;
    }
    if (*at == ']')
        return false;
    *found = value_at(at, end);
    return true;
}

struct json_value find_root(struct slice json)
{
    const char *end = json.at + json.n;
    return value_at(skip_space(json.at), end);
}

bool find_path(struct slice json, struct json_path path, struct json_value *found)
{
    *found = find_root(json);
    for (unsigned i = 0; i < path.n_steps; i++) {
        const struct json_step *step = &path.steps[i];
        if (found->kind != (step->is_index ? JSON_ARRAY : JSON_OBJECT))
            return false;
        struct slice container = found->text;
        if (!(step->is_index ? find_element(container, step->index, found)
                             : find_member(container, step->name, found)))
            return false;
    }
    return true;
}
