/* caching.c - parts of a key, each behind its length */
#include "gateway/caching.h"

#include "base/check.h"
#include "cache/cache_key.h"
#include "gateway/gateway_internal.h"
#include "service/service_key.h"

static const struct config_cache *settings_of(const struct composing *c)
{
    return &c->source->plan->config->cache;
}

static struct slice written(const struct composing *c, size_t at, size_t n)
{
    return (struct slice){c->out->at + at, n};
}

/* The part is copied first where it lies in the buffer itself, which may move. */
static bool add_written(struct composing *c, size_t at, size_t n)
{
    return buffer_reserve(c->out, n + sizeof(uint64_t) * 2) &&
           cache_key_add(c->out, written(c, at, n));
}

/* SERVICE:TARGET, as the configuration would name it. */
static bool put_url(struct composing *c, const struct composed *out)
{
    size_t n_method = c->source->plan->method.n;
    size_t n_target = out->line_n - n_method;
    return buffer_append(c->out, c->source->plan->config->service->name) &&
           buffer_append(c->out, SLICE(":")) && buffer_reserve(c->out, n_target) &&
           buffer_append(c->out, written(c, out->at + n_method, n_target));
}

/* Fills the template, without blaming anybody: a value that is missing fails the call elsewhere, or
 * leaves this one unremembered. */
static bool expand_plain(struct composing *c, const struct config_template *t)
{
    struct values_missing missing;
    return values_fill(c->run, c->item, t, &missing) == VALUES_GOOD &&
           template_expand_plain(t->compiled, c->run->gateway->values, c->out) == FAULT_NONE;
}

/* How long each value is, so that none can reach into its neighbour. */
static bool add_lengths(struct composing *c, const struct config_template *t)
{
    const struct template_value *values = c->run->gateway->values;
    for (size_t i = 0; i < template_n_variables(t->compiled); i++) {
        const struct template_value *v = &values[i];
        const struct slice *items = v->is_list ? v->items : &v->text;
        size_t n_items = v->is_list ? v->n_items : v->is_defined;
        uint64_t lengths[2] = {n_items, 0};
        for (size_t k = 0; k < n_items; k++) {
            lengths[1] = items[k].n;
            if (!cache_key_add(c->out, (struct slice){(const char *)lengths, sizeof lengths}))
                return false;
        }
        if (!n_items && !cache_key_add(c->out, SLICE_NONE))
            return false;
    }
    return true;
}

/* The client's own, whether they are forwarded or not. */
static bool add_vary(struct composing *c)
{
    const struct config_cache *s = settings_of(c);
    const struct request *q = &c->run->visit->exchange->request;
    for (unsigned i = 0; i < s->n_vary; i++) {
        if (!cache_key_add(c->out, s->vary[i]))
            return false;
        for (unsigned k = 0; k < q->n_fields; k++)
            if (slice_equal_nocase(q->fields[k].name, s->vary[i]) &&
                (!cache_key_add(c->out, SLICE("=")) || !cache_key_add(c->out, q->fields[k].value)))
                return false;
    }
    return true;
}

/* What of the lines that all calls of the request carry says what was asked for, and not by whom.
 */
static bool add_asked(struct composing *c)
{
    const struct visit *v = c->run->visit;
    return cache_key_add(c->out, visit_scheme(v)) && cache_key_add(c->out, visit_site(v));
}

/* What the configuration has as it stands is no client's. */
static bool is_constant(const struct composing *c, struct slice name)
{
    const struct config_source *s = c->source->plan->config;
    for (unsigned i = 0; i < s->n_set_headers; i++)
        if (slice_equal(s->set_headers[i].name, name))
            return template_n_variables(s->set_headers[i].value.compiled) == 0;
    return false;
}

static bool is_credential_line(const struct composing *c, struct slice line)
{
    const char *colon = line.n ? memchr(line.at, ':', line.n) : NULL;
    struct slice name = {line.at, colon ? (size_t)(colon - line.at) : 0};
    return compose_is_credential(c->run->plan->config, name) && !is_constant(c, name);
}

/* Each line of the source's own that has credentials of the client's, or each other one, by put().
 */
static bool put_lines(struct composing *c, const struct composed *out, bool are_credentials,
                      bool (*put_line)(struct composing *c, size_t at, size_t n))
{
    size_t at = out->at + out->line_n;
    size_t end = at + out->own_n;
    bool is_good = true;
    while (at < end && is_good) {
        struct slice rest = written(c, at, end - at), line;
        CHECK(service_key_next_line(&rest, &line)); /* we have written it */
        if (is_credential_line(c, line) == are_credentials)
            is_good = put_line(c, at, line.n);
        at += line.n + 2;
    }
    return is_good;
}

static bool append_line(struct composing *c, size_t at, size_t n)
{
    return buffer_reserve(c->out, n + 2) && buffer_append(c->out, written(c, at, n + 2));
}

/* A session's token that another source gave is somebody's as much as what the client sent. */
static bool has_credentials(const struct composing *c)
{
    return c->source->has_credentials || c->source->plan->makes_credentials;
}

/* One part, as it is where no line has credentials: what is public is then found by all. */
static bool add_lines(struct composing *c, const struct composed *out)
{
    size_t start = c->out->n;
    if (!has_credentials(c))
        return add_written(c, out->at + out->line_n, out->own_n);
    if (!put_lines(c, out, false, append_line))
        return false;
    size_t n = c->out->n - start;
    if (!add_written(c, start, n))
        return false;
    c->out->n -= n;
    memmove(c->out->at + start, c->out->at + start + n, c->out->n - start);
    return true;
}

/* What is kept against its origin's will, and not by what its Vary names, is for those alone that
 * do so too. No service has this name. */
static bool add_disrespect(struct composing *c)
{
    return settings_of(c)->respects_origin || cache_key_add(c->out, SLICE("respect_origin: false"));
}

static bool put_default_key(struct composing *c, const struct composed *out)
{
    size_t body_at = out->at + out->line_n + out->fields_n;
    return add_disrespect(c) && cache_key_add(c->out, c->source->plan->config->service->name) &&
           add_written(c, out->at, out->line_n) && add_lines(c, out) &&
           add_written(c, body_at, out->body_n) && add_asked(c) && add_vary(c);
}

static bool put_given_key(struct composing *c, const struct composed *out)
{
    const struct config_source *s = c->source->plan->config;
    return add_disrespect(c) && cache_key_add(c->out, s->service->name) &&
           cache_key_add(c->out, s->method) &&
           add_written(c, out->at + out->line_n + out->fields_n + out->body_n + out->url_n,
                       out->name_n) &&
           add_lengths(c, &s->cache.key) && add_vary(c);
}

/* Those that were sent under another name, or in another place. */
static bool put_secrets(struct composing *c)
{
    const struct plan_source *p = c->source->plan;
    const struct request *q = &c->run->visit->exchange->request;
    for (unsigned i = 0; i < p->n_secrets; i++)
        for (unsigned k = 0; k < q->n_fields; k++)
            if (slice_equal_nocase(q->fields[k].name, p->secrets[i]) &&
                (!cache_key_add(c->out, p->secrets[i]) ||
                 !cache_key_add(c->out, q->fields[k].value)))
                return false;
    return true;
}

/* Whatever a key says, nobody gets what was made of another's claims. */
static bool put_claims(struct composing *c)
{
    const struct plan_source *p = c->source->plan;
    for (unsigned i = 0; i < p->n_claims; i++) {
        struct slice json;
        if (!values_json(c->run, NULL, p->claims[i], &json) || !cache_key_add(c->out, json))
            return false;
    }
    return true;
}

static bool put_credentials(struct composing *c, const struct composed *out)
{
    return put_lines(c, out, true, add_written) && put_secrets(c);
}

/* A tag with a value that is missing is none. */
static bool put_tags(struct composing *c)
{
    const struct config_cache *s = settings_of(c);
    for (unsigned i = 0; i < s->n_tags; i++) {
        size_t start = c->out->n;
        uint32_t n = 0;
        if (!buffer_append(c->out, (struct slice){(const char *)&n, sizeof n}))
            return false;
        size_t at = c->out->n;
        if (expand_plain(c, &s->tags[i])) {
            n = (uint32_t)(c->out->n - at);
            memcpy(c->out->at + start, &n, sizeof n);
        } else {
            c->out->n = start;
        }
    }
    return true;
}

static bool put_all(struct composing *c, struct composed *out)
{
    const struct config_cache *s = settings_of(c);
    size_t at = c->out->n;
    if (!put_url(c, out))
        return false;
    out->url_n = c->out->n - at;
    at = c->out->n;
    if (s->key.compiled && !expand_plain(c, &s->key))
        return false;
    out->name_n = c->out->n - at;
    at = c->out->n;
    if (!(s->key.compiled ? put_given_key(c, out) : put_default_key(c, out)))
        return false;
    out->key_n = c->out->n - at;
    at = c->out->n;
    if (has_credentials(c) && !put_credentials(c, out))
        return false;
    if (!put_claims(c))
        return false;
    out->credentials_n = c->out->n - at;
    at = c->out->n;
    if (!put_tags(c))
        return false;
    out->tags_n = c->out->n - at;
    return true;
}

void caching_compose(struct composing *c, struct composed *out)
{
    const struct config_source *s = c->source->plan->config;
    size_t start = c->out->n;
    if (!s->cache.is_on || !s->is_safe || !c->run->gateway->context.cache)
        return;
    if (put_all(c, out))
        return;
    c->out->n = start;
    out->key_n = 0;
}

static void read_tags(struct caching *to, struct slice packed)
{
    while (packed.n && to->told.n_tags < CONFIG_MAX_TAGS) {
        uint32_t n;
        memcpy(&n, packed.at, sizeof n);
        packed = slice_after(packed, sizeof n);
        to->tags[to->told.n_tags++] = (struct slice){packed.at, n};
        packed = slice_after(packed, n);
    }
    to->told.tags = to->tags;
}

void caching_read_wish(struct freshness_wish *w, const struct request *q)
{
    const struct field *pragma = exchange_field(q, SLICE("pragma"));
    bool has_control = false;
    freshness_wish_init(w);
    for (unsigned i = 0; i < q->n_fields; i++) {
        if (!slice_equal_nocase(q->fields[i].name, SLICE("cache-control")))
            continue;
        has_control |= q->fields[i].value.n > 0;
        freshness_wish_read(w, q->fields[i].value);
    }
    if (pragma && !has_control)
        freshness_wish_read_pragma(w, pragma->value);
}

static struct slice next(struct slice *rest, size_t n)
{
    struct slice s = {rest->at, n};
    *rest = slice_after(*rest, n);
    return s;
}

bool caching_read(struct caching *to, const struct run *r, unsigned source,
                  const struct composed *c)
{
    const struct config_cache *s = &r->plan->sources[source].config->cache;
    size_t n_before = c->line_n + c->fields_n + c->body_n;
    struct slice rest = {r->gateway->requests.at + c->at + n_before,
                         c->url_n + c->name_n + c->key_n + c->credentials_n + c->tags_n};
    if (!c->key_n)
        return false;
    to->told = (struct service_caching){.settings = s,
                                        .is_impersonal = r->plan->sources[source].is_impersonal,
                                        .is_shown = r->visit->labels != NULL};
    to->told.url = next(&rest, c->url_n);
    to->told.name = next(&rest, c->name_n);
    if (!s->key.compiled)
        to->told.name = to->told.url;
    to->told.key = next(&rest, c->key_n);
    to->told.credentials = next(&rest, c->credentials_n);
    read_tags(to, rest);
    if (s->respects_client) {
        caching_read_wish(&to->wish, &r->visit->exchange->request);
        to->told.wish = &to->wish;
    }
    return true;
}
