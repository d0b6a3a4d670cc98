/* service_key.c - parts in a fixed order */
#include "service/service_key.h"

#include "base/varint.h"
#include "wire/token.h"

bool service_key_put_base(struct buffer *out, const struct service_caching *c, bool has_credentials)
{
    if (!buffer_append(out, c->key))
        return false;
    return !has_credentials || !c->credentials.n || cache_key_add(out, c->credentials);
}

bool service_key_has_public(const struct service_caching *c)
{
    return c->credentials.n && c->is_impersonal && c->settings->respects_origin;
}

bool service_key_next_line(struct slice *fields, struct slice *line)
{
    const char *end = fields->n ? memchr(fields->at, '\r', fields->n) : NULL;
    if (!end)
        return false;
    *line = (struct slice){fields->at, (size_t)(end - fields->at)};
    *fields = slice_after(*fields, line->n + 2);
    return true;
}

static bool is_named(struct slice line, struct slice name)
{
    return line.n > name.n && line.at[name.n] == ':' &&
           token_equals((struct slice){line.at, name.n}, name);
}

bool service_key_is_condition(struct slice name)
{
    static const struct slice conditions[] = {
        SLICE_INIT("if-none-match"),       SLICE_INIT("if-modified-since"), SLICE_INIT("if-match"),
        SLICE_INIT("if-unmodified-since"), SLICE_INIT("if-range"),          SLICE_INIT("range")};
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (token_equals(name, conditions[i]))
            return true;
    return false;
}

bool service_key_has_conditions(struct slice fields)
{
    struct slice line;
    while (service_key_next_line(&fields, &line)) {
        const char *colon = line.n ? memchr(line.at, ':', line.n) : NULL;
        if (colon && service_key_is_condition((struct slice){line.at, (size_t)(colon - line.at)}))
            return true;
    }
    return false;
}

/* As a part alone, as the name of others are, or as a whole line. */
static bool is_part_of(struct slice part, struct slice name)
{
    return token_equals(part, name) || is_named(part, name);
}

bool service_key_is_varied_by_credentials(const struct service_caching *c, struct slice names)
{
    struct slice rest = c->credentials, name;
    uint64_t n;
    while (varint_take(&rest, &n) && n <= rest.n) {
        const struct slice part = {rest.at, n};
        struct slice left = names;
        while (token_next(&left, &name))
            if (is_part_of(part, name))
                return true;
        rest = slice_after(rest, n);
    }
    return false;
}

bool service_key_may_share(const struct service_caching *c, struct slice fields)
{
    return !c->settings->key.compiled || !service_key_has_conditions(fields);
}

/* The name, then each line that has it: "name: value" is no name, so that no two lists of fields
 * make one text. */
static bool put_field(struct buffer *out, struct slice name, struct slice fields)
{
    struct slice line;
    if (!cache_key_add(out, name))
        return false;
    while (service_key_next_line(&fields, &line))
        if (is_named(line, name) && !cache_key_add(out, line))
            return false;
    return true;
}

bool service_key_put_vary(struct buffer *out, struct slice names, struct slice fields)
{
    struct slice name;
    while (token_next(&names, &name))
        if (!put_field(out, name, fields))
            return false;
    return true;
}

static bool is_at(struct slice key, struct buffer *written, struct slice names, struct slice fields)
{
    return service_key_put_vary(written, names, fields) && slice_equal(key, buffer_slice(written));
}

bool service_key_is_of(struct slice key, const struct service_caching *c, struct slice names,
                       struct slice fields, struct buffer *scratch)
{
    scratch->n = 0;
    if (service_key_put_base(scratch, c, true) && is_at(key, scratch, names, fields))
        return true;
    scratch->n = 0;
    return service_key_has_public(c) && service_key_put_base(scratch, c, false) &&
           is_at(key, scratch, names, fields);
}
