/* client_certs_test.c - certificates of clients, and how long a judgement of one holds */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"
#include "edge/client_certs.h"

enum {
    BEGIN_S = 1700000000,
    END_S = BEGIN_S + 1000
};

/* A certificate that nobody else has signed, which a policy trusts by having it in its file. */
struct scene {
    char file[32];
    EVP_PKEY *key;
    X509 *cert;
    SSL_CTX *context;
    SSL *server, *client;
    struct config_client_cert config;
};

static void make_certificate(struct scene *s)
{
    s->key = EVP_EC_gen("P-256");
    s->cert = X509_new();
    X509_NAME *name = X509_get_subject_name(s->cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"me", -1, -1, 0);
    X509_set_issuer_name(s->cert, name);
    ASN1_TIME_set(X509_getm_notBefore(s->cert), BEGIN_S);
    ASN1_TIME_set(X509_getm_notAfter(s->cert), END_S);
    X509_set_pubkey(s->cert, s->key);
    assert_true(X509_sign(s->cert, s->key, EVP_sha256()) > 0);
    snprintf(s->file, sizeof s->file, "/tmp/sheaf-certs-XXXXXX");
    FILE *f = fdopen(mkstemp(s->file), "w");
    assert_true(f && PEM_write_X509(f, s->cert));
    fclose(f);
}

static int take_any(int is_good, X509_STORE_CTX *way)
{
    (void)is_good, (void)way;
    return 1;
}

/* Both sides have the same certificate. */
static void shake_hands(struct scene *s)
{
    BIO *one, *other;
    s->context = SSL_CTX_new(TLS_method());
    SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER, take_any);
    SSL_CTX_use_certificate(s->context, s->cert);
    SSL_CTX_use_PrivateKey(s->context, s->key);
    s->server = SSL_new(s->context);
    s->client = SSL_new(s->context);
    assert_true(BIO_new_bio_pair(&one, 0, &other, 0));
    SSL_set_bio(s->server, one, one);
    SSL_set_bio(s->client, other, other);
    SSL_set_accept_state(s->server);
    SSL_set_connect_state(s->client);
    for (unsigned i = 0; i < 10 && !SSL_is_init_finished(s->server); i++) {
        SSL_do_handshake(s->client);
        SSL_do_handshake(s->server);
    }
    assert_true(SSL_is_init_finished(s->server));
}

static int begin(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    make_certificate(s);
    shake_hands(s);
    s->config.ca = s->file;
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct scene *s = *state;
    SSL_free(s->server);
    SSL_free(s->client);
    SSL_CTX_free(s->context);
    X509_free(s->cert);
    EVP_PKEY_free(s->key);
    unlink(s->file);
    free(s);
    return 0;
}

static struct client_certs *policy_of(const struct scene *s)
{
    char why[128];
    struct client_certs *c = client_certs_new(&s->config, why, sizeof why);
    assert_non_null(c);
    return c;
}

static enum client_certs_verdict judge(const struct client_certs *c, SSL *connection, uint64_t at)
{
    struct slice name = SLICE_NONE;
    enum client_certs_verdict verdict = client_certs_judge(c, connection, at, &name);
    assert_int_equal(verdict == CLIENT_CERTS_GOOD, slice_equal(name, SLICE("CN=me")));
    return verdict;
}

static void a_plain_connection_shows_none(void **state)
{
    struct client_certs *c = policy_of(*state);
    assert_int_equal(judge(c, NULL, BEGIN_S), CLIENT_CERTS_NONE);
    client_certs_free(c);
}

static void it_ends_while_its_connection_stays(void **state)
{
    struct scene *s = *state;
    struct client_certs *c = policy_of(s);
    assert_int_equal(judge(c, s->server, BEGIN_S), CLIENT_CERTS_GOOD);
    assert_int_equal(judge(c, s->server, END_S), CLIENT_CERTS_GOOD);
    assert_int_equal(judge(c, s->server, END_S + 1), CLIENT_CERTS_BAD);
    client_certs_free(c);
}

static void one_that_begins_later_is_looked_at_again(void **state)
{
    struct scene *s = *state;
    struct client_certs *c = policy_of(s);
    assert_int_equal(judge(c, s->server, BEGIN_S - 30), CLIENT_CERTS_BAD);
    assert_int_equal(judge(c, s->server, BEGIN_S), CLIENT_CERTS_BAD);
    assert_int_equal(judge(c, s->server, BEGIN_S + 31), CLIENT_CERTS_GOOD);
    client_certs_free(c);
}

static void a_subject_that_is_not_named_is_bad(void **state)
{
    struct scene *s = *state;
    struct slice named[] = {SLICE("CN=you"), SLICE("CN=me,O=Shop"), SLICE("DNS:me")};
    s->config.subjects = named;
    s->config.n_subjects = 3;
    struct client_certs *c = policy_of(s);
    assert_int_equal(judge(c, s->server, BEGIN_S), CLIENT_CERTS_BAD);
    client_certs_free(c);
}

/* More than are remembered of one connection; those of other policies do not count. */
static void many_policies_judge_one_connection(void **state)
{
    enum {
        N = 20
    };
    struct scene *s = *state;
    struct client_certs *all[N];
    for (unsigned i = 0; i < N; i++)
        all[i] = policy_of(s);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(judge(all[i], s->server, BEGIN_S + i * round), CLIENT_CERTS_GOOD);
    for (unsigned i = 0; i < N; i++)
        client_certs_free(all[i]);
}

static void a_file_without_certificates_is_told(void **state)
{
    struct scene *s = *state;
    char why[128] = "";
    s->config.ca = "/dev/null";
    assert_null(client_certs_new(&s->config, why, sizeof why));
    assert_non_null(strstr(why, "/dev/null: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_connection_shows_none, begin, end),
        cmocka_unit_test_setup_teardown(it_ends_while_its_connection_stays, begin, end),
        cmocka_unit_test_setup_teardown(one_that_begins_later_is_looked_at_again, begin, end),
        cmocka_unit_test_setup_teardown(a_subject_that_is_not_named_is_bad, begin, end),
        cmocka_unit_test_setup_teardown(many_policies_judge_one_connection, begin, end),
        cmocka_unit_test_setup_teardown(a_file_without_certificates_is_told, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
