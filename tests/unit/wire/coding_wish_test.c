/* coding_wish_test.c - the weights of Accept-Encoding */
#include "../unit.h"
#include "wire/coding_wish.h"

static const enum coding ours[] = {CODING_ZSTD, CODING_BR, CODING_GZIP};

static void the_weights_choose_among_ours(void **state)
{
    static const struct {
        const char *field;
        enum coding coding;
    } cases[] = {
        {"", CODING_IDENTITY},
        {"gzip", CODING_GZIP},
        {"x-gzip", CODING_GZIP},
        {"gzip, br, zstd", CODING_ZSTD},
        {"gzip;q=1.0, br;q=0.999, zstd;q=0.5", CODING_GZIP},
        {"*", CODING_ZSTD},
        {"*;q=0", CODING_IDENTITY},
        {"zstd;q=0, *;q=0.1", CODING_BR},
        {"gzip;q=0", CODING_IDENTITY},
        {"gzip;q=0.000", CODING_IDENTITY},
        {"gzip;q=0.001", CODING_GZIP},
        {"gzip;q=1.001", CODING_IDENTITY},
        {"gzip;q=0.0001", CODING_IDENTITY},
        {"gzip;q=", CODING_IDENTITY},
        {"gzip;q=x", CODING_IDENTITY},
        {"gzip;x=1;q=0.5", CODING_GZIP},
        {"identity, gzip;q=0.9", CODING_IDENTITY},
        {"identity;q=0.9, gzip", CODING_GZIP},
        {"identity, gzip", CODING_GZIP},
        {"deflate, compress", CODING_IDENTITY},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct coding_wish wish = {0};
        coding_wish_add(&wish, slice_of(cases[i].field));
        if (coding_wish_choose(&wish, ours, 3) != cases[i].coding)
            fail_msg("%s", cases[i].field);
    }
}

static void identity_is_taken_unless_it_is_refused(void **state)
{
    static const struct {
        const char *field;
        bool is_refused;
    } cases[] = {
        {"", false},
        {"gzip", false},
        {"identity;q=0", true},
        {"*;q=0", true},
        {"*;q=0, identity", false},
        {"*", false},
        {"identity", false},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct coding_wish wish = {0};
        coding_wish_add(&wish, slice_of(cases[i].field));
        assert_int_equal(coding_wish_refuses_identity(&wish), cases[i].is_refused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_weights_choose_among_ours),
        cmocka_unit_test(identity_is_taken_unless_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
