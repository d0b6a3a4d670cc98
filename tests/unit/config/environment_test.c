/* environment_test.c - values of the environment: told to nobody, and nothing but text
 *
 * The walk takes the broken configurations of tests/config, and puts a secret in place of one of
 * their values and keys after the other, so that each complaint is made of a secret.
 */
#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/condition.h"
#include "slices.h"
#include "written.h"

#define MARK "MARKED"

enum {
    CASES_MIN = 300,
    TEXT_MAX = 64 * 1024, /* larger cases are about size alone */
    PLACES_MIN = 4000
};

struct place {
    size_t at, n;        /* with its quotes */
    struct slice inside; /* without */
};

static int is_case(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".yaml") == 0;
}

static bool is_gap(char c)
{
    return memchr(" \n[]{},", c, 8) != NULL; /* and the end */
}

static size_t word_end(const char *text, size_t at)
{
    if (text[at] == '"' || text[at] == '\'') {
        const char *end = strchr(text + at + 1, text[at]);
        return end ? (size_t)(end - text) + 1 : strlen(text);
    }
    while (!is_gap(text[at]) && !(text[at] == ':' && is_gap(text[at + 1])))
        at++;
    return at;
}

/* The next word or quoted text at or behind `from`; false: there is none. */
static bool find_place(const char *text, size_t from, struct place *out)
{
    while (text[from] && (is_gap(text[from]) || text[from] == ':' || text[from] == '-'))
        from++;
    bool is_quoted = text[from] == '"' || text[from] == '\'';
    out->at = from;
    out->n = word_end(text, from) - from;
    out->inside = (struct slice){text + from + is_quoted, out->n};
    if (is_quoted)
        out->inside.n = out->n >= 2 ? out->n - 2 : 0;
    return text[from];
}

/* These know something against all, and tell it with all that they know. */
static bool is_there(const struct config_tls_question *q, char *why, size_t n)
{
    (void)q;
    snprintf(why, n, "No such file or directory");
    return false;
}

static bool has_keys(const struct config_auth *a, struct buffer *wrong)
{
    if (a->kind == CONFIG_AUTH_KEYS)
        assert_true(buffer_print(wrong, "%s cannot be read", a->file));
    else
        assert_true(buffer_print(wrong, "%s gives no keys: it is not JSON", a->jwt.file));
    return false;
}

static void judge_jq(const struct config *c, const struct slice *programs, unsigned n,
                     config_tell_jq *tell, void *context)
{
    char why[TEXT_MAX];
    (void)c;
    for (unsigned i = 0; i < n; i++) {
        snprintf(why, sizeof why, "syntax error in %.*s", SLICE_ARG(programs[i]));
        tell(context, i, 0, why);
    }
}

static const struct config_judge judge = {is_there, has_keys, judge_jq};

/* Without a disk, as it is done some thousand times. */
static void try_in_memory(struct written *w, const char *text)
{
    char path[64];
    int file = memfd_create("sheaf.yaml", MFD_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    config_free(w->config);
    buffer_done(&w->diagnostics);
    w->config = config_load_judged(path, &judge, &w->diagnostics);
    close(file);
}

static void load_without_telling(struct written *w, const char *name, const char *text)
{
    try_in_memory(w, text);
    if (w->diagnostics.n && written_is_told(w, MARK))
        fail_msg("%s, as\n%swith %s, is told\n%.*s", name, text, getenv("SHEAF_SECRET"),
                 SLICE_ARG(buffer_slice(&w->diagnostics)));
}

/* The value as a whole, and something in braces behind it. */
static void try_place(struct written *w, const char *name, const char *text, const struct place *p)
{
    static char changed[TEXT_MAX * 2], secret[TEXT_MAX * 2];
    snprintf(secret, sizeof secret, "%.*s" MARK, SLICE_ARG(p->inside));
    setenv("SHEAF_SECRET", secret, 1);
    snprintf(changed, sizeof changed, "%.*s\"${SHEAF_SECRET}\"%s", (int)p->at, text,
             text + p->at + p->n);
    load_without_telling(w, name, changed);
    setenv("SHEAF_SECRET", "{" MARK "} " MARK, 1);
    snprintf(changed, sizeof changed, "%.*s\"%.*s${SHEAF_SECRET}\"%s", (int)p->at, text,
             SLICE_ARG(p->inside), text + p->at + p->n);
    load_without_telling(w, name, changed);
}

/* Gives how many places it has. */
static unsigned walk(struct written *w, const char *name)
{
    static char text[TEXT_MAX];
    char path[512];
    struct place place = {0};
    unsigned n_places = 0;
    snprintf(path, sizeof path, SHEAF_SOURCE_ROOT "/tests/config/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    if (n == sizeof text)
        return 0;
    text[n] = '\0';
    for (size_t at = 0; find_place(text, at, &place); at = place.at + place.n, n_places++)
        try_place(w, name, text, &place);
    return n_places;
}

static void no_complaint_tells_a_value(void **state)
{
    struct dirent **entries = NULL;
    unsigned n_places = 0;
    int n = scandir(SHEAF_SOURCE_ROOT "/tests/config", &entries, is_case, alphasort);
    assert_true(n >= CASES_MIN);
    for (int i = 0; i < n; i++) {
        n_places += walk(*state, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    assert_true(n_places >= PLACES_MIN);
}

#define FRAME                                                                                      \
    "services: {alpha: \"http://127.0.0.1:9001\"}\n"                                               \
    "endpoints:\n"                                                                                 \
    "- path: \"/one/{id}${SHEAF_PATH:-}\"\n"                                                       \
    "  sources:\n"                                                                                 \
    "    one:\n"

static const struct config_source *load(struct written *w, const char *lines)
{
    char text[2048];
    snprintf(text, sizeof text, FRAME "%s", lines);
    return &written_load(w, text)->endpoints[0].sources[0];
}

static void expand(const struct config_template *t, const char *id, struct buffer *out)
{
    struct template_value values[4] = {0};
    size_t culprit = 0;
    assert_true(template_n_variables(t->compiled) <= 4);
    for (size_t i = 0; i < template_n_variables(t->compiled); i++)
        values[i] = (struct template_value){.is_defined = true, .text = slice_of(id)};
    out->n = 0;
    assert_int_equal(template_expand(t->compiled, values, out, &culprit), FAULT_NONE);
}

static void braces_of_a_value_are_text(void **state)
{
    static const struct {
        const char *value, *template, *header, *url;
    } cases[] = {
        {"p{{w}}x", "${SHEAF_K}", "p{{w}}x", "p%7B%7Bw%7D%7Dx"},
        {"s{id}t", "a-${SHEAF_K}-{id}", "a-s{id}t-7", "a-s%7Bid%7Dt-7"},
        {"a{cd}b", "{id}${SHEAF_K}{id}", "7a{cd}b7", "7a%7Bcd%7Db7"},
        {"}", "{id}${SHEAF_K}", "7}", "7%7D"},
        {"{", "${SHEAF_K}{id}", "{7", "%7B7"},
        {"{", "${SHEAF_K}${SHEAF_K}${SHEAF_K}", "{{{", "%7B%7B%7B"},
        {"id", "{${SHEAF_K}}", "7", "7"},
    };
    struct buffer out;
    buffer_init(&out, 1024);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char lines[512];
        setenv("SHEAF_K", cases[i].value, 1);
        snprintf(lines, sizeof lines,
                 "      get: \"alpha:/%s\"\n      set_headers: {x-key: \"%s\"}\n",
                 cases[i].template, cases[i].template);
        const struct config_source *s = load(*state, lines);
        expand(&s->set_headers[0].value, "7", &out);
        ASSERT_SLICE(buffer_slice(&out), cases[i].header);
        expand(&s->path, "7", &out);
        ASSERT_SLICE(slice_after(buffer_slice(&out), 1), cases[i].url);
    }
    buffer_done(&out);
}

static void a_value_in_a_body_is_a_text_with_its_braces(void **state)
{
    setenv("SHEAF_K", "s{id}\"t", 1);
    const struct config_source *s =
        load(*state, "      post: \"alpha:/{id}\"\n      body: {k: \"${SHEAF_K}\"}\n");
    assert_int_equal(s->body.n_pieces, 1);
    ASSERT_SLICE(s->body.pieces[0].text, "{\"k\":\"s{id}\\\"t\"}");
}

static void what_a_value_has_in_a_path_is_a_literal(void **state)
{
    struct written *w = *state;
    setenv("SHEAF_PATH", "/{x}/*", 1);
    load(w, "      get: \"alpha:/{id}\"\n");
    unsetenv("SHEAF_PATH");
    const struct config_endpoint *e = &w->config->endpoints[0];
    ASSERT_SLICE(e->path, "/one/{id}/%7Bx%7D/%2A");
    assert_int_equal(e->n_segments, 4);
    ASSERT_SLICE(e->segments[2].text, "{x}");
    assert_int_equal(e->segments[3].kind, CONFIG_LITERAL);
    ASSERT_SLICE(e->segments[3].text, "*");
}

static void a_value_does_not_end_the_text_of_a_condition(void **state)
{
    setenv("SHEAF_K", "x\" or \"a\\", 1);
    const struct config_source *s =
        load(*state, "      get: \"alpha:/{id}\"\n      when: \"id == \\\"${SHEAF_K}\\\"\"\n");
    assert_int_equal(s->when->n_instructions, 1);
    ASSERT_SLICE(s->when->instructions[0].right.literal, "\"x\\\" or \\\"a\\\\\"");
    ASSERT_SLICE(s->when->text, "id == \"${SHEAF_K}\"");
}

static const struct config_source *load_sources(struct written *w, const char *path,
                                                const char *lines)
{
    char text[2048];
    snprintf(text, sizeof text,
             "services: {alpha: \"http://127.0.0.1:9001\"}\n"
             "endpoints:\n"
             "- path: \"%s\"\n"
             "  sources:\n"
             "    one:\n"
             "      get: \"alpha:/{id}\"\n%s",
             path, lines);
    return &written_load(w, text)->endpoints[0].sources[0];
}

static void a_default_is_what_the_file_says(void **state)
{
    struct written *w = *state;
    setenv("SHEAF_K", "*", 1);
    const struct config_source *s = load_sources(w, "/{id}/${SHEAF_K}${SHEAF_NOT:-/*}",
                                                 "      when: id == ${SHEAF_NOT:-\"x\"}\n"
                                                 "      jq: .a + ${SHEAF_NOT:-\"x\"}\n");
    const struct config_endpoint *e = &w->config->endpoints[0];
    ASSERT_SLICE(e->path, "/{id}/%2A/*");
    assert_int_equal(e->n_segments, 3);
    assert_int_equal(e->segments[2].kind, CONFIG_TAIL);
    ASSERT_SLICE(s->when->instructions[0].right.literal, "\"x\"");
    ASSERT_SLICE(s->when->text, "id == ${SHEAF_NOT:-\"x\"}");
    ASSERT_SLICE(s->jq, ".a + \"x\"");
}

static void where_the_environment_gives_no_byte_it_gives_nothing(void **state)
{
    setenv("SHEAF_K", "", 1);
    const struct config_source *s =
        load_sources(*state, "/{id}", "      when: ${SHEAF_K} id == \"x\" ${SHEAF_NOT:-}\n");
    assert_int_equal(s->when->n_instructions, 1);
}

/* A MiB is all that it may add: what is cut then is hidden all the same. */
static void what_becomes_too_long_is_not_told(void **state)
{
    static char large[1024 * 1024 + 64];
    static const char *const keys[] = {"${SHEAF_K}${SHEAF_LARGE}", "${SHEAF_LARGE}${SHEAF_K}",
                                       "a${SHEAF_K}${SHEAF_LARGE}b"};
    struct written *w = *state;
    memset(large, 'a', sizeof large - 1);
    memcpy(large, MARK, strlen(MARK));
    setenv("SHEAF_K", MARK, 1);
    setenv("SHEAF_LARGE", large, 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[2048];
        snprintf(text, sizeof text, FRAME "      get: \"alpha:/\"\n      \"%s\": 1\n", keys[i]);
        try_in_memory(w, text);
        assert_true(written_is_told(w, "the text becomes too long"));
        assert_false(written_is_told(w, MARK));
    }
    unsetenv("SHEAF_LARGE");
}

static void a_word_of_the_environment_is_not_told(void **state)
{
    setenv("SHEAF_K", "on", 1);
    const struct config_source *s =
        load(*state, "      get: \"alpha:/\"\n      fallback:\n"
                     "      - ${SHEAF_K}\n      - no\n      - ${SHEAF_NOT:-yes}\n");
    assert_int_equal(s->n_words, 2);
    ASSERT_SLICE(s->words[0].text, "no");
    ASSERT_SLICE(s->words[1].text, "yes");
}

static void a_program_may_be_a_value_and_may_have_one(void **state)
{
    setenv("SHEAF_K", ".a | \"b\"", 1);
    ASSERT_SLICE(load(*state, "      get: \"alpha:/\"\n      jq: ${SHEAF_K}\n")->jq, ".a | \"b\"");
    setenv("SHEAF_K", "a", 1);
    ASSERT_SLICE(load(*state, "      get: \"alpha:/\"\n      jq: .[\"${SHEAF_K}\"]\n")->jq,
                 ".[\"a\"]");
}

static void what_is_shown_of_a_call_is_what_was_written(void **state)
{
    setenv("SHEAF_K", MARK, 1);
    const struct config_source *s = load(*state, "      get: \"alpha:/${SHEAF_K}?k=${SHEAF_K}\"\n");
    ASSERT_SLICE(s->path_text, "alpha:/${SHEAF_K}?k=${SHEAF_K}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(no_complaint_tells_a_value),
        WRITTEN_TEST(braces_of_a_value_are_text),
        WRITTEN_TEST(a_value_in_a_body_is_a_text_with_its_braces),
        WRITTEN_TEST(what_a_value_has_in_a_path_is_a_literal),
        WRITTEN_TEST(a_value_does_not_end_the_text_of_a_condition),
        WRITTEN_TEST(a_default_is_what_the_file_says),
        WRITTEN_TEST(where_the_environment_gives_no_byte_it_gives_nothing),
        WRITTEN_TEST(what_becomes_too_long_is_not_told),
        WRITTEN_TEST(a_word_of_the_environment_is_not_told),
        WRITTEN_TEST(a_program_may_be_a_value_and_may_have_one),
        WRITTEN_TEST(what_is_shown_of_a_call_is_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
