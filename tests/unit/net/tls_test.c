/* tls_test.c - contexts that say which file is wrong */
#include <string.h>

#include "../unit.h"
#include "authority.h"
#include "net/tls.h"

static struct authority authority;
static char message[200];

static int setup(void **state)
{
    (void)state;
    authority_open(&authority);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    authority_close(&authority);
    return 0;
}

static void expect_names(const SSL_CTX *context, const char *file)
{
    assert_null(context);
    assert_memory_equal(message, file, strlen(file));
    assert_memory_equal(message + strlen(file), ": ", 2);
    assert_true(strlen(message) > strlen(file) + 4);
}

static void good_files_make_contexts_that_are_counted(void **state)
{
    (void)state;
    const struct authority *a = &authority;
    SSL_CTX *server = tls_server_context(a->cert_file, a->key_file, message, sizeof message);
    assert_non_null(server);
    SSL_CTX *client =
        tls_client_context(a->ca_file, a->cert_file, a->key_file, message, sizeof message);
    assert_non_null(client);
    assert_ptr_equal(tls_share(client), client);
    tls_release(client);
    tls_release(client);
    tls_release(server);
    assert_null(tls_share(NULL));
    tls_release(NULL);
}

static void the_system_has_its_own_trust(void **state)
{
    (void)state;
    SSL_CTX *client = tls_client_context(NULL, NULL, NULL, message, sizeof message);
    assert_non_null(client);
    assert_int_equal(SSL_CTX_get_verify_mode(client), SSL_VERIFY_PEER);
    tls_release(client);
}

static void a_wrong_file_is_named(void **state)
{
    (void)state;
    const struct authority *a = &authority;
    const size_t n = sizeof message;
    static const char missing[] = "/nonexistent/file.pem";
    expect_names(tls_server_context(missing, a->key_file, message, n), missing);
    assert_non_null(strstr(message, "No such file"));
    expect_names(tls_server_context(a->cert_file, missing, message, n), missing);
    expect_names(tls_server_context(a->garbage_file, a->key_file, message, n), a->garbage_file);
    expect_names(tls_server_context(a->cert_file, a->cert_file, message, n), a->cert_file);
    expect_names(tls_client_context(missing, NULL, NULL, message, n), missing);
    expect_names(tls_client_context(a->garbage_file, NULL, NULL, message, n), a->garbage_file);
    expect_names(tls_client_context(a->ca_file, missing, NULL, message, n), missing);
}

static void a_file_is_judged_without_its_name(void **state)
{
    (void)state;
    const struct authority *a = &authority;
    const size_t n = sizeof message;
    static const char missing[] = "/nonexistent/file.pem";
    assert_true(tls_is_ca(a->ca_file, message, n));
    assert_true(tls_is_certificate(a->cert_file, message, n));
    assert_true(tls_is_key(a->key_file, a->cert_file, message, n));
    assert_true(tls_is_key(a->key_file, NULL, message, n));
    assert_false(tls_is_ca(a->garbage_file, message, n));
    assert_false(tls_is_certificate(a->garbage_file, message, n));
    assert_false(tls_is_key(a->garbage_file, a->cert_file, message, n));
    assert_false(tls_is_ca(missing, message, n));
    assert_string_equal(message, "No such file or directory");
    assert_false(tls_is_certificate(missing, message, n));
    assert_string_equal(message, "No such file or directory");
    assert_false(tls_is_key(missing, a->cert_file, message, n));
    assert_string_equal(message, "No such file or directory");
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    struct authority other;
    authority_open(&other);
    expect_names(tls_server_context(authority.cert_file, other.key_file, message, sizeof message),
                 other.key_file);
    assert_non_null(strstr(message, "mismatch"));
    authority_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_make_contexts_that_are_counted),
        cmocka_unit_test(the_system_has_its_own_trust),
        cmocka_unit_test(a_wrong_file_is_named),
        cmocka_unit_test(a_file_is_judged_without_its_name),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
