/* golden_test.c - broken configurations, and what is told of them, in tests/config
 *
 * NAME.yaml is loaded from within that folder; what is told is NAME.expected, where a line may end
 * in "..." for words of libfyaml's. Each rule must have been told of by one of them. To write them
 * anew, and to look at what changed: SHEAF_WRITE_GOLDEN=1 golden_test
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"
#include "base/buffer.h"
#include "config/config_internal.h"

enum {
    CASES_MAX = 1000,
    CASES_MIN = 60,
    TOLD_MAX = 1024 * 1024,
    HUGE_SIZE = 2 * 1024 * 1024
};

static bool told[RULE_N];

static int is_case(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".yaml") == 0;
}

static void read_whole(const char *path, struct buffer *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return; /* nothing is expected yet */
    size_t n = fread(buffer_reserve(out, TOLD_MAX), 1, TOLD_MAX, file);
    out->n += n;
    fclose(file);
}

static void write_whole(const char *path, struct slice text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.n, file), text.n);
    fclose(file);
}

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->n ? memchr(rest->at, '\n', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->at) : rest->n;
    struct slice line = {rest->at, n};
    *rest = slice_after(*rest, n + (end != NULL));
    return line;
}

static bool is_line(struct slice line, struct slice expected)
{
    bool is_open = expected.n >= 3 && memcmp(expected.at + expected.n - 3, "...", 3) == 0;
    if (is_open)
        return slice_starts(line, (struct slice){expected.at, expected.n - 3});
    return slice_equal(line, expected);
}

static bool is_as_expected(struct slice text, struct slice expected)
{
    while (text.n && expected.n)
        if (!is_line(take_line(&text), take_line(&expected)))
            return false;
    return text.n == expected.n;
}

static bool is_there(const struct config_tls_question *q, char *why, size_t n)
{
    bool is_good = !strstr(q->file, "absent");
    if (!is_good)
        snprintf(why, n, "No such file or directory");
    return is_good;
}

static bool has_keys(const struct config_auth *a, struct buffer *wrong)
{
    const char *file = a->kind == CONFIG_AUTH_KEYS ? a->file : a->jwt.file;
    if (!strstr(file, "absent"))
        return true;
    if (!strstr(file, "silent"))
        assert_true(buffer_print(wrong, "%s cannot be read", file));
    return false;
}

static unsigned n_lines(struct slice text)
{
    unsigned n = 1;
    for (size_t i = 0; i + 1 < text.n; i++)
        n += text.at[i] == '\n';
    return n;
}

/* A program that says so does not compile, in its last line. */
static void judge_jq(const struct config *c, const struct slice *programs, unsigned n,
                     config_tell_jq *tell, void *context)
{
    (void)c;
    for (unsigned i = 0; i < n; i++)
        if (slice_starts(programs[i], SLICE("bad")))
            tell(context, i, n_lines(programs[i]), "syntax error");
}

static const struct config_judge judge = {is_there, has_keys, judge_jq};

/* false, and printed, where another thing is told than expected. */
static bool check_case(const char *name)
{
    char path[512];
    struct buffer text, expected;
    buffer_init(&text, TOLD_MAX);
    buffer_init(&expected, TOLD_MAX);
    struct config *c = config_load_told(name, &judge, &text, told);
    config_free(c);
    snprintf(path, sizeof path, "%.*s.expected", (int)(strrchr(name, '.') - name), name);
    read_whole(path, &expected);
    bool is_good = !c && is_as_expected(buffer_slice(&text), buffer_slice(&expected));
    if (!is_good && getenv("SHEAF_WRITE_GOLDEN"))
        write_whole(path, buffer_slice(&text));
    if (!is_good)
        print_message("%s is told\n%.*swhere this was expected\n%.*s\n", name,
                      SLICE_ARG(buffer_slice(&text)), SLICE_ARG(buffer_slice(&expected)));
    buffer_done(&text);
    buffer_done(&expected);
    return is_good;
}

static void a_broken_configuration_is_told_what_would_be_right(void **state)
{
    (void)state;
    struct dirent **entries = NULL;
    int n = scandir(".", &entries, is_case, alphasort);
    assert_in_range(n, CASES_MIN, CASES_MAX);
    int n_good = 0;
    for (int i = 0; i < n; i++) {
        n_good += check_case(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(n_good, n);
}

/* After the test before it. */
static void each_rule_has_a_case(void **state)
{
    (void)state;
    unsigned n_missing = 0;
    for (unsigned i = 0; i < RULE_N; i++) {
        if (told[i])
            continue;
        print_message("no case of tests/config is told of '%s'\n", rule_name((enum rule)i));
        n_missing++;
    }
    assert_int_equal(n_missing, 0);
}

static void set_environment(void)
{
    static char huge[HUGE_SIZE];
    memset(huge, 'x', sizeof huge - 1);
    setenv("SHEAF_TEST_HUGE", huge, 1);
    setenv("SHEAF_TEST_CONDITION", "or id == \"2\"", 1);
    setenv("SHEAF_TEST_LATIN1", "caf\xe9", 1);
    setenv("SHEAF_TEST_LINES", "127.0.0.1:8080\nadmin: 127.0.0.1:1", 1);
    setenv("SHEAF_TEST_SERVICE", "alpha", 1);
    unsetenv("SHEAF_TEST_UNSET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_configuration_is_told_what_would_be_right),
        cmocka_unit_test(each_rule_has_a_case),
    };
    if (chdir(SHEAF_SOURCE_ROOT "/tests/config") != 0) {
        perror("tests/config");
        return 1;
    }
    set_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
