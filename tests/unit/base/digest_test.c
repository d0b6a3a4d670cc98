/* digest_test.c - a digest is of the bytes, however they are cut, and is what XXH3 says */
#include "../unit.h"
#include "base/digest.h"

static void assert_digest(const struct slice *parts, size_t n, const char *expected)
{
    char digest[DIGEST_SIZE];
    digest_of(parts, n, digest);
    assert_memory_equal(digest, expected, DIGEST_SIZE);
}

/* As `xxhsum -H2` of the same bytes says. */
static void it_is_xxh3_of_128_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text, *digest;
    } cases[] = {
        {"", "99aa06d3014798d86001c324468d497f"},
        {"a", "a96faf705af16834e6c632b61e964e1f"},
        {"The quick brown fox jumps over the lazy dog", "ddd650205ca3e7fa24a1cc2e3a8a7651"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = slice_of(cases[i].text);
        assert_digest(&text, 1, cases[i].digest);
    }
}

static void it_is_of_the_parts_as_if_they_were_one_text(void **state)
{
    (void)state;
    static char text[5000];
    char whole[DIGEST_SIZE];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 % 251);
    struct slice all = {text, sizeof text};
    digest_of(&all, 1, whole);
    for (size_t cut = 0; cut <= sizeof text; cut += 311) {
        struct slice parts[] = {{text, cut}, SLICE_NONE, slice_after(all, cut)};
        assert_digest(parts, 3, whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_xxh3_of_128_bits),
        cmocka_unit_test(it_is_of_the_parts_as_if_they_were_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
