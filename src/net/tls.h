/* tls.h - contexts for TLS streams: certificates, trust, protocol versions
 *
 * TLS 1.2 and 1.3 only; verification of services is on and cannot be switched off. Contexts are
 * made at load on the main thread and shared by the workers (OpenSSL counts references).
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

/* NULL on failure; message (n bytes) says why, naming the file that is wrong. */
SSL_CTX *tls_server_context(const char *cert_file, const char *key_file, char *message, size_t n);
/* Has a server's context ask clients for a certificate. Whichever is shown is taken unjudged, and
 * none as well: whether it is good is for who needs one. */
void tls_ask_client(SSL_CTX *context);
/* ca_file NULL: the system's trust; cert_file NULL: no client certificate; key_file NULL: the key
 * is in cert_file. */
SSL_CTX *tls_client_context(const char *ca_file, const char *cert_file, const char *key_file,
                            char *message, size_t n);
/* Can the file be used for this? false: why (n bytes) says why not, without its name. */
bool tls_is_ca(const char *file, char *why, size_t n);
bool tls_is_certificate(const char *file, char *why, size_t n);
/* cert_file NULL: whose key it is does not matter. */
bool tls_is_key(const char *file, const char *cert_file, char *why, size_t n);
/* Has a client's context offer no protocol (ALPN), where it is not HTTP that is spoken. */
void tls_offer_none(SSL_CTX *context);
/* Contexts are counted; NULL is passed over. */
SSL_CTX *tls_share(SSL_CTX *context);
void tls_release(SSL_CTX *context);
