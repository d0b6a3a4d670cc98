/* config_template.c - compiles templates and finds out what their variables are
 *
 * wire/template.h knows the braces; what stands between them is config_variable.c's.
 */
#include "config/config_variable.h"

enum {
    TEMPLATE_MAX = 8192
};

/* A template in a scalar, behind the first bytes of it. */
struct site {
    const struct node *text;
    struct node escaped; /* with braces of the environment's as literals */
    size_t skip;
    bool is_text;
};

static const struct reading_escape uri_braces[] = {
    {'{', SLICE_INIT("%7B")}, {'}', SLICE_INIT("%7D")}, {0, {0}}};
static const struct reading_escape text_braces[] = {
    {'{', SLICE_INIT("{{")}, {'}', SLICE_INIT("}}")}, {0, {0}}};

static struct site site_of(struct reading *r, const struct node *text, size_t skip, bool is_text)
{
    struct site site = {text, *text, skip, is_text};
    site.escaped.text = reading_escaped(r, text->text, is_text ? text_braces : uri_braces);
    return site;
}

static struct slice template_of(const struct site *site)
{
    return slice_after(site->escaped.text, site->skip);
}

static bool compile(struct reading *r, const struct site *site, struct config_template *out)
{
    struct template_error error = {0};
    if (site->text->text.n > TEMPLATE_MAX) {
        reading_complain(r, RULE_TEMPLATE, site->text->place,
                         "a template is at most 8 KiB long; shorten it");
        return false;
    }
    struct slice template = template_of(site);
    struct arena *arena = &r->config->arena;
    enum fault fault = site->is_text
                           ? template_compile_text(template, arena, &out->compiled, &error)
                           : template_compile(template, arena, &out->compiled, &error);
    if (fault != FAULT_NONE)
        out->compiled = NULL;
    if (fault == FAULT_LIMIT)
        reading_end(r, site->text->place);
    else if (fault != FAULT_NONE)
        reading_complain(r, RULE_TEMPLATE,
                         node_place_in(r, &site->escaped, site->skip + error.offset),
                         "%s; write %s", error.what,
                         error.instead ? error.instead : "it as /products/{id}{?currency}");
    return fault == FAULT_NONE;
}

static bool read_template(struct reading *r, const struct site *site, struct config_template *out)
{
    if (!compile(r, site, out))
        return false;
    size_t n = template_n_variables(out->compiled);
    out->variables = reading_keep(r, n, sizeof *out->variables);
    bool is_good = true;
    for (size_t i = 0; i < n; i++) {
        size_t offset = template_variable_offset(out->compiled, i);
        struct slice name = template_variable(out->compiled, i);
        struct place place = node_place_in(r, &site->escaped, site->skip + offset);
        reading_mask_copy(r, (struct slice){template_of(site).at + offset, name.n}, name, 0);
        is_good &= config_variable_resolve(r, name, place, true, &out->variables[i]);
    }
    return is_good;
}

bool config_compile_text(struct reading *r, const struct node *text, struct template **out)
{
    struct config_template template = {0};
    struct site site = site_of(r, text, 0, true);
    bool is_good = compile(r, &site, &template);
    *out = template.compiled;
    return is_good;
}

bool config_read_template(struct reading *r, const struct node *text, size_t skip,
                          struct config_template *out)
{
    struct site site = site_of(r, text, skip, false);
    return read_template(r, &site, out);
}

bool config_read_text_template(struct reading *r, const struct node *text,
                               struct config_template *out)
{
    struct site site = site_of(r, text, 0, true);
    return read_template(r, &site, out);
}
