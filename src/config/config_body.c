/* config_body.c - the body that a call sends (CONTRACT 3.1)
 *
 * A YAML value whose strings are templates becomes pieces: JSON text, made here once and for all,
 * and between it what is known with each request. A string that is one variable alone stands for
 * the variable's value, of whatever type; with text around it is a string.
 */
#include "base/check.h"
#include "config/config_internal.h"
#include "json/text.h"

enum {
    BODY_MAX = 1024 * 1024, /* of fixed text */
    PIECES_MAX = 4096
};

struct body_writer {
    struct reading *r;
    const struct node *value; /* the whole body */
    struct config_body *out;
    unsigned capacity;
    struct buffer text; /* since the last variable */
    bool is_full;       /* told; nothing more goes in */
};

static void tell_size(struct body_writer *w)
{
    if (!w->is_full)
        reading_complain(w->r, RULE_BIG, w->value->place,
                         "this is too much for a body; it holds at most 1 MiB of text and 2048 "
                         "variables");
    w->is_full = true;
}

static void put(struct body_writer *w, struct slice text)
{
    if (!w->is_full && !buffer_append(&w->text, text))
        tell_size(w);
}

static void put_quoted(struct body_writer *w, struct slice text)
{
    if (!w->is_full && !text_quote(&w->text, text))
        tell_size(w);
}

static void add_piece(struct body_writer *w, struct config_piece piece)
{
    if (w->out->n_pieces == PIECES_MAX)
        tell_size(w);
    if (w->is_full)
        return;
    if (w->out->n_pieces == w->capacity) {
        w->capacity = w->capacity ? w->capacity * 2 : 4;
        struct config_piece *grown = reading_keep(w->r, w->capacity, sizeof *grown);
        if (w->out->n_pieces)
            memcpy(grown, w->out->pieces, w->out->n_pieces * sizeof *grown);
        w->out->pieces = grown;
    }
    w->out->pieces[w->out->n_pieces++] = piece;
}

/* The text so far becomes a piece. */
static void end_text(struct body_writer *w)
{
    if (w->text.n > 0)
        add_piece(w, (struct config_piece){
                         .kind = CONFIG_PIECE_TEXT,
                         .text = reading_copy(w->r, buffer_slice(&w->text)),
                     });
    w->text.n = 0;
}

/* "{id}", and nothing else. */
static enum config_piece_kind kind_of(const struct template *t, struct slice text)
{
    bool is_alone = template_n_variables(t) == 1 && template_variable_offset(t, 0) == 1 &&
                    template_variable(t, 0).n + 2 == text.n;
    return is_alone ? CONFIG_PIECE_VALUE : CONFIG_PIECE_STRING;
}

/* Braces that only stood for braces. */
static void put_literal(struct body_writer *w, const struct template *t)
{
    struct buffer literal;
    size_t culprit = 0;
    buffer_init(&literal, BODY_MAX);
    CHECK(template_expand(t, NULL, &literal, &culprit) == FAULT_NONE);
    put_quoted(w, buffer_slice(&literal));
    buffer_done(&literal);
}

static void put_template(struct body_writer *w, const struct node *n)
{
    struct config_template t = {0};
    if (!config_read_text_template(w->r, n, &t))
        return;
    if (template_n_variables(t.compiled) == 0) {
        put_literal(w, t.compiled);
        return;
    }
    end_text(w);
    add_piece(w, (struct config_piece){.kind = kind_of(t.compiled, n->text), .template = t});
}

static bool has_brace(struct slice text)
{
    return text.n && (memchr(text.at, '{', text.n) || memchr(text.at, '}', text.n));
}

static void put_scalar(struct body_writer *w, struct node *n)
{
    struct slice json = SLICE_NONE;
    if (has_brace(n->text))
        put_template(w, n);
    else if (node_json(w->r, n, &json))
        put(w, json);
}

/* {id} without quotes is a map with one key and nothing behind it. */
static bool is_bare_template(struct body_writer *w, const struct node *n)
{
    if (!n->is_flow || n->n != 1 || !node_is_null(n->pairs[0].value) || n->pairs[0].value->text.n)
        return false;
    const char *name = reading_show(w->r, n->pairs[0].key->text);
    reading_complain(w->r, RULE_KIND_QUOTE, n->place,
                     "braces without quotes are a map in YAML; quote it for the variable: "
                     "\"{%s}\", or write {%s: null}",
                     name, name);
    return true;
}

static void put_node(struct body_writer *w, struct node *n);

static void put_map(struct body_writer *w, struct node *n)
{
    if (is_bare_template(w, n))
        return;
    put(w, SLICE("{"));
    for (size_t i = 0; i < n->n && !w->is_full; i++) {
        if (i > 0)
            put(w, SLICE(","));
        put_quoted(w, n->pairs[i].key->text);
        put(w, SLICE(":"));
        put_node(w, n->pairs[i].value);
    }
    put(w, SLICE("}"));
}

static void put_list(struct body_writer *w, struct node *n)
{
    put(w, SLICE("["));
    for (size_t i = 0; i < n->n && !w->is_full; i++) {
        if (i > 0)
            put(w, SLICE(","));
        put_node(w, n->items[i]);
    }
    put(w, SLICE("]"));
}

static void put_node(struct body_writer *w, struct node *n)
{
    switch (n->kind) {
    case NODE_SCALAR:
        put_scalar(w, n);
        break;
    case NODE_LIST:
        put_list(w, n);
        break;
    case NODE_MAP:
        put_map(w, n);
        break;
    }
}

/* `body: null` is a body, `body:` is not. */
static void read_body(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_body *body = option_at(object, row);
    struct body_writer w = {.r = r, .value = value, .out = body};
    bool is_nothing = value->kind == NODE_SCALAR && value->is_plain && value->text.n == 0;
    if (is_nothing && !option_scalar(r, value, "a value"))
        return;
    body->kind = CONFIG_BODY_JSON;
    buffer_init(&w.text, BODY_MAX);
    put_node(&w, value);
    end_text(&w);
    buffer_done(&w.text);
}

/* As forms have it: what is not safe anywhere becomes %XX, a space a plus. */
static struct slice encode_name(struct reading *r, struct slice name)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = reading_keep(r, name.n * 3 + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.at[i];
        bool is_safe = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c && strchr("*-._", c));
        if (is_safe || c == ' ') {
            encoded[n++] = c == ' ' ? '+' : (char)c;
            continue;
        }
        encoded[n++] = '%';
        encoded[n++] = digits[c >> 4];
        encoded[n++] = digits[c & 15];
    }
    return (struct slice){encoded, n};
}

static void read_form(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_body *body = option_at(object, row);
    struct body_writer w = {.r = r, .value = value, .out = body};
    if (!option_map(r, value, "a form is a map of its fields, as name: \"{name}\""))
        return;
    body->kind = CONFIG_BODY_FORM;
    for (size_t i = 0; i < value->n && !w.is_full; i++) {
        const struct node *text = value->pairs[i].value;
        struct config_piece piece = {.text = encode_name(r, value->pairs[i].key->text)};
        if (!option_scalar(r, text, "a text") ||
            !config_read_text_template(r, text, &piece.template))
            continue;
        piece.kind = kind_of(piece.template.compiled, text->text);
        add_piece(&w, piece);
    }
}

void config_check_body(struct reading *r, const struct config_source *s, const struct node *own)
{
    const struct node *body = node_find(own, SLICE("body"));
    const struct node *form = node_find(own, SLICE("form"));
    if (body && form)
        reading_complain(r, RULE_ONE_OF, form->place,
                         "'form' cannot stand beside 'body'; a call has one of them");
    if ((body || form) && s->method.n && s->is_safe)
        reading_complain(r, RULE_BODY_METHOD, (body ? body : form)->place,
                         "a GET call has no body; write post: %s", reading_show(r, s->path_text));
}

const struct option_kind config_kind_body = {"any value, with variables", "{}", read_body};
const struct option_kind config_kind_form = {
    "map of names and texts with variables",
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}",
    read_form};
