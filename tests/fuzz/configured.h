/* configured.h - what the program trusts a configuration with, held against one that was read */
#pragma once

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/check.h"
#include "config/config.h"
#include "json/scan.h"

enum {
    CONFIGURED_TOLD_MAX = 4 * 1024 * 1024,
    CONFIGURED_BODY_MAX = 16 * 1024 * 1024,
    CONFIGURED_DEPTH_MAX = 64
};

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses a little memory with some quoted scalars that it refuses. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void configured_check_variable(const struct config_endpoint *e,
                                      const struct config_source *s,
                                      const struct config_variable *v)
{
    switch (v->origin) {
    case CONFIG_FROM_PARAMETER:
        CHECK(v->index < e->n_parameters);
        break;
    case CONFIG_FROM_HEADER:
        CHECK(v->header.n > 0);
        break;
    case CONFIG_FROM_SOURCE:
        CHECK(v->index < e->n_sources && s->needs >> v->index & 1);
        break;
    case CONFIG_FROM_BODY:
        CHECK(e->reads_body);
        break;
    case CONFIG_FROM_CLAIMS:
        CHECK(e->n_auth > 0);
        break;
    case CONFIG_FROM_ITEM:
        CHECK(s->each.is_given && s->each.batch.n == 0);
        break;
    case CONFIG_FROM_ITEMS:
        CHECK(s->each.is_given && s->each.batch.n > 0);
        break;
    }
    for (unsigned i = 0; i < v->path.n_steps; i++)
        CHECK(v->path.steps[i].is_index || v->path.steps[i].name.n > 0);
}

static void configured_check_template(const struct config_endpoint *e,
                                      const struct config_source *s,
                                      const struct config_template *t)
{
    for (size_t i = 0; i < template_n_variables(t->compiled); i++)
        configured_check_variable(e, s, &t->variables[i]);
}

/* With any value in place of the variables it is JSON; a form's names need no more encoding. */
static void configured_check_body(const struct config_endpoint *e, const struct config_source *s)
{
    struct buffer json;
    bool is_json = s->body.kind == CONFIG_BODY_JSON;
    buffer_init(&json, CONFIGURED_BODY_MAX);
    for (unsigned i = 0; i < s->body.n_pieces; i++) {
        const struct config_piece *p = &s->body.pieces[i];
        CHECK((p->kind != CONFIG_PIECE_TEXT) == (p->template.compiled != NULL));
        if (p->template.compiled)
            configured_check_template(e, s, &p->template);
        if (p->kind == CONFIG_PIECE_VALUE)
            CHECK(template_n_variables(p->template.compiled) == 1);
        CHECK(buffer_append(&json, p->kind == CONFIG_PIECE_TEXT ? p->text : SLICE("0")));
        for (size_t k = 0; !is_json && k < p->text.n; k++)
            CHECK(p->text.at[k] > ' ' && !strchr("&=#", p->text.at[k]));
    }
    CHECK(!is_json || scan_json(buffer_slice(&json), CONFIGURED_DEPTH_MAX).verdict == SCAN_OK);
    buffer_done(&json);
}

static void configured_check_shape(const struct config_source *s)
{
    for (unsigned i = 0; i < s->shape.n_renames; i++) {
        const struct shape_rename *x = &s->shape.renames[i];
        CHECK(x->path.n_steps > 0 && x->name.n > 0);
        CHECK(scan_json(x->quoted, 1).verdict == SCAN_OK);
    }
    CHECK(s->shape.n_renames <= SHAPE_RENAMES_MAX);
    CHECK(s->into.is_joined || s->into.n_names > 0);
    for (unsigned i = 0; i < s->into.n_names; i++)
        CHECK(s->into.names[i].n > 0);
}

static void configured_check_source(const struct config_endpoint *e, unsigned i)
{
    const struct config_source *s = &e->sources[i];
    CHECK(s->service && s->path.compiled && s->timeout_ms > 0);
    CHECK(!(s->needs >> i & 1));
    CHECK(!s->has_fallback || scan_json(s->fallback, CONFIGURED_DEPTH_MAX).verdict == SCAN_OK);
    configured_check_template(e, s, &s->path);
    CHECK((s->service->balance == CONFIG_HASH) == (s->hash.compiled != NULL));
    if (s->hash.compiled)
        configured_check_template(e, s, &s->hash);
    configured_check_body(e, s);
    configured_check_shape(s);
    if (s->each.is_given)
        configured_check_variable(e, s, &s->each.list);
    CHECK(s->each.batch.n == 0 || s->each.by.n_steps > 0);
}

static void configured_check_endpoint(const struct config_endpoint *e)
{
    CHECK(e->n_segments > 0 && e->n_sources > 0 && e->n_sources <= CONFIG_MAX_SOURCES);
    for (unsigned i = 0; i < e->n_segments; i++)
        CHECK(e->segments[i].kind != CONFIG_PARAMETER ||
              e->segments[i].parameter < e->n_parameters);
    for (unsigned i = 0; i < e->n_sources; i++)
        configured_check_source(e, i);
    for (unsigned i = 0; i < e->n_views; i++) {
        CHECK(e->select.n > 0 && e->views[i].fields);
        for (unsigned k = 0; k < e->views[i].n_headers; k++)
            CHECK(e->views[i].headers[k].pattern);
    }
}

static bool configured_has_secret(const struct config_secret *s)
{
    return (s->text.n > 0) != (s->file != NULL);
}

static void configured_check_credentials(const struct config_credentials *c)
{
    switch (c->kind) {
    case CONFIG_NO_CREDENTIALS:
        break;
    case CONFIG_BEARER:
        CHECK(configured_has_secret(&c->bearer));
        break;
    case CONFIG_BASIC:
        CHECK(c->user.n > 0 && configured_has_secret(&c->password));
        break;
    case CONFIG_OAUTH2:
        CHECK(c->token_target.host && c->token_path.at[0] == '/' && c->client_id.n > 0);
        CHECK(configured_has_secret(&c->client_secret));
        break;
    }
}

static void configured_check_service(const struct config_service *s)
{
    CHECK(s->n_targets > 0 && s->timeout_ms > 0);
    for (unsigned i = 0; i < s->n_targets; i++) {
        CHECK(s->targets[i].host && s->targets[i].authority.n > 0 && s->targets[i].weight > 0);
        CHECK(s->targets[i].is_srv == (s->targets[i].port == 0));
    }
    CHECK(!s->breaker.is_on || (s->breaker.failures_permille > 0 && s->breaker.min_calls > 0));
    CHECK(s->retry.attempts > 0);
    CHECK(s->retry.attempts == 1 || s->retry.after_timeout || s->retry.after_unreachable ||
          s->retry.n_statuses > 0);
    CHECK(!s->hedge.is_on || !s->hedge.after_ms != !s->hedge.after_permille);
    CHECK((s->balance == CONFIG_HASH) == (s->hash_text.n > 0));
    CHECK(!s->health.is_on || (s->health.path.at[0] == '/' && s->health.every_ms > 0));
    configured_check_credentials(&s->credentials);
}

/* FILE:LINE:COL: error: ..., a line, a caret. */
static void configured_check_told(struct slice told, const char *file)
{
    CHECK(slice_starts(told, slice_of(file)));
    CHECK(memmem(told.at, told.n, ": error: ", 9));
    CHECK(told.at[told.n - 1] == '\n');
}

/* Reads the text as a file: it is good, or what is wrong with it is told. */
static void configured_check(struct slice text)
{
    char path[64];
    struct buffer told;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, text.at, text.n) == (ssize_t)text.n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    buffer_init(&told, CONFIGURED_TOLD_MAX);
    struct config *c = config_load(path, &told);
    CHECK(!c == (told.n > 0));
    for (unsigned i = 0; c && i < c->n_services; i++)
        configured_check_service(&c->services[i]);
    for (unsigned i = 0; c && i < c->n_faults; i++)
        CHECK(c->faults[i].service && (c->faults[i].delay_ms || c->faults[i].fail_status));
    for (unsigned i = 0; c && i < c->n_endpoints; i++)
        configured_check_endpoint(&c->endpoints[i]);
    if (!c)
        configured_check_told(buffer_slice(&told), path);
    config_free(c);
    buffer_done(&told);
    close(fd);
}
