/* word_test.c - each byte of a word is judged by itself, whatever stands beside it */
#include <stdbool.h>

#include "../unit.h"
#include "base/word.h"

/* Every two neighbours, at every place. */
static void expect_marks(uint64_t (*marks_of)(uint64_t), bool (*is_marked)(unsigned char))
{
    for (unsigned pair = 0; pair < 0x10000; pair++)
        for (unsigned i = 0; i < WORD_SIZE; i++) {
            char text[WORD_SIZE];
            memset(text, (int)(pair & 0xff), sizeof text);
            text[i] = (char)(pair >> 8);
            uint64_t marks = marks_of(word_at(text));
            for (unsigned k = 0; k < WORD_SIZE; k++)
                if ((marks >> 8 * k & 0xff) != (is_marked((unsigned char)text[k]) ? 0x80 : 0))
                    fail_msg("byte %u of %04x at %u", k, pair, i);
        }
}

static uint64_t below_space(uint64_t x)
{
    return word_below(x, ' ');
}

static bool is_below_space(unsigned char c)
{
    return c < ' ';
}

static uint64_t below_128(uint64_t x)
{
    return word_below(x, 128);
}

static bool is_below_128(unsigned char c)
{
    return c < 128;
}

static uint64_t hyphens(uint64_t x)
{
    return word_equal(x, '-');
}

static bool is_hyphen(unsigned char c)
{
    return c == '-';
}

static bool is_lower_letter(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

static void bytes_are_marked_one_by_one(void **state)
{
    (void)state;
    expect_marks(below_space, is_below_space);
    expect_marks(below_128, is_below_128);
    expect_marks(hyphens, is_hyphen);
    expect_marks(word_lower_letters, is_lower_letter);
}

static void the_first_mark_is_the_first_byte(void **state)
{
    (void)state;
    assert_int_equal(word_first(word_equal(word_at("abcdefgh"), 'a')), 0);
    assert_int_equal(word_first(word_equal(word_at("abcdefgh"), 'h')), 7);
    assert_int_equal(word_first(word_equal(word_at("axxbbxxb"), 'b')), 3);
}

static void short_texts_are_told_apart(void **state)
{
    (void)state;
    static const char text[] = "abcdefg";
    for (size_t n = 1; n < WORD_SIZE; n++)
        for (size_t i = 0; i < n; i++) {
            char other[WORD_SIZE];
            memcpy(other, text, sizeof text);
            assert_true(word_short(other, n) == word_short(text, n));
            other[i] ^= 1;
            assert_true(word_short(other, n) != word_short(text, n));
        }
    assert_true(word_short(NULL, 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_marked_one_by_one),
        cmocka_unit_test(the_first_mark_is_the_first_byte),
        cmocka_unit_test(short_texts_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
