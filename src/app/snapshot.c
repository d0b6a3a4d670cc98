/* snapshot.c - from a file to something that workers can hold */
#include "app/snapshot.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/control_issuer.h"
#include "app/jq_check.h"
#include "app/keys_file.h"
#include "base/buffer.h"
#include "base/check.h"
#include "base/memory.h"
#include "config/diagnostic.h"
#include "edge/api_keys.h"
#include "edge/client_certs.h"
#include "gateway/gateway.h"
#include "service/service_shared.h"

enum {
    DIAGNOSTICS_LIMIT = 1024 * 1024,
    MESSAGE_MAX = 512
};

static bool is_tls_good(const struct config_tls_question *q, char *why, size_t n)
{
    switch (q->which) {
    case CONFIG_TLS_CA:
        return tls_is_ca(q->file, why, n);
    case CONFIG_TLS_CERT:
        return tls_is_certificate(q->file, why, n);
    case CONFIG_TLS_KEY:
        return tls_is_key(q->file, q->cert, why, n);
    }
    return false;
}

static bool has_keys(const struct config_auth *a, struct buffer *wrong)
{
    switch (a->kind) {
    case CONFIG_AUTH_KEYS: {
        struct api_keys *keys = keys_file_load(a, wrong);
        bool is_good = keys;
        api_keys_release(keys);
        return is_good;
    }
    case CONFIG_AUTH_JWT:
        return control_issuer_check_file(a->jwt.file, wrong);
    case CONFIG_AUTH_CERT:
        return true; /* its file is one of TLS */
    }
    return false;
}

static struct config *read_judged(const char *file, const struct config_judge *judge)
{
    struct buffer diagnostics;
    buffer_init(&diagnostics, DIAGNOSTICS_LIMIT);
    struct config *c = config_load_judged(file, judge, &diagnostics);
    if (diagnostics.n)
        fwrite(diagnostics.at, 1, diagnostics.n, stderr);
    buffer_done(&diagnostics);
    return c;
}

struct config *snapshot_read(const char *file)
{
    static const struct config_judge judge = {.judge_jq = jq_check};
    return read_judged(file, &judge);
}

static void complain(const struct config_position *at, const char *message)
{
    struct buffer told;
    buffer_init(&told, DIAGNOSTICS_LIMIT);
    diagnostic_show(at, message, &told);
    fwrite(told.at, 1, told.n, stderr);
    buffer_done(&told);
}

/* Its files were good when the configuration was read, so this is rare. The line is not shown: it
 * may have a secret, which would be hidden by a guess alone. */
static void complain_of_tls(const struct config_position *at, const char *message)
{
    fprintf(stderr, "%s:%u:%u: error: %s; give files for TLS that can be used\n", at->file,
            at->line, at->column, message);
}

static bool make_listen_tls(const struct config_listen *l, SSL_CTX **out)
{
    char message[MESSAGE_MAX];
    if (!l->has_tls)
        return true;
    *out = tls_server_context(l->tls.cert, l->tls.key, message, sizeof message);
    if (!*out)
        complain_of_tls(&l->position, message);
    return *out;
}

static bool wants_certificates(const struct config *c)
{
    for (unsigned i = 0; i < c->n_auth; i++)
        if (c->auth[i].kind == CONFIG_AUTH_CERT)
            return true;
    return false;
}

/* Which endpoint a connection is for shows only when it is open, so all are asked. */
static bool make_front_tls(const struct config *c, unsigned listener, SSL_CTX **out)
{
    if (!make_listen_tls(&c->listens[listener], out))
        return false;
    if (*out && wants_certificates(c))
        tls_ask_client(*out);
    return true;
}

static bool make_service_tls(const struct config_service *s, SSL_CTX **out)
{
    char message[MESSAGE_MAX];
    if (!config_has_tls_target(s))
        return true;
    *out = tls_client_context(s->tls.ca, s->tls.cert, s->tls.key, message, sizeof message);
    if (!*out)
        complain_of_tls(&s->position, message);
    return *out;
}

static bool make_issuer_tls(const struct config_auth *a, SSL_CTX **out)
{
    char message[MESSAGE_MAX];
    if (a->kind != CONFIG_AUTH_JWT || !a->jwt.target.is_tls)
        return true;
    *out = tls_client_context(a->jwt.ca, NULL, NULL, message, sizeof message);
    if (!*out)
        complain_of_tls(&a->position, message);
    return *out;
}

/* All stores are trusted alike. */
static bool make_store_tls(const struct config *c, SSL_CTX **out)
{
    char message[MESSAGE_MAX];
    const struct config_store *first = NULL;
    for (unsigned i = 0; i < c->n_stores && !first; i++)
        if (c->stores[i].is_tls)
            first = &c->stores[i];
    if (!first)
        return true;
    *out = tls_client_context(c->store_tls.ca, c->store_tls.cert, c->store_tls.key, message,
                              sizeof message);
    if (*out)
        tls_offer_none(*out);
    else
        complain_of_tls(&first->position, message);
    return *out;
}

static bool make_traces_tls(const struct config_traces *t, SSL_CTX **out)
{
    char message[MESSAGE_MAX];
    if (!t->target.is_tls)
        return true;
    *out = tls_client_context(t->tls.ca, t->tls.cert, t->tls.key, message, sizeof message);
    if (!*out)
        complain_of_tls(&t->position, message);
    return *out;
}

/* All of them, so that all that is wrong is told. */
static bool make_contexts(struct snapshot *s)
{
    const struct config *c = s->config;
    s->n_listeners = c->n_listens;
    s->service_tls = calloc(c->n_services + 1, sizeof *s->service_tls);
    s->listen_tls = calloc(c->n_listens + 1, sizeof *s->listen_tls);
    s->issuer_tls = calloc(c->n_auth + 1, sizeof *s->issuer_tls);
    CHECK(s->service_tls && s->listen_tls && s->issuer_tls);
    bool good = true;
    for (unsigned i = 0; i < c->n_services; i++)
        good &= make_service_tls(&c->services[i], &s->service_tls[i]);
    for (unsigned i = 0; i < c->n_auth; i++)
        good &= make_issuer_tls(&c->auth[i], &s->issuer_tls[i]);
    for (unsigned i = 0; i < c->n_listens; i++)
        good &= make_front_tls(c, i, &s->listen_tls[i]);
    if (c->has_admin)
        good &= make_listen_tls(&c->admin, &s->admin_tls);
    good &= make_store_tls(c, &s->store_tls);
    good &= make_traces_tls(&c->traces, &s->traces_tls);
    return good;
}

static bool load_certs(const struct config_auth *a, struct client_certs **certs,
                       struct buffer *wrong)
{
    char message[MESSAGE_MAX];
    *certs = client_certs_new(&a->client_cert, message, sizeof message);
    if (*certs)
        return true;
    bool is_told = buffer_print(wrong, "%s", message);
    (void)is_told; /* else a general word is */
    return false;
}

/* Those of an issuer are the control thread's. */
static bool load_keys(struct snapshot *s, const struct config_auth *a, struct buffer *wrong)
{
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        s->keys[a->index] = keys_file_load(a, wrong);
        return s->keys[a->index];
    case CONFIG_AUTH_JWT:
        return true;
    case CONFIG_AUTH_CERT:
        return load_certs(a, &s->client_certs[a->index], wrong);
    }
    return false;
}

/* Who may ask is known before the first request comes. All was good when the configuration was
 * read, so it is rare that something is told here. */
static bool make_keys(struct snapshot *s)
{
    const struct config *c = s->config;
    bool all_good = true;
    s->keys = calloc(c->n_auth + 1, sizeof(struct api_keys *));
    s->client_certs = calloc(c->n_auth + 1, sizeof *s->client_certs);
    CHECK(s->keys && s->client_certs);
    for (unsigned i = 0; i < c->n_auth; i++) {
        struct buffer wrong;
        buffer_init(&wrong, MESSAGE_MAX);
        bool good = load_keys(s, &c->auth[i], &wrong);
        if (!good)
            complain(&c->auth[i].position,
                     wrong.n ? wrong.at : "its keys cannot be read; give a file that can");
        all_good &= good;
        buffer_done(&wrong);
    }
    return all_good;
}

static unsigned count_workers(const struct config *c)
{
    cpu_set_t cores;
    if (c->workers)
        return c->workers;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&cores);
}

static void make_stats(struct snapshot *s, unsigned n_workers)
{
    s->n_workers = n_workers ? n_workers : count_workers(s->config);
    s->stats = memory_take_zero(s->n_workers, sizeof *s->stats);
    for (unsigned i = 0; i < s->n_workers; i++)
        s->stats[i] = gateway_stats_new(s->config);
}

struct snapshot *snapshot_load(const char *file, unsigned n_workers)
{
    static const struct config_judge judge = {is_tls_good, has_keys, jq_check};
    struct config *config = read_judged(file, &judge);
    if (!config)
        return NULL;
    struct snapshot *s = memory_take_zero(1, sizeof *s);
    s->config = config;
    atomic_init(&s->n_holders, 1);
    make_stats(s, n_workers);
    s->services = service_shared_new(config);
    bool has_contexts = make_contexts(s);
    if (make_keys(s) && has_contexts)
        return s;
    snapshot_release(s);
    return NULL;
}

/* Faults are for rehearsals: nobody serves with them because a line was left in a file. */
bool snapshot_may_serve(const struct snapshot *s, bool allows_faults)
{
    const struct config *c = s->config;
    if (c->n_faults == 0 || allows_faults)
        return true;
    complain(&c->faults[0].position,
             "`faults` make calls fail on purpose; run with --allow-faults, or take them out");
    return false;
}

static void free_listeners(struct snapshot *s)
{
    for (unsigned i = 0; i < s->n_listeners; i++)
        tls_release(s->listen_tls[i]);
    free(s->listen_tls);
}

void snapshot_keep_admin(struct snapshot *s, const struct snapshot *old)
{
    if ((s->admin_tls != NULL) == (old->admin_tls != NULL))
        return;
    tls_release(s->admin_tls);
    s->admin_tls = tls_share(old->admin_tls);
}

void snapshot_keep_services(struct snapshot *s, const struct snapshot *old)
{
    service_shared_keep(s->services, s->config, old->services, old->config);
}

void snapshot_keep_listeners(struct snapshot *s, const struct snapshot *old)
{
    free_listeners(s);
    s->n_listeners = old->n_listeners;
    s->listen_tls = memory_take_zero(s->n_listeners + 1, sizeof *s->listen_tls);
    for (unsigned i = 0; i < s->n_listeners; i++)
        s->listen_tls[i] = tls_share(old->listen_tls[i]);
}

struct snapshot *snapshot_share(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->n_holders, 1, memory_order_relaxed);
    return s;
}

void snapshot_release(struct snapshot *s)
{
    if (atomic_fetch_sub_explicit(&s->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < s->config->n_services; i++)
        tls_release(s->service_tls[i]);
    free_listeners(s);
    tls_release(s->admin_tls);
    tls_release(s->store_tls);
    tls_release(s->traces_tls);
    free(s->service_tls);
    for (unsigned i = 0; i < s->config->n_auth; i++) {
        api_keys_release(s->keys[i]);
        client_certs_free(s->client_certs[i]);
    }
    free(s->keys);
    free(s->client_certs);
    for (unsigned i = 0; i < s->config->n_auth; i++)
        tls_release(s->issuer_tls[i]);
    free(s->issuer_tls);
    service_shared_free(s->services, s->config);
    for (unsigned i = 0; i < s->n_workers; i++)
        gateway_stats_free(s->stats[i]);
    free(s->stats);
    config_free(s->config);
    free(s);
}
