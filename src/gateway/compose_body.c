/* compose_body.c - `body` and `form`: pieces of the configuration with values between them */
#include "base/quote.h"
#include "gateway/compose_internal.h"
#include "gateway/gateway_internal.h"
#include "wire/token.h"

/* The text of a template, in the arena; at is NULL where the composing failed over it. */
static struct slice expand(struct composing *c, const struct config_template *t)
{
    struct buffer *out = c->out;
    size_t start = out->n;
    if (!compose_fill(c, t))
        return SLICE_NONE;
    if (template_expand_plain(t->compiled, c->run->gateway->values, out)) {
        compose_fail_for_length(c);
        return SLICE_NONE;
    }
    struct slice text = arena_copy(&c->run->visit->exchange->arena,
                                   (struct slice){out->at + start, out->n - start});
    out->n = start;
    if (!text.at)
        compose_fail_for_room(c);
    return text;
}

static void put_string(struct composing *c, const struct config_template *t)
{
    struct slice text = expand(c, t);
    if (!text.at)
        return;
    char *at = buffer_reserve(c->out, quote_json_size(text));
    if (at)
        c->out->n += quote_json_into(at, text);
    else
        compose_fail_for_length(c);
}

static bool is_dependency(const struct config_variable *from)
{
    return !values_are_of_request(from) && from->origin != CONFIG_FROM_ITEMS;
}

static bool is_null(struct slice json)
{
    return json.n == 0 || slice_equal(json, SLICE("null"));
}

/* What a client may leave out is null; what another source or an element lacks is a failure, which
 * filling it in as a text tells. */
static void put_value(struct composing *c, const struct config_template *t)
{
    const struct config_variable *from = &t->variables[0];
    struct slice json;
    if (!values_json(c->run, c->item, from, &json))
        compose_fail_for_room(c);
    else if (!is_null(json))
        compose_put(c, json);
    else if (!is_dependency(from) || compose_fill(c, t))
        compose_put(c, SLICE("null"));
}

static void put_json(struct composing *c, const struct config_piece *p)
{
    switch (p->kind) {
    case CONFIG_PIECE_TEXT:
        compose_put(c, p->text);
        break;
    case CONFIG_PIECE_VALUE:
        put_value(c, &p->template);
        break;
    case CONFIG_PIECE_STRING:
        put_string(c, &p->template);
        break;
    }
}

/* application/x-www-form-urlencoded, as the URL Standard writes it. */
static void put_encoded(struct composing *c, struct slice text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *at = buffer_reserve(c->out, text.n * 3);
    if (!at) {
        compose_fail_for_length(c);
        return;
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (token_has(byte, TOKEN_UNRESERVED)) {
            *at++ = (char)byte;
        } else if (byte == ' ') {
            *at++ = '+';
        } else {
            *at++ = '%';
            *at++ = digits[byte >> 4];
            *at++ = digits[byte & 15];
        }
    }
    c->out->n = (size_t)(at - c->out->at);
}

static void put_pair(struct composing *c, const struct config_piece *p, struct slice value,
                     bool *is_first)
{
    if (!*is_first)
        compose_put(c, SLICE("&"));
    *is_first = false;
    compose_put(c, p->text);
    compose_put(c, SLICE("="));
    put_encoded(c, value);
}

/* A list is its name as often as it has elements. */
static void put_alone(struct composing *c, const struct config_piece *p, bool *is_first)
{
    if (!compose_fill(c, &p->template))
        return;
    const struct template_value value = c->run->gateway->values[0];
    if (!value.is_list && value.is_defined)
        put_pair(c, p, value.text, is_first);
    for (size_t i = 0; value.is_list && i < value.n_items; i++)
        put_pair(c, p, value.items[i], is_first);
}

static void put_field(struct composing *c, const struct config_piece *p, bool *is_first)
{
    if (p->kind == CONFIG_PIECE_VALUE) {
        put_alone(c, p, is_first);
        return;
    }
    struct slice text = expand(c, &p->template);
    if (text.at)
        put_pair(c, p, text, is_first);
}

void compose_body(struct composing *c)
{
    const struct config_body *body = &c->source->plan->config->body;
    bool is_first = true;
    for (unsigned i = 0; i < body->n_pieces && c->verdict == COMPOSE_GOOD; i++) {
        if (body->kind == CONFIG_BODY_FORM)
            put_field(c, &body->pieces[i], &is_first);
        else
            put_json(c, &body->pieces[i]);
    }
}
