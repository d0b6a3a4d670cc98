/* node_parse.c - from libfyaml's events to our tree
 *
 * Events, and not libfyaml's own documents: so that keys that stand twice are told with both
 * places instead of ending the reading, aliases are shared instead of copied, and depth and size
 * are bounded while they grow. What libfyaml 0.7 and 0.9 see differently (where an empty value
 * stands) is evened out here.
 */
#include <libfyaml.h>
#include <stdlib.h>

#include "base/check.h"
#include "config/node_internal.h"

enum {
    DEPTH_MAX = 48,      /* below libfyaml's own limit, so that ours is the one that is told */
    WEIGHT_MAX = 500000, /* of the whole tree: aliases can make much of little */
    BYTES_A_WEIGHT = 16,
    ANCHORS_MAX = 1000,
    FIRST_CAPACITY = 4
};

struct anchor {
    struct anchor *next;
    struct slice name;
    struct node *node; /* NULL while its content is being read */
};

struct builder {
    struct reading *r;
    struct document *document;
    struct fy_parser *parser;
    struct anchor *anchors;
    unsigned n_anchors;
    size_t weight;
    unsigned depth;
    size_t behind; /* where the last token began: the place of what has none */
    bool failed;
};

static struct place place_at(const struct builder *b, size_t offset)
{
    return (struct place){b->document, offset};
}

/* Ends the reading of this document; only the first reason is told. Always NULL. */
static struct node *fail(struct builder *b, enum rule rule, size_t offset, const char *message)
{
    if (!b->failed)
        reading_complain(b->r, rule, place_at(b, offset), "%s", message);
    b->failed = true;
    return NULL;
}

static struct slice token_text(struct fy_token *token)
{
    size_t n = 0;
    const char *at = token ? fy_token_get_text(token, &n) : NULL;
    return (struct slice){at, at ? n : 0};
}

/* Where the event's text begins; behind the quote of a quoted one. */
static size_t event_offset(struct builder *b, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark)
        b->behind = mark->input_pos;
    return b->behind;
}

/* A branch that aliases share counts each time, as whoever walks the tree meets it each time. */
static void weigh(struct builder *b, const struct node *n, size_t weight)
{
    b->weight += weight;
    if (b->weight > WEIGHT_MAX)
        fail(b, RULE_ALIAS, n->place.offset,
             "this holds too many values, each alias counted as what it stands for; a configuration"
             " has at most 500000");
}

static struct node *new_node(struct builder *b, enum node_kind kind, size_t offset)
{
    struct node *n = reading_scratch(b->r, 1, sizeof *n);
    *n = (struct node){.kind = kind, .place = place_at(b, offset), .weight = 1};
    return n;
}

/* A name may be given anew; then the last one before an alias holds. */
static struct anchor *remember_anchor(struct builder *b, struct fy_event *event)
{
    struct fy_token *token = fy_event_get_anchor_token(event);
    if (!token)
        return NULL;
    if (++b->n_anchors > ANCHORS_MAX) {
        fail(b, RULE_ALIAS, b->behind,
             "these are too many anchors; a configuration has at most 1000");
        return NULL;
    }
    struct anchor *a = reading_scratch(b->r, 1, sizeof *a);
    struct slice name = token_text(token);
    *a = (struct anchor){.next = b->anchors, .name = reading_note(b->r, name)};
    b->anchors = a;
    return a;
}

/* Tags change what a value is. "!!str" makes a text of it; nothing here needs another. */
static bool read_tag(struct builder *b, struct fy_event *event, bool *is_text)
{
    struct fy_token *token = fy_event_get_tag_token(event);
    if (!token)
        return true;
    *is_text = slice_equal(token_text(token), SLICE("tag:yaml.org,2002:str")) ||
               slice_equal(token_text(token), SLICE("!"));
    if (*is_text)
        return true;
    const struct fy_mark *mark = fy_token_start_mark(token);
    fail(b, RULE_TAG, mark ? mark->input_pos : b->behind,
         "a '!' begins a tag, and tags mean nothing here; leave it out, or quote a text that begins"
         " so (only !!str is known)");
    return false;
}

/* How many bytes of the text stand in the document as they are. */
static size_t count_verbatim(const struct document *d, size_t offset, struct slice text)
{
    size_t n = 0;
    while (n < text.n && offset + n < d->text.n && d->text.at[offset + n] == text.at[n])
        n++;
    return n;
}

static enum scalar_style style_of(struct fy_token *token)
{
    switch (token ? fy_token_scalar_style(token) : FYSS_PLAIN) {
    case FYSS_SINGLE_QUOTED:
        return SCALAR_SINGLE_QUOTED;
    case FYSS_DOUBLE_QUOTED:
        return SCALAR_DOUBLE_QUOTED;
    case FYSS_LITERAL:
        return SCALAR_LITERAL;
    case FYSS_FOLDED:
        return SCALAR_FOLDED;
    default:
        return SCALAR_PLAIN;
    }
}

/* The place is at the quote of a quoted text, and at the first word of a block. */
static struct node *new_scalar(struct builder *b, size_t offset, struct fy_token *token)
{
    struct node *n = new_node(b, NODE_SCALAR, offset);
    n->style = style_of(token);
    n->text_offset = offset;
    n->text = n->written = reading_note(b->r, token_text(token));
    n->n_verbatim = count_verbatim(b->document, offset, n->text);
    if (scalar_is_block(n->style))
        n->place = node_place_in(b->r, n, 0);
    else if (n->style != SCALAR_PLAIN && offset > 0)
        n->place.offset--;
    return n;
}

static struct node *build_scalar(struct builder *b, struct fy_event *event)
{
    size_t offset = event_offset(b, event);
    struct fy_token *token = fy_event_get_token(event);
    struct node *n = new_scalar(b, offset, token);
    bool is_text = false;
    if (!read_tag(b, event, &is_text))
        return NULL;
    n->is_plain = n->style == SCALAR_PLAIN && !is_text;
    node_replace_environment(b->r, n);
    n->weight += n->text.n / BYTES_A_WEIGHT;
    return n;
}

static struct node *build_alias(struct builder *b, struct fy_event *event)
{
    size_t offset = event_offset(b, event);
    offset -= offset > 0 && b->document->text.at[offset - 1] == '*';
    struct slice name = token_text(fy_event_get_token(event));
    for (struct anchor *a = b->anchors; a; a = a->next) {
        if (!slice_equal(a->name, name))
            continue;
        if (!a->node)
            return fail(b, RULE_ALIAS, offset,
                        "this alias stands inside of what it names; it never ends");
        return a->node;
    }
    return fail(b, RULE_ALIAS, offset,
                "nothing is named so with '&' before; a text that begins with '*' needs quotes");
}

static struct node *build(struct builder *b, struct fy_event *event);

/* The next event, NULL at an error. To be freed with fy_parser_event_free(). */
static struct node *build_next(struct builder *b, bool *is_end)
{
    struct fy_event *event = b->failed ? NULL : fy_parser_parse(b->parser);
    *is_end = !event || event->type == FYET_SEQUENCE_END || event->type == FYET_MAPPING_END;
    struct node *n = *is_end ? NULL : build(b, event);
    if (!event)
        b->failed = true;
    fy_parser_event_free(b->parser, event);
    return n;
}

/* Doubles an array of the scratch arena when n of its items are in use. */
static void *grow(struct builder *b, void *items, size_t n, size_t size)
{
    bool is_full = n == 0 || (n >= FIRST_CAPACITY && (n & (n - 1)) == 0);
    if (!is_full)
        return items;
    void *grown = reading_scratch(b->r, n == 0 ? FIRST_CAPACITY : n * 2, size);
    if (n)
        memcpy(grown, items, n * size);
    return grown;
}

/* An empty value has no place of its own in every version of libfyaml: it is told of its owner. */
static void place_empty(struct node *value, const struct node *owner)
{
    if (value->kind == NODE_SCALAR && value->is_plain && value->text.n == 0)
        value->place = owner->place;
}

static struct node *build_list(struct builder *b, struct node *list)
{
    bool is_end = false;
    for (;;) {
        struct node *item = build_next(b, &is_end);
        if (is_end || !item)
            return b->failed ? NULL : list;
        place_empty(item, list);
        list->items = grow(b, list->items, list->n, sizeof(struct node *));
        list->items[list->n++] = item;
        list->weight += item->weight;
    }
}

static bool is_scalar_key(struct builder *b, const struct node *key)
{
    if (key->kind == NODE_SCALAR)
        return true;
    bool is_template = key->kind == NODE_MAP && key->is_flow;
    fail(b, RULE_KEY, key->place.offset,
         is_template ? "a map cannot be a key; if this is a template, quote it: \"{name}\""
                     : "a key is a plain word; a text that begins with a bracket needs quotes");
    return false;
}

static struct node *build_map(struct builder *b, struct node *map)
{
    bool is_end = false;
    for (;;) {
        struct node *key = build_next(b, &is_end);
        if (is_end || !key)
            break;
        if (!is_scalar_key(b, key))
            return NULL;
        struct node *value = build_next(b, &is_end);
        if (!value)
            return NULL;
        place_empty(value, key);
        map->pairs = grow(b, map->pairs, map->n, sizeof(struct node_pair));
        map->pairs[map->n++] = (struct node_pair){key, value};
        map->weight += key->weight + value->weight;
    }
    if (b->failed)
        return NULL;
    node_drop_repeated(b->r, map);
    return map;
}

static bool is_flow(struct fy_event *event)
{
    return fy_event_get_node_style(event) == FYNS_FLOW;
}

/* A list or a map, with all that is in it. Depth is bounded, so the recursion is. */
static struct node *build_container(struct builder *b, struct fy_event *event)
{
    size_t offset = event_offset(b, event);
    bool is_map = event->type == FYET_MAPPING_START;
    bool is_text = false;
    if (b->depth == DEPTH_MAX)
        return fail(b, RULE_DEEP, offset,
                    "this is nested too deep; a configuration has at most 48 levels");
    if (!read_tag(b, event, &is_text))
        return NULL;
    struct node *n = new_node(b, is_map ? NODE_MAP : NODE_LIST, offset);
    n->is_flow = is_flow(event);
    b->depth++;
    n = is_map ? build_map(b, n) : build_list(b, n);
    b->depth--;
    return n;
}

static struct node *build(struct builder *b, struct fy_event *event)
{
    struct anchor *anchor = remember_anchor(b, event);
    struct node *n = NULL;
    if (event->type == FYET_ALIAS)
        n = build_alias(b, event);
    else if (event->type == FYET_SCALAR)
        n = build_scalar(b, event);
    else
        n = build_container(b, event);
    if (!n)
        return NULL;
    bool is_whole = n->kind == NODE_SCALAR || event->type == FYET_ALIAS;
    weigh(b, n, is_whole ? n->weight : 1); /* what is in it was weighed before */
    if (anchor)
        anchor->node = n;
    return b->failed ? NULL : n;
}

/* Past what begins a stream and a document. NULL at an error, or with *is_end where there is
 * nothing more. */
static struct fy_event *next_content(struct builder *b, bool *is_end)
{
    for (;;) {
        struct fy_event *event = fy_parser_parse(b->parser);
        *is_end = event && event->type == FYET_STREAM_END;
        bool is_content = event && !*is_end && event->type != FYET_STREAM_START &&
                          event->type != FYET_DOCUMENT_START && event->type != FYET_DOCUMENT_END;
        if (!event || is_content)
            return event;
        fy_parser_event_free(b->parser, event);
        if (*is_end)
            return NULL;
    }
}

/* One document, and nothing behind it. */
static struct node *build_document(struct builder *b, bool *is_empty)
{
    struct fy_event *event = next_content(b, is_empty);
    struct node *root = event ? build(b, event) : NULL;
    fy_parser_event_free(b->parser, event);
    if (!root || b->failed)
        return NULL;
    bool is_end = false;
    event = next_content(b, &is_end);
    if (event)
        fail(b, RULE_DOCUMENTS, event_offset(b, event),
             "a second YAML document begins; a configuration is one, use `include` for more files");
    fy_parser_event_free(b->parser, event);
    return event || !is_end ? NULL : root;
}

/* libfyaml collects its errors and prints them nevertheless, into this. */
static void discard(struct fy_diag *diag, void *user, const char *text, size_t n)
{
    (void)diag, (void)user, (void)text, (void)n;
}

static struct fy_diag *new_diag(void)
{
    struct fy_diag_cfg how;
    fy_diag_cfg_default(&how);
    how.fp = NULL;
    how.output_fn = discard;
    struct fy_diag *diag = fy_diag_create(&how);
    CHECK(diag);
    fy_diag_set_collect_errors(diag, true);
    return diag;
}

static void tell_syntax(struct builder *b, struct fy_diag *diag)
{
    void *at = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &at);
    const struct fy_mark *mark = error && error->fyt ? fy_token_start_mark(error->fyt) : NULL;
    struct node_syntax_error told = {b->document, mark ? mark->input_pos : b->behind,
                                     error && error->msg ? error->msg : "it ends too early"};
    node_tell_syntax(b->r, &told);
}

struct node *node_parse(struct reading *r, struct document *d, bool *is_empty)
{
    struct fy_diag *diag = new_diag();
    const struct fy_parse_cfg how = {
        .flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
        .diag = diag,
    };
    struct builder b = {.r = r, .document = d, .parser = fy_parser_create(&how)};
    CHECK(b.parser);
    CHECK(fy_parser_set_string(b.parser, d->text.at, d->text.n) == 0);
    unsigned told_before = r->diagnostics.n;
    *is_empty = false;
    struct node *root = build_document(&b, is_empty);
    if (!root && !*is_empty && r->diagnostics.n == told_before)
        tell_syntax(&b, diag);
    if (!root && !*is_empty)
        node_hide_secrets(d); /* as nobody will read whose value they are */
    fy_parser_destroy(b.parser);
    fy_diag_destroy(diag);
    return root;
}
