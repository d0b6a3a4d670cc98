/* config_each.c - a source that is called once an item, or once for all (CONTRACT 3.2)
 *
 * The list is a variable and perhaps paths through the elements of lists: product.variants[].sku is
 * the list product.variants, through it .sku.
 */
#include "config/config_variable.h"

/* Where the next "[]" begins; text.n where there is none. */
static size_t find_brackets(struct slice text)
{
    size_t i = 0;
    while (i + 1 < text.n && !(text.at[i] == '[' && text.at[i + 1] == ']'))
        i++;
    return i + 1 < text.n ? i : text.n;
}

static size_t count_brackets(struct slice text)
{
    size_t n = 0;
    for (size_t i = find_brackets(text); i < text.n; n++) {
        text = slice_after(text, i + 2);
        i = find_brackets(text);
    }
    return n;
}

/* What is behind the first brackets: a path up to each of the next ones and one to the end.
 * Brackets at the end alone say what is clear anyway. */
static void read_through(struct reading *r, const struct node *value, struct slice rest,
                         struct config_each *each)
{
    struct slice path = slice_after(rest, 2);
    if (path.n == 0)
        return;
    each->through = reading_keep(r, count_brackets(rest), sizeof *each->through);
    while (rest.n > 0) {
        rest = slice_after(rest, 2);
        path = (struct slice){rest.at, find_brackets(rest)};
        if (!config_variable_path(r, value->text, path,
                                  node_place_in(r, value, (size_t)(path.at - value->text.at)),
                                  &each->through[each->n_through]))
            return;
        each->n_through++;
        rest = slice_after(rest, path.n);
    }
}

/* Answers, bodies and claims are looked at when they come; the others are known now. */
static void check_list(struct reading *r, const struct node *value, const struct config_each *each)
{
    const struct config_variable *list = &each->list;
    if (list->origin == CONFIG_FROM_SOURCE || list->origin == CONFIG_FROM_BODY ||
        list->origin == CONFIG_FROM_CLAIMS)
        return;
    bool is_parameter = list->origin == CONFIG_FROM_PARAMETER;
    if (is_parameter && r->unread & READING_LISTS)
        return;
    if (!is_parameter || !r->endpoint->parameters[list->index].is_list)
        reading_complain(r, RULE_EACH, value->place, "'%s' is a single value; %s",
                         reading_show(r, value->text),
                         is_parameter ? "give the parameter `list: true`"
                                      : "declare the header under `headers` with `list: true`");
    else if (each->n_through)
        reading_complain(r, RULE_EACH, value->place,
                         "the elements of a list parameter are single values; leave out what is "
                         "behind its name");
}

static void read_each(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_each *each = option_at(object, row);
    each->is_given = true;
    if (!option_line(r, value, "the path of a list"))
        return;
    struct slice text = value->text;
    bool has_braces = text.n > 1 && text.at[0] == '{' && text.at[text.n - 1] == '}';
    if (has_braces)
        text = (struct slice){text.at + 1, text.n - 2};
    size_t n = find_brackets(text);
    if (n == 0) {
        reading_complain(r, RULE_EACH, value->place,
                         "this names no list; write a path, as each: list.ids");
        return;
    }
    if (!config_read_variable(r, value, has_braces, n, &each->list))
        return;
    if (n < text.n)
        read_through(r, value, slice_after(text, n), each);
    check_list(r, value, each);
}

/* Parameters and sources share one name space, and the list of a batch joins it. */
static bool is_taken(const struct config_endpoint *e, struct slice name)
{
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (e->parameters[i].place != CONFIG_IN_HEADER && slice_equal(e->parameters[i].name, name))
            return true;
    for (unsigned i = 0; i < e->n_sources; i++)
        if (slice_equal(e->sources[i].name, name))
            return true;
    return false;
}

/* The list parameter that the batch is of may lend its name: within the call it means the same. */
static bool is_own_list(const struct config_endpoint *e, const struct config_each *each)
{
    return each->list.origin == CONFIG_FROM_PARAMETER && each->list.index < e->n_parameters &&
           slice_equal(e->parameters[each->list.index].name, each->batch);
}

static void read_batch(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config_each *each = option_at(object, row);
    if (!option_line(r, value, "a name for the list"))
        return;
    each->batch = reading_copy(r, value->text);
    if (config_check_name(r, value, "the list of a batch", false) &&
        is_taken(r->endpoint, each->batch) && !is_own_list(r->endpoint, each))
        reading_complain(r, RULE_NAME_TAKEN, value->place,
                         "'%s' is a parameter or a source already; choose another name for the "
                         "list of the batch",
                         reading_show(r, each->batch));
}

static void read_by(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_each *each = option_at(object, row);
    config_read_names(r, value, "id or product.id", &each->by);
}

/* Keys that need another one (option.h); told only where they are the source's own. */
static const struct {
    const char *key;
    enum rule rule;
    const char *instead;
} dependent[] = {
    {"parallel", RULE_EACH, "counts the calls of `each`; add each: list.ids, or leave it out"},
    {"max", RULE_EACH, "counts the elements of `each`; add each: list.ids, or leave it out"},
    {"stream", RULE_EACH, "is about the elements of `each`; add each: list.ids, or leave it out"},
    {"batch", RULE_BATCH, "names the list of `each`; add each: list.ids"},
    {"by", RULE_BATCH, "tells whose the elements of a batch are; add batch: ids, or leave it out"},
};

static bool speaks_of_list(const struct config_template *t)
{
    for (size_t i = 0; t->compiled && i < template_n_variables(t->compiled); i++)
        if (t->variables[i].origin == CONFIG_FROM_ITEMS)
            return true;
    return false;
}

static bool uses_list(const struct config_source *s)
{
    bool is_used = speaks_of_list(&s->path);
    for (unsigned i = 0; i < s->body.n_pieces; i++)
        is_used |= speaks_of_list(&s->body.pieces[i].template);
    for (unsigned i = 0; i < s->n_set_headers; i++)
        is_used |= speaks_of_list(&s->set_headers[i].value);
    return is_used;
}

static void check_batch(struct reading *r, const struct config_source *s, const struct node *own)
{
    const struct node *batch = node_find(own, SLICE("batch"));
    if (option_is_lacking(&config_source_of, own, "by"))
        reading_complain(r, RULE_BATCH, batch->place,
                         "a batch needs to know which member of an answered element tells whose it "
                         "is; add by: id");
    bool is_named = !(r->unread & READING_NAMES);
    if (is_named && s->path.compiled && !uses_list(s))
        reading_complain(r, RULE_BATCH, batch->place,
                         "the call never says which elements it is for; write {?%s} into its path, "
                         "or \"{%s}\" into `body`",
                         reading_show(r, s->each.batch), reading_show(r, s->each.batch));
}

void config_check_each(struct reading *r, const struct config_source *s, const struct node *own)
{
    for (unsigned i = 0; i < sizeof dependent / sizeof *dependent; i++) {
        const struct node *value = node_find(own, slice_of(dependent[i].key));
        const struct option *row = option_find(&config_source_of, slice_of(dependent[i].key));
        if (value && option_is_lacking(&config_source_of, own, row->needs))
            reading_complain(r, dependent[i].rule, value->place, "'%s' %s", dependent[i].key,
                             dependent[i].instead);
    }
    if (s->each.is_given && s->each.batch.n && node_find(own, SLICE("batch")))
        check_batch(r, s, own);
}

const struct option_kind config_kind_each = {"list of a source, a body or a parameter",
                                             "{\"type\":\"string\"}", read_each};
const struct option_kind config_kind_batch = {
    "name", "{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]*$|\\\\$\\\\{\"}",
    read_batch};
const struct option_kind config_kind_by = {"path of names", "{\"type\":\"string\"}", read_by};
