/* scan_guard_test.c - no byte before or behind the text is read */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit.h"
#include "levels.h"

/* A page that may be read and written between two that may not. */
struct guarded {
    char *first;
    char *end;
};

static struct guarded guarded_page(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(at != MAP_FAILED);
    assert_int_equal(mprotect(at + page, page, PROT_READ | PROT_WRITE), 0);
    return (struct guarded){at + page, at + 2 * page};
}

static void guarded_done(struct guarded g)
{
    size_t page = (size_t)(g.end - g.first);
    munmap(g.first - page, 3 * page);
}

/* Of any length from 2 on: what stands at the end is cut off in different places of a token. */
static void write_document(char *out, size_t n)
{
    static const char items[] =
        "{\"sku\":\"S-\\u00e9\",\"qty\":12.5,\"ok\":true},[null,false],-1e5,";
    out[0] = '[';
    for (size_t i = 1; i < n; i++)
        out[i] = items[(i - 1) % (sizeof(items) - 1)];
    out[n - 1] = ']';
}

static void at_both_ends_of_a_page_and_all_places_of_a_vector(void **state)
{
    (void)state;
    struct guarded g = guarded_page();
    for (size_t n = 2; n < 400; n++) {
        write_document(g.end - n, n);
        levels_check((struct slice){g.end - n, n}, LEVELS_DEPTH);
        write_document(g.first, n);
        levels_check((struct slice){g.first, n}, LEVELS_DEPTH);
        for (size_t shift = 1; shift < 64; shift += 9) {
            write_document(g.end - n - shift, n);
            levels_check((struct slice){g.end - n - shift, n}, LEVELS_DEPTH);
        }
    }
    guarded_done(g);
}

/* Whatever the last byte begins: nothing behind it is there to tell how it would go on. */
static void a_text_that_breaks_off(void **state)
{
    (void)state;
    static const char *const ends[] = {"t",    "tru", "\"", "\"\\", "\"\\u", "\"\xf0", "-",
                                       "1e",   "1.",  "{",  "[",    "{\"a",  "f",      "nul",
                                       "true", ",",   ":",  "\x80", " "};
    struct guarded g = guarded_page();
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        size_t n_end = strlen(ends[i]);
        for (size_t n = 1; n < 200; n++) {
            char *at = g.end - n_end - n;
            memset(at, ' ', n);
            at[0] = '[';
            memcpy(g.end - n_end, ends[i], n_end);
            levels_check((struct slice){at, n + n_end}, LEVELS_DEPTH);
        }
    }
    guarded_done(g);
}

static void a_word_before_the_last_bracket(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum scan_verdict verdict;
    } words[] = {
        {"true]", SCAN_OK},      {"false]", SCAN_OK},    {"null]", SCAN_OK},
        {"fals]", SCAN_INVALID}, {"nul]", SCAN_INVALID}, {"[true]]", SCAN_OK},
    };
    struct guarded g = guarded_page();
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t n_word = strlen(words[i].text);
        for (size_t n = 1; n < 200; n++) {
            char *at = g.end - n_word - n;
            memset(at, ' ', n);
            at[0] = '[';
            memcpy(g.end - n_word, words[i].text, n_word);
            assert_int_equal(levels_check((struct slice){at, n + n_word}, LEVELS_DEPTH),
                             words[i].verdict);
        }
    }
    guarded_done(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_both_ends_of_a_page_and_all_places_of_a_vector),
        cmocka_unit_test(a_text_that_breaks_off),
        cmocka_unit_test(a_word_before_the_last_bracket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
