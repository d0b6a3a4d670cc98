/* proxies_test.c - who is trusted, and who is behind whom */
#include "gateway/proxies.h"
#include "load.h"

static int setup(void **state)
{
    *state = load_config("listen: 127.0.0.1:8080\n"
                         "trusted_proxies: [10.0.0.0/8, 192.168.1.7, \"2001:db8::/33\"]\n"
                         "services: {one: http://127.0.0.1:1}\n"
                         "endpoints:\n"
                         "  - path: /\n"
                         "    sources: {a: {get: \"one:/\"}}\n");
    return 0;
}

static int teardown(void **state)
{
    config_free(*state);
    return 0;
}

static void networks_hold_their_addresses(void **state)
{
    static const struct {
        const char *address;
        bool wanted;
    } rows[] = {
        {"10.0.0.1", true},
        {"10.255.255.255", true},
        {"11.0.0.1", false},
        {"192.168.1.7", true},
        {"192.168.1.6", false},
        {"192.168.1.7:443", true},
        {"2001:db8::1", true},
        {"2001:db8:7fff::", true},
        {"2001:db8:8000::", false},
        {"[2001:db8::1]:80", true},
        {"[2001:db8::1", false},
        {"::ffff:10.1.2.3", true},
        {"unix", false},
        {"", false},
        {"10.0.0.1.", false},
        {"10.0.0", false},
        {"unknown", false},
        {"_hidden", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (proxies_trust(*state, slice_of(rows[i].address)) != rows[i].wanted)
            fail_msg("%s", rows[i].address);
}

static void the_client_is_the_last_that_is_not_trusted(void **state)
{
    static const struct {
        const char *list, *wanted;
    } rows[] = {
        {"", "10.0.0.1"},
        {"1.2.3.4", "1.2.3.4"},
        {"6.6.6.6, 1.2.3.4", "1.2.3.4"},
        {"6.6.6.6, 1.2.3.4, 10.0.0.2,192.168.1.7", "1.2.3.4"},
        {"10.0.0.3, 10.0.0.2", "10.0.0.3"},
        {"1.2.3.4, junk", "junk"},
        {"1.2.3.4, , ", "1.2.3.4"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice client = proxies_client(*state, slice_of(rows[i].list), SLICE("10.0.0.1"));
        if (!slice_equal(client, slice_of(rows[i].wanted)))
            fail_msg("%s: %.*s", rows[i].list, SLICE_ARG(client));
    }
}

static void without_proxies_nobody_is_trusted(void **state)
{
    const struct config none = {0};
    (void)state;
    assert_false(proxies_trust(&none, SLICE("127.0.0.1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_hold_their_addresses),
        cmocka_unit_test(the_client_is_the_last_that_is_not_trusted),
        cmocka_unit_test(without_proxies_nobody_is_trusted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
