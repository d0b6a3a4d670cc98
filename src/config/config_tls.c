/* config_tls.c - files of certificates and keys: told where they are named if they cannot be used
 *
 * Whether they can is for others to say, who know certificates; so it is asked, when all is read
 * and it is known which of them somebody uses.
 */
#include "config/config_internal.h"

enum {
    WHY_MAX = 256
};

static const struct {
    const char *key;
    const char *what; /* it is not, */
    const char *right;
} files[] = {
    [CONFIG_TLS_CA] = {"ca", "cannot be trusted", "give certificates of authorities, in PEM"},
    [CONFIG_TLS_CERT] = {"cert", "cannot be shown", "give a certificate with its chain, in PEM"},
    [CONFIG_TLS_KEY] = {"key", "cannot be used with the certificate",
                        "give the private key of the certificate, in PEM, without a passphrase"},
};

void config_note_tls(struct reading *r, const struct node *map, const struct config_tls *tls,
                     const struct config_service *of)
{
    struct reading_tls *noted = reading_scratch(r, 1, sizeof *noted);
    *noted = (struct reading_tls){r->tls, map, tls, of};
    r->tls = noted;
}

void config_note_ca(struct reading *r, const struct node *map, const char *ca)
{
    struct config_tls *tls = reading_scratch(r, 1, sizeof *tls);
    tls->ca = ca;
    config_note_tls(r, map, tls, NULL);
}

/* Who gives tokens for a service is trusted as the service is. */
bool config_has_tls_target(const struct config_service *s)
{
    if (s->credentials.kind == CONFIG_OAUTH2 && s->credentials.token_target.is_tls)
        return true;
    for (unsigned i = 0; i < s->n_targets; i++)
        if (s->targets[i].is_tls)
            return true;
    return false;
}

static bool has_tls_store(const struct config *c)
{
    for (unsigned i = 0; i < c->n_stores; i++)
        if (c->stores[i].is_tls)
            return true;
    return false;
}

static bool is_used(const struct config *c, const struct reading_tls *noted)
{
    if (noted->service)
        return config_has_tls_target(noted->service);
    if (noted->tls == &c->store_tls)
        return has_tls_store(c);
    return noted->tls != &c->traces.tls || c->traces.target.is_tls;
}

/* true: there is none, or it is good. */
static bool judge(struct reading *r, const struct reading_tls *noted, enum config_tls_file which,
                  const char *cert)
{
    const struct config_tls *tls = noted->tls;
    const char *const names[] = {
        [CONFIG_TLS_CA] = tls->ca, [CONFIG_TLS_CERT] = tls->cert, [CONFIG_TLS_KEY] = tls->key};
    const struct node *value = node_find(noted->map, slice_of(files[which].key));
    struct config_tls_question q = {.which = which, .file = names[which], .cert = cert};
    char why[WHY_MAX];
    if (!q.file || !value || r->judge->is_tls_good(&q, why, sizeof why))
        return true;
    reading_complain(r, RULE_TLS_FILE, value->place, "%s %s: %s; %s",
                     reading_show(r, slice_of(q.file)), files[which].what, why, files[which].right);
    return false;
}

void config_judge_tls(struct reading *r)
{
    for (const struct reading_tls *n = r->tls; n && r->judge->is_tls_good; n = n->next) {
        if (!is_used(r->config, n))
            continue;
        (void)judge(r, n, CONFIG_TLS_CA, NULL);
        bool has_cert = judge(r, n, CONFIG_TLS_CERT, NULL);
        (void)judge(r, n, CONFIG_TLS_KEY, has_cert ? n->tls->cert : NULL);
    }
}
