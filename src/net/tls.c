/* tls.c - contexts for TLS streams: certificates, trust, protocol versions */
#include "net/tls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

static const unsigned char protocols[] = "\x08http/1.1"; /* as ALPN writes a list (RFC 7301) */

enum {
    N_PROTOCOLS = sizeof protocols - 1,
    CLIENT_CHAIN_MAX = 32 * 1024 /* bytes of the certificates that a client shows */
};

/* The first complaint is the cause; those after it are its echoes on the way up. */
static const char *find_reason(void)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_SYSTEM_ERROR(code) ? strerror((int)ERR_GET_REASON(code))
                                                : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason ? reason : "OpenSSL cannot use it";
}

static void explain(const char *file, char *message, size_t n)
{
    snprintf(message, n, "%s: %s", file, find_reason());
}

/* A key under a passphrase is refused: there is nobody to ask. */
static int no_passphrase(char *to, int n, int is_writing, void *context)
{
    (void)to, (void)n, (void)is_writing, (void)context;
    return -1;
}

static SSL_CTX *new_context(const SSL_METHOD *method)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(method);
    CHECK(context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* What stream_tls.c counts on; an idle stream gives its 16 KiB buffers back. */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets need none */
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    return context;
}

/* Of the certificate that the context has already, even where that is of another type. */
static bool use_key(SSL_CTX *context, const char *file)
{
    return SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context) == 1;
}

static bool use_certificate(SSL_CTX *context, const char *cert_file, const char *key_file,
                            char *message, size_t n)
{
    if (SSL_CTX_use_certificate_chain_file(context, cert_file) != 1) {
        explain(cert_file, message, n);
        return false;
    }
    if (!use_key(context, key_file)) {
        explain(key_file, message, n);
        return false;
    }
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are OpenSSL's */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n_out,
                           const unsigned char *offered, unsigned n_offered, void *context)
{
    (void)ssl, (void)context;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, n_out, protocols, N_PROTOCOLS, offered, n_offered) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *tls_server_context(const char *cert_file, const char *key_file, char *message, size_t n)
{
    SSL_CTX *context = new_context(TLS_server_method());
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    if (use_certificate(context, cert_file, key_file, message, n))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static int take_any(X509_STORE_CTX *shown, void *context)
{
    (void)shown, (void)context;
    return 1;
}

/* A ticket keeps the certificate, but not those that lead from it to an authority: its client
 * shakes hands in full, and proves again that it has the key. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are OpenSSL's */
static SSL_TICKET_RETURN judge_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                      size_t name_n, SSL_TICKET_STATUS status, void *context)
{
    (void)ssl, (void)name, (void)name_n, (void)context;
    bool is_good = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    if (!is_good || SSL_SESSION_get0_peer(session))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void tls_ask_client(SSL_CTX *context)
{
    static const unsigned char name[] = "sheaf";
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, take_any, NULL);
    SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_MAX);
    CHECK(SSL_CTX_set_session_id_context(context, name, sizeof name - 1) == 1);
    CHECK(SSL_CTX_set_session_ticket_cb(context, NULL, judge_ticket, NULL) == 1);
}

static bool use_trust(SSL_CTX *context, const char *ca_file, char *message, size_t n)
{
    int result = ca_file ? SSL_CTX_load_verify_file(context, ca_file)
                         : SSL_CTX_set_default_verify_paths(context);
    if (result == 1)
        return true;
    explain(ca_file ? ca_file : "the system's certificates", message, n);
    return false;
}

SSL_CTX *tls_client_context(const char *ca_file, const char *cert_file, const char *key_file,
                            char *message, size_t n)
{
    SSL_CTX *context = new_context(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    CHECK(SSL_CTX_set_alpn_protos(context, protocols, N_PROTOCOLS) == 0); /* 0 is success here */
    bool is_good = use_trust(context, ca_file, message, n) &&
                   (!cert_file || use_certificate(context, cert_file,
                                                  key_file ? key_file : cert_file, message, n));
    if (is_good)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static bool judge(SSL_CTX *context, bool is_good, char *why, size_t n)
{
    if (!is_good)
        snprintf(why, n, "%s", find_reason());
    SSL_CTX_free(context);
    return is_good;
}

bool tls_is_ca(const char *file, char *why, size_t n)
{
    SSL_CTX *context = new_context(TLS_method());
    return judge(context, SSL_CTX_load_verify_file(context, file) == 1, why, n);
}

bool tls_is_certificate(const char *file, char *why, size_t n)
{
    SSL_CTX *context = new_context(TLS_method());
    return judge(context, SSL_CTX_use_certificate_chain_file(context, file) == 1, why, n);
}

bool tls_is_key(const char *file, const char *cert_file, char *why, size_t n)
{
    SSL_CTX *context = new_context(TLS_method());
    bool is_good = cert_file ? SSL_CTX_use_certificate_chain_file(context, cert_file) == 1 &&
                                   use_key(context, file)
                             : SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1;
    return judge(context, is_good, why, n);
}

void tls_offer_none(SSL_CTX *context)
{
    CHECK(SSL_CTX_set_alpn_protos(context, NULL, 0) == 0); /* 0 is success here */
}

SSL_CTX *tls_share(SSL_CTX *context)
{
    if (context)
        CHECK(SSL_CTX_up_ref(context) == 1);
    return context;
}

void tls_release(SSL_CTX *context)
{
    SSL_CTX_free(context);
}
