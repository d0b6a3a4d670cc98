/* credentials.c - header lines of secrets, a token's request and its answer */
#include "service/credentials.h"

#include <math.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/units.h"
#include "json/find.h"
#include "json/scan.h"
#include "json/text.h"
#include "service/credentials_life.h"

enum {
    ANSWER_DEPTH = 16,
    NUMBER_MAX = 32,
};
static const double life_max_s = 10.0 * 365 * 24 * 3600;

void credentials_forget(struct buffer *b)
{
    if (b->at)
        explicit_bzero(b->at, b->capacity);
    buffer_done(b);
}

/* All the room at once, so that growing leaves no copy of a secret behind. */
static bool begin(struct buffer *b, size_t n)
{
    if (b->capacity < n)
        credentials_forget(b);
    b->n = 0;
    return buffer_reserve(b, n);
}

/* More than RFC 6750's b64token: RFC 6749 has spaces (A.12), and tokens in the wild have anything
 * that a header takes. */
static bool is_token(struct slice token)
{
    if (token.n == 0 || token.n > CREDENTIALS_SECRET_MAX || token.at[0] == ' ' ||
        token.at[token.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < token.n; i++)
        if ((unsigned char)token.at[i] < ' ' || token.at[i] == 0x7f)
            return false;
    return true;
}

bool credentials_write_bearer(struct buffer *line, struct slice token)
{
    const struct slice scheme = SLICE("authorization: Bearer "), end = SLICE("\r\n");
    return is_token(token) && begin(line, scheme.n + token.n + end.n) &&
           buffer_append(line, scheme) && buffer_append(line, token) && buffer_append(line, end);
}

static bool append_base64(struct buffer *out, struct slice bytes)
{
    char *at = buffer_reserve(out, base64_size(bytes.n));
    if (!at)
        return false;
    out->n += base64_into(at, bytes);
    return true;
}

/* user:password, as one text; wiped by the caller. */
static bool join(struct buffer *pair, struct slice user, struct slice password)
{
    return begin(pair, user.n + 1 + password.n) && buffer_append(pair, user) &&
           buffer_append(pair, SLICE(":")) && buffer_append(pair, password);
}

bool credentials_write_basic(struct buffer *line, struct slice user, struct slice password)
{
    const struct slice scheme = SLICE("authorization: Basic "), end = SLICE("\r\n");
    struct buffer pair;
    buffer_init(&pair, CREDENTIALS_LIMIT);
    bool good = join(&pair, user, password) &&
                begin(line, scheme.n + base64_size(pair.n) + end.n) &&
                buffer_append(line, scheme) && append_base64(line, buffer_slice(&pair)) &&
                buffer_append(line, end);
    credentials_forget(&pair);
    return good;
}

static bool is_plain(unsigned char byte)
{
    unsigned char letter = byte | 0x20;
    return (byte >= '0' && byte <= '9') || (letter >= 'a' && letter <= 'z') || byte == '-' ||
           byte == '.' || byte == '_' || byte == '*';
}

/* application/x-www-form-urlencoded, as RFC 6749's appendix B has it. */
static bool append_encoded(struct buffer *out, struct slice text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *at = buffer_reserve(out, 3 * text.n);
    if (!at)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (is_plain(byte) || byte == ' ') {
            *at++ = byte == ' ' ? '+' : (char)byte;
            continue;
        }
        *at++ = '%';
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    out->n = (size_t)(at - out->at);
    return true;
}

/* The client by HTTP Basic, id and secret encoded as in forms (RFC 6749 section 2.3.1). */
static bool write_client(struct buffer *line, struct slice id, struct slice secret)
{
    struct buffer user, password;
    buffer_init(&user, CREDENTIALS_LIMIT);
    buffer_init(&password, CREDENTIALS_LIMIT);
    bool good = begin(&user, 3 * id.n) && begin(&password, 3 * secret.n) &&
                append_encoded(&user, id) && append_encoded(&password, secret) &&
                credentials_write_basic(line, buffer_slice(&user), buffer_slice(&password));
    credentials_forget(&user);
    credentials_forget(&password);
    return good;
}

static bool write_form(struct buffer *form, struct slice scopes)
{
    return buffer_append(form, SLICE("grant_type=client_credentials")) &&
           (scopes.n == 0 ||
            (buffer_append(form, SLICE("&scope=")) && append_encoded(form, scopes)));
}

static bool write_head(struct buffer *out, const struct config_credentials *c, struct slice client,
                       size_t body_n)
{
    return buffer_print(out, "POST %.*s HTTP/1.1\r\nhost: %.*s\r\n", SLICE_ARG(c->token_path),
                        SLICE_ARG(c->token_target.authority)) &&
           buffer_append(out, client) &&
           buffer_print(out,
                        "accept: application/json\r\n"
                        "content-type: application/x-www-form-urlencoded\r\n"
                        "content-length: %zu\r\n\r\n",
                        body_n);
}

bool credentials_write_ask(struct buffer *out, const struct config_credentials *c,
                           struct slice secret, size_t *body_at)
{
    struct buffer client, form;
    buffer_init(&client, CREDENTIALS_LIMIT);
    buffer_init(&form, CREDENTIALS_LIMIT);
    bool good = secret.n <= CREDENTIALS_SECRET_MAX && begin(out, CREDENTIALS_LIMIT) &&
                write_client(&client, c->client_id, secret) && write_form(&form, c->scopes) &&
                write_head(out, c, buffer_slice(&client), form.n);
    *body_at = out->n;
    good = good && buffer_append(out, buffer_slice(&form));
    credentials_forget(&client);
    buffer_done(&form);
    return good;
}

static bool find(struct slice json, const char *name, struct json_value *found)
{
    const struct json_step step = {.name = slice_of(name)};
    return find_path(json, (struct json_path){1, &step}, found) && found->kind != JSON_NULL;
}

/* Servers write the seconds as a number and, some, as a string of digits. */
static bool read_life(struct json_value v, uint64_t *life_ms)
{
    char digits[NUMBER_MAX];
    struct slice text = v.text;
    if (v.kind == JSON_STRING)
        text = (struct slice){text.at + 1, text.n - 2};
    if ((v.kind != JSON_NUMBER && v.kind != JSON_STRING) || text.n == 0 || text.n >= sizeof digits)
        return false;
    memcpy(digits, text.at, text.n);
    digits[text.n] = 0;
    char *end;
    double seconds = strtod(digits, &end);
    if (*end || !(seconds >= 1) || isinf(seconds)) /* NaN fails the second, too */
        return false;
    *life_ms = (uint64_t)(fmin(seconds, life_max_s) * (double)MS_A_SECOND);
    return true;
}

static bool write_found(struct buffer *line, struct json_value token)
{
    char text[CREDENTIALS_SECRET_MAX + 2];
    if (token.kind != JSON_STRING || token.text.n > sizeof text)
        return false;
    size_t n = text_unquote(text, token.text);
    bool good = credentials_write_bearer(line, (struct slice){text, n});
    explicit_bzero(text, sizeof text);
    return good;
}

/* A type that is absent is the usual one, as most clients hold it. */
static bool is_bearer(struct slice json)
{
    struct json_value type;
    const struct slice word = SLICE("\"bearer\"");
    return !find(json, "token_type", &type) ||
           (type.kind == JSON_STRING && slice_equal_nocase(type.text, word));
}

enum credentials_verdict credentials_read_token(struct slice body, struct buffer *line,
                                                uint64_t *life_ms)
{
    struct scan_result scanned = scan_json(body, ANSWER_DEPTH);
    struct json_value found;
    if (scanned.verdict != SCAN_OK)
        return CREDENTIALS_NOT_JSON;
    if (!is_bearer(scanned.value))
        return CREDENTIALS_FOREIGN_TYPE;
    *life_ms = CREDENTIALS_NO_END;
    if (find(scanned.value, "expires_in", &found) && !read_life(found, life_ms))
        return CREDENTIALS_BAD_LIFE;
    if (!find(scanned.value, "access_token", &found) || !write_found(line, found))
        return CREDENTIALS_NO_TOKEN;
    return CREDENTIALS_GOOD;
}

const char *credentials_read_error(struct slice body)
{
    static const char *const words[] = {"invalid_request",        "invalid_client",
                                        "invalid_grant",          "unauthorized_client",
                                        "unsupported_grant_type", "invalid_scope"};
    struct scan_result scanned = scan_json(body, ANSWER_DEPTH);
    struct json_value error;
    if (scanned.verdict != SCAN_OK || !find(scanned.value, "error", &error) ||
        error.kind != JSON_STRING)
        return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(error.text, slice_of(words[i])))
            return words[i];
    return NULL;
}

static bool is_same_secret(const struct config_secret *a, const struct config_secret *b)
{
    return slice_equal(a->text, b->text) && slice_equal_texts(a->file, b->file);
}

static bool is_same_target(const struct config_target *a, const struct config_target *b)
{
    return a->is_tls == b->is_tls && a->port == b->port && slice_equal_texts(a->host, b->host) &&
           slice_equal(a->authority, b->authority);
}

static bool is_same_trust(const struct config_tls *a, const struct config_tls *b)
{
    return slice_equal_texts(a->ca, b->ca) && slice_equal_texts(a->cert, b->cert) &&
           slice_equal_texts(a->key, b->key);
}

static bool is_same_oauth2(const struct config_credentials *a, const struct config_credentials *b)
{
    return is_same_target(&a->token_target, &b->token_target) &&
           slice_equal(a->token_path, b->token_path) && slice_equal(a->client_id, b->client_id) &&
           is_same_secret(&a->client_secret, &b->client_secret) &&
           slice_equal(a->scopes, b->scopes);
}

bool credentials_are_alike(const struct config_service *a, const struct config_service *b)
{
    const struct config_credentials *x = &a->credentials, *y = &b->credentials;
    if (!slice_equal(a->name, b->name) || x->kind != y->kind)
        return false;
    switch (x->kind) {
    case CONFIG_NO_CREDENTIALS:
        break;
    case CONFIG_BEARER:
        return is_same_secret(&x->bearer, &y->bearer);
    case CONFIG_BASIC:
        return slice_equal(x->user, y->user) && is_same_secret(&x->password, &y->password);
    case CONFIG_OAUTH2:
        return is_same_oauth2(x, y) && is_same_trust(&a->tls, &b->tls);
    }
    return true;
}
