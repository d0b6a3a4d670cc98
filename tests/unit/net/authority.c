/* authority.c - a certificate authority for one test */
#include "authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"

static EVP_PKEY *make_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    return key;
}

static void extend(X509 *cert, int what, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, what, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(cert, e, -1), 1);
    X509_EXTENSION_free(e);
}

/* Issuer NULL: signed by itself. */
static X509 *make_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    static int n_made;
    X509 *cert = X509_new();
    assert_non_null(cert);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++n_made);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
    extend(cert, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (issuer)
        extend(cert, NID_subject_alt_name, "DNS:good.test,IP:127.0.0.1");
    assert_true(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
    return cert;
}

static FILE *create(const struct authority *a, char file[96], const char *name)
{
    snprintf(file, 96, "%s/%s", a->directory, name);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    return f;
}

static void write_certificate(FILE *f, X509 *cert)
{
    assert_int_equal(PEM_write_X509(f, cert), 1);
    fclose(f);
}

void authority_open(struct authority *a)
{
    snprintf(a->directory, sizeof a->directory, "/tmp/authority-XXXXXX");
    assert_non_null(mkdtemp(a->directory));
    EVP_PKEY *ca_key = make_key(), *stranger_key = make_key(), *key = make_key();
    X509 *ca = make_certificate("authority", ca_key, NULL, ca_key);
    X509 *stranger = make_certificate("stranger", stranger_key, NULL, stranger_key);
    X509 *cert = make_certificate("server", key, ca, ca_key);

    write_certificate(create(a, a->ca_file, "ca.pem"), ca);
    write_certificate(create(a, a->stranger_file, "stranger.pem"), stranger);
    write_certificate(create(a, a->cert_file, "cert.pem"), cert);
    FILE *f = create(a, a->key_file, "key.pem");
    assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    f = create(a, a->garbage_file, "garbage.pem");
    fputs("-----BEGIN CERTIFICATE-----\nnothing of the kind\n", f);
    fclose(f);

    X509_free(ca), X509_free(stranger), X509_free(cert);
    EVP_PKEY_free(ca_key), EVP_PKEY_free(stranger_key), EVP_PKEY_free(key);
}

void authority_close(struct authority *a)
{
    unlink(a->ca_file);
    unlink(a->stranger_file);
    unlink(a->cert_file);
    unlink(a->key_file);
    unlink(a->garbage_file);
    assert_int_equal(rmdir(a->directory), 0);
}
