/* sentence_test.c - each sentence that the reading can tell is told by a case
 *
 * A rule has many sentences; golden_test.c asks for a case a rule, this for a case a sentence: a
 * text in src/config that has "; " in it, what is wrong and what would be right, or that says what
 * kind is due. Cases are the lines of tests/config (golden_test.c holds them true), and what is
 * told of configurations that are too big for a folder of files, which are made here.
 */
#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>

#include "base/arena.h"
#include "written.h"

enum {
    SOURCE_MAX = 1024 * 1024,
    TOLD_MAX = 16 * 1024 * 1024,
    PATTERN_MAX = 4096,
    SENTENCES_MIN = 200
};

/* Sentences without a case. */
static const struct {
    const char *sentence, *why;
} exceptions[] = {
    {"this becomes too large; split it, or let `defaults` hold less",
     "it takes 256 MiB to be told"},
};

/* A configuration with something in it n times, each with its number where "%u" says so. */
static const struct big {
    const char *before, *again;
    unsigned n;
    const char *after;
} bigs[] = {
#define SERVICES "services: {alpha: \"http://h:1\"}\n"
#define ENDPOINT SERVICES "endpoints:\n- path: \"/{id}\"\n"
#define WHOLE ENDPOINT "  sources: {one: {get: \"alpha:/\"}}\n"
#define SOURCE ENDPOINT "  sources:\n   one:\n    get: alpha:/\n"
    {WHOLE, "# more than is read of a configuration %u\n", 150000, ""},
    {"services:\n", "  s%u: http://h:1\n", 1001, ""},
    {SERVICES "endpoints:\n", "- path: /%u\n", 10001, ""},
    {SERVICES "endpoints: [{sources: {one: {get: \"alpha:/\"}}, path: ", "/a", 65, "}]\n"},
    {SERVICES "endpoints: [{sources: {one: {get: \"alpha:/\"}}, path: /", "aaaaaaaa", 513, "}]\n"},
    {WHOLE "auth: {", "p%u: {api_keys: {file: keys.yaml}}, ", 65, "}\n"},
    {WHOLE "faults: [", "{service: alpha, fail: 503}, ", 1025, "]\n"},
    {WHOLE "cors: {origins: [", "\"https://%u\", ", 1025, "]}\n"},
    {WHOLE "views: {mobile: {fields: a, match: {headers: {", "x-%u: a, ", 17, "}}}}\n"},
    {WHOLE "unknown: [", "&a%u a, ", 1001, "]\n"},
    {WHOLE "  scopes: [", "a%u, ", 17, "]\n"},
    {WHOLE "  response_headers: {", "x-%u: a, ", 1025, "}\n"},
    {SOURCE "    return_headers: [", "x-%u, ", 1025, "]\n"},
    {SOURCE "    pass: [", "409, ", 1025, "]\n"},
    {SOURCE "    pick: [", "a%u, ", 1025, "]\n"},
    {SOURCE "    schema: {type: object, description: \"", "aaaaaaaa", 33000, "\"}\n"},
    {ENDPOINT "  sources: {one: {get: \"alpha:/", "aaaaaaaa", 1025, "\"}}\n"},
    {ENDPOINT "  sources: {one: {post: \"alpha:/\", body: [", "\"{id}\", ", 2100, "]}}\n"},
    {SOURCE "    fallback:\n    - &a \"", "\\a\\a\\a\\a\\a\\a\\a\\a", 4096,
     "\"\n    - &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
     "    - [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"},
    {"endpoints: []\nservices: {alpha: {targets: \"http://h:1\", credentials: {oauth2: {scopes: [",
     "a%u, ", 1025, "]}}}}\n"},
};

/* What has been told, a line each. */
static struct buffer told;

static void tell(struct slice text)
{
    assert_true(buffer_append(&told, text));
}

static void read_file(const char *folder, const char *name, struct buffer *out)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    out->n += fread(buffer_reserve(out, SOURCE_MAX), 1, SOURCE_MAX - 1, file);
    out->at[out->n] = '\0';
    fclose(file);
}

/* Calls it for each file of the folder whose name ends like this. */
static void for_each(const char *folder, const char *ending,
                     void (*use)(const char *, const char *))
{
    DIR *all = opendir(folder);
    assert_non_null(all);
    for (const struct dirent *entry = readdir(all); entry; entry = readdir(all)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, ending) == 0)
            use(folder, entry->d_name);
    }
    closedir(all);
}

static void tell_file(const char *folder, const char *name)
{
    read_file(folder, name, &told);
}

static void tell_big(struct written *w, const struct big *b)
{
    struct buffer text;
    buffer_init(&text, 2 * TOLD_MAX);
    bool is_good = buffer_append(&text, slice_of(b->before));
    for (unsigned i = 0; i < b->n; i++)
        is_good &= buffer_print(&text, b->again, i);
    assert_true(is_good && buffer_print(&text, "%s", b->after));
    if (written_try(w, text.at))
        fail_msg("with \"%s\" %u times it is still good", b->again, b->n);
    tell(buffer_slice(&w->diagnostics));
    buffer_done(&text);
}

/* One more than a configuration may have. */
static void tell_files(struct written *w)
{
    char name[64];
    for (unsigned i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "parts/%u.yaml", i);
        written_file(w, name, SLICE("views: {}\n"));
    }
    assert_null(written_try(w, WHOLE "include: [parts/*.yaml]\n"));
    tell(buffer_slice(&w->diagnostics));
}

static bool is_told(const char *pattern)
{
    for (char *line = told.at; *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        bool is_it = fnmatch(pattern, line, 0) == 0;
        *end = '\n';
        if (is_it)
            return true;
        line = end + 1;
    }
    return false;
}

/* A text of C on its way to a pattern of fnmatch(). */
struct reader {
    const char *at;
    char pattern[PATTERN_MAX];
    size_t n;
};

static void put(struct reader *s, char c, bool is_itself)
{
    assert_in_range(s->n, 0, PATTERN_MAX - 4);
    if (is_itself && strchr("*?[]\\", c))
        s->pattern[s->n++] = '\\';
    s->pattern[s->n++] = c;
    s->pattern[s->n] = '\0';
}

/* Behind a "%": what a conversion writes may be anything. */
static void pass_conversion(struct reader *s)
{
    if (*s->at == '%') {
        put(s, *s->at++, true);
        return;
    }
    put(s, '*', false);
    while (*s->at != '"' && !isalpha((unsigned char)*s->at))
        s->at++;
    s->at += *s->at == 'z';
    s->at += *s->at != '"'; /* else a macro has the rest */
}

/* From one quote to the other. */
static void take_quoted(struct reader *s)
{
    for (s->at++; *s->at != '"';) {
        char c = *s->at++;
        if (c == '%')
            pass_conversion(s);
        else if (c == '\\')
            put(s, *s->at++, true);
        else
            put(s, c, true);
    }
    s->at++;
}

static void pass_macro(struct reader *s)
{
    put(s, '*', false);
    while (isupper((unsigned char)*s->at) || *s->at == '_')
        s->at++;
}

/* Texts side by side are one, and macros between them may be any text. */
static void take_text(struct reader *s, const char *behind)
{
    s->n = 0;
    put(s, '*', false);
    while (*s->at == '"' || isupper((unsigned char)*s->at)) {
        if (*s->at == '"')
            take_quoted(s);
        else
            pass_macro(s);
        s->at += strspn(s->at, " \n");
    }
    for (; *behind; behind++)
        put(s, *behind, true);
    put(s, '*', false);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* To behind what is no text: a comment, a character, a word, or one byte. */
static void pass(struct reader *s)
{
    if (starts(s->at, "/*"))
        s->at = strstr(s->at, "*/") + 2;
    else if (*s->at == '\'')
        s->at += s->at[1] == '\\' ? 4 : 3;
    else
        s->at++;
}

/* What is told behind the text that this call is given; NULL: it is no call that says what is due.
 */
static const char *due_at(const char *at)
{
    if (starts(at, "option_map(") || starts(at, "option_list("))
        return "";
    return starts(at, "option_scalar(") ? " is due" : NULL;
}

static unsigned n_sentences, n_missing;

static bool is_exception(const char *pattern)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (fnmatch(pattern, exceptions[i].sentence, 0) == 0)
            return true;
    return false;
}

static void check_sentence(const char *file, const char *pattern)
{
    n_sentences++;
    if (is_told(pattern) || is_exception(pattern))
        return;
    print_message("no case is told of %s: %s\n", file, pattern);
    n_missing++;
}

/* The tables of options, and what is made of them, speak to people who read, not of mistakes. */
static bool is_about_options(const char *name)
{
    return starts(name, "config_table") || starts(name, "config_reference") ||
           starts(name, "config_manual") || starts(name, "config_schema");
}

static void check_source(const char *folder, const char *name)
{
    struct buffer text;
    struct reader s = {0};
    const char *due = NULL;
    if (is_about_options(name))
        return;
    buffer_init(&text, SOURCE_MAX);
    read_file(folder, name, &text);
    for (s.at = text.at; *s.at;) {
        if (due_at(s.at))
            due = due_at(s.at);
        else if (strchr(";{", *s.at))
            due = NULL;
        if (*s.at != '"') {
            pass(&s);
            continue;
        }
        take_text(&s, due ? due : "");
        if (due || strstr(s.pattern, "; "))
            check_sentence(name, s.pattern);
        due = NULL;
    }
    buffer_done(&text);
}

static void each_sentence_has_a_case(void **state)
{
    struct written *w = *state;
    buffer_init(&told, TOLD_MAX);
    for_each(SHEAF_SOURCE_ROOT "/tests/config", ".expected", tell_file);
    for (size_t i = 0; i < sizeof bigs / sizeof *bigs; i++)
        tell_big(w, &bigs[i]);
    tell_files(w);
    assert_true(buffer_print(&told, "\n")); /* and a NUL */
    for_each(SHEAF_SOURCE_ROOT "/src/config", ".c", check_source);
    buffer_done(&told);
    assert_int_equal(n_missing, 0);
    assert_in_range(n_sentences, SENTENCES_MIN, SOURCE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(each_sentence_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
