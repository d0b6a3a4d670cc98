/* client_certs.c - chains of certificates by OpenSSL, names by ourselves */
#include "edge/client_certs.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/memory.h"

enum {
    DEPTH_MAX = 4,     /* authorities between the certificate and the one that is trusted */
    STRENGTH = 2,      /* at least 112 bits: RSA of 2048, SHA-256 */
    BAD_AGAIN_S = 60,  /* one that was bad is looked at again then */
    JUDGEMENTS_MAX = 8 /* of one connection: as many as an endpoint has policies */
};

struct client_certs {
    const struct config_client_cert *config;
    X509_STORE *trust;
    uint64_t generation; /* another number for each that the process has made */
};

/* What was found out about a connection's certificate for one policy. */
struct judgement {
    uint64_t generation;
    uint64_t until_s;
    char *name; /* owned; NULL: it is bad */
    size_t name_n;
};

struct judgements {
    struct judgement all[JUDGEMENTS_MAX];
    unsigned next; /* the oldest */
};

static int slot; /* of an SSL, where its judgements are */
static pthread_once_t slot_once = PTHREAD_ONCE_INIT;

/* NOLINTNEXTLINE(readability-function-size): the parameters are OpenSSL's */
static void free_judgements(void *parent, void *kept, CRYPTO_EX_DATA *data, int index, long n,
                            void *argument)
{
    struct judgements *j = kept;
    (void)parent, (void)data, (void)index, (void)n, (void)argument;
    for (unsigned i = 0; j && i < JUDGEMENTS_MAX; i++)
        free(j->all[i].name);
    free(j);
}

static void make_slot(void)
{
    slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_judgements);
    CHECK(slot >= 0);
}

static void set_rules(X509_VERIFY_PARAM *rules)
{
    X509_VERIFY_PARAM_set_depth(rules, DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(rules, STRENGTH);
    CHECK(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT) == 1);
    CHECK(X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1);
}

struct client_certs *client_certs_new(const struct config_client_cert *config, char *message,
                                      size_t n)
{
    static atomic_uint_least64_t generations;
    pthread_once(&slot_once, make_slot);
    ERR_clear_error();
    X509_STORE *trust = X509_STORE_new();
    CHECK(trust);
    if (X509_STORE_load_file(trust, config->ca) != 1) {
        snprintf(message, n, "%s: there is no certificate that can be read; give some, in PEM",
                 config->ca);
        ERR_clear_error();
        X509_STORE_free(trust);
        return NULL;
    }
    set_rules(X509_STORE_get0_param(trust));
    struct client_certs *c = memory_take_zero(1, sizeof *c);
    *c = (struct client_certs){config, trust, atomic_fetch_add(&generations, 1) + 1};
    return c;
}

void client_certs_free(struct client_certs *c)
{
    if (!c)
        return;
    X509_STORE_free(c->trust);
    free(c);
}

/* As RFC 4514 writes it, in UTF-8. false: it is empty, or cannot be written. */
static bool write_subject(X509 *leaf, BIO *to)
{
    unsigned long as = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    return X509_NAME_print_ex(to, X509_get_subject_name(leaf), 0, as) > 0;
}

static struct slice text_of(const ASN1_STRING *s)
{
    return (struct slice){(const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

/* Is it what the policy calls DNS:… or URI:…? Host names know no case. */
static bool is_alternative(const GENERAL_NAME *name, struct slice wanted)
{
    if (wanted.n < 4)
        return false;
    struct slice kind = {wanted.at, 4}, rest = slice_after(wanted, 4);
    if (name->type == GEN_DNS)
        return slice_equal(kind, SLICE("DNS:")) && slice_equal_nocase(text_of(name->d.ia5), rest);
    return name->type == GEN_URI && slice_equal(kind, SLICE("URI:")) &&
           slice_equal(text_of(name->d.ia5), rest);
}

static bool has_alternative(X509 *leaf, struct slice wanted)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !found; i++)
        found = is_alternative(sk_GENERAL_NAME_value(names, i), wanted);
    GENERAL_NAMES_free(names);
    return found;
}

/* The name that it has in the policy; at is NULL where it has none. */
static struct slice find_name(const struct client_certs *c, X509 *leaf, struct slice subject)
{
    const struct config_client_cert *config = c->config;
    if (config->n_subjects == 0)
        return subject.n ? subject : SLICE_NONE;
    for (unsigned i = 0; i < config->n_subjects; i++)
        if (slice_equal(config->subjects[i], subject) || has_alternative(leaf, config->subjects[i]))
            return config->subjects[i];
    return SLICE_NONE;
}

static bool take_name(const struct client_certs *c, X509 *leaf, struct judgement *j)
{
    char *at = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK(bio);
    bool has_subject = write_subject(leaf, bio);
    long n = BIO_get_mem_data(bio, &at);
    struct slice subject = {at, has_subject && n > 0 ? (size_t)n : 0};
    struct slice name = find_name(c, leaf, subject);
    if (name.at) {
        j->name = malloc(name.n + 1);
        CHECK(j->name);
        memcpy(j->name, name.at, name.n);
        j->name_n = name.n;
    }
    BIO_free(bio);
    return j->name;
}

/* The second in which the first of the chain is not good any more. */
static uint64_t end_of(STACK_OF(X509) * chain)
{
    time_t end = INT64_MAX;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        struct tm tm;
        if (ASN1_TIME_to_tm(X509_get0_notAfter(sk_X509_value(chain, i)), &tm) != 1)
            return 0;
        time_t at = timegm(&tm);
        end = at < end ? at : end;
    }
    return end < 0 ? 0 : (uint64_t)end;
}

/* The certificates that the client sent beside its own help to find the way, and are not trusted
 * for that. */
static void judge(const struct client_certs *c, SSL *connection, uint64_t now_s,
                  struct judgement *j)
{
    X509 *leaf = SSL_get0_peer_certificate(connection);
    X509_STORE_CTX *way = X509_STORE_CTX_new();
    *j = (struct judgement){.generation = c->generation, .until_s = now_s + BAD_AGAIN_S};
    CHECK(way && X509_STORE_CTX_init(way, c->trust, leaf, SSL_get_peer_cert_chain(connection)));
    X509_STORE_CTX_set_time(way, 0, (time_t)now_s);
    if (X509_verify_cert(way) == 1 && take_name(c, leaf, j))
        j->until_s = end_of(X509_STORE_CTX_get0_chain(way));
    X509_STORE_CTX_free(way);
    ERR_clear_error();
}

static struct judgements *judgements_of(SSL *connection)
{
    struct judgements *j = SSL_get_ex_data(connection, slot);
    if (j)
        return j;
    j = calloc(1, sizeof *j);
    CHECK(j && SSL_set_ex_data(connection, slot, j) == 1);
    return j;
}

/* The one of this policy, or the one that makes room for it. */
static struct judgement *find(struct judgements *all, uint64_t generation)
{
    for (unsigned i = 0; i < JUDGEMENTS_MAX; i++)
        if (all->all[i].generation == generation)
            return &all->all[i];
    struct judgement *oldest = &all->all[all->next];
    all->next = (all->next + 1) % JUDGEMENTS_MAX;
    return oldest;
}

enum client_certs_verdict client_certs_judge(const struct client_certs *c, SSL *connection,
                                             uint64_t now_s, struct slice *name)
{
    if (!connection || !SSL_get0_peer_certificate(connection))
        return CLIENT_CERTS_NONE;
    struct judgement *j = find(judgements_of(connection), c->generation);
    if (j->generation != c->generation || now_s > j->until_s) {
        free(j->name);
        judge(c, connection, now_s, j);
    }
    *name = (struct slice){j->name, j->name_n};
    return j->name ? CLIENT_CERTS_GOOD : CLIENT_CERTS_BAD;
}
