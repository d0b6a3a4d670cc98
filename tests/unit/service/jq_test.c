/* jq_test.c - jobs and helpers: the real one, and one that misbehaves on demand
 *
 * Called with a word, the test program is itself a helper: it answers with the program's text, or
 * does what the document tells it to.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../http/rig.h"
#include "service/jq.h"
#include "service/jq_helper.h"

#define SHEAF SHEAF_BUILD_ROOT "/sheaf"

enum {
    LONG_MS = 20000,
    LARGE = 4 << 20
};

static const char *const real[] = {SHEAF, "jq-worker", NULL};
static const char *const strange[] = {"/proc/self/exe", "helper", NULL};

struct told {
    struct fixture *fixture;
    struct jq_job *job;
    unsigned n;
    enum jq_verdict verdict;
    char text[256];
    size_t text_n; /* of the value or the message, also where it is longer */
};

struct fixture {
    struct rig rig;
    struct jq_settings settings;
    struct jq *jq;
    char order[64]; /* names of those who were told */
    size_t n_order;
    struct told a, b, c;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    rig_init(&f->rig);
    f->a.fixture = f->b.fixture = f->c.fixture = f;
    f->settings = (struct jq_settings){
        .command = strange, .memory = 64 << 20, .result = 1 << 20, .depth = 8, .queue = 2};
    f->jq = jq_new(&f->rig.loop, &f->settings);
    *state = f;
    return 0;
}

static int setup_real(void **state)
{
    int code = setup(state);
    struct fixture *f = *state;
    f->settings.command = real;
    jq_set(f->jq, &f->settings);
    return code;
}

/* The number of a process whose parent is this one; 0: there is none. Zombies count. */
static pid_t find_child(void)
{
    DIR *d = opendir("/proc");
    pid_t found = 0;
    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e && !found; e = readdir(d)) {
        char path[300];
        int parent = 0;
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%*d (%*[^)]) %*c %d", &parent) == 1 && parent == getpid())
            found = (pid_t)strtol(e->d_name, NULL, 10);
        if (f)
            fclose(f);
    }
    closedir(d);
    return found;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    jq_free(f->jq);
    rig_done(&f->rig);
    assert_int_equal(find_child(), 0);
    free(f);
    return 0;
}

static void on_done(void *owner, const struct jq_result *r)
{
    struct told *t = owner;
    struct fixture *f = t->fixture;
    struct slice text = r->verdict == JQ_GOOD ? r->value : r->why;
    size_t n = text.n < sizeof t->text ? text.n : sizeof t->text - 1;
    if (n)
        memcpy(t->text, text.at, n);
    t->text[n] = '\0';
    t->text_n = text.n;
    t->verdict = r->verdict;
    t->job = NULL;
    t->n++;
    if (f->n_order < sizeof f->order - 1)
        f->order[f->n_order++] = t == &f->a ? 'a' : t == &f->b ? 'b' : 'c';
}

static void begin(struct told *t, const char *program, struct slice document, uint64_t ms)
{
    const struct jq_work work = {slice_of(program), document, ms};
    t->n = 0;
    t->job = jq_begin(t->fixture->jq, &work, on_done, t);
    assert_non_null(t->job);
    assert_int_equal(t->n, 0);
}

static void await(struct told *t)
{
    RIG_UNTIL(&t->fixture->rig, t->n);
    assert_int_equal(t->n, 1);
}

static void expect(struct told *t, const char *program, const char *document,
                   enum jq_verdict verdict, const char *text)
{
    begin(t, program, slice_of(document), LONG_MS);
    await(t);
    if (verdict == JQ_FAILED && strlen(text) < t->text_n)
        t->text[strlen(text)] = '\0'; /* jq's words differ from release to release */
    if (t->verdict != verdict || strcmp(t->text, text) != 0)
        print_error("%s: %d %s\n", program, t->verdict, t->text);
    assert_int_equal(t->verdict, verdict);
    assert_string_equal(t->text, text);
}

/* What people write. */
static void programs_give_exactly_one_value(void **state)
{
    static const struct {
        const char *program, *document;
        enum jq_verdict verdict;
        const char *text;
    } cases[] = {
        {".", "{\"b\":1,\"a\":[null,true,\"\\u00e9/\"]}", JQ_GOOD,
         "{\"b\":1,\"a\":[null,true,\"\xc3\xa9/\"]}"},
        {".items | map(.id)", "{\"items\":[{\"id\":1},{\"id\":2.5}]}", JQ_GOOD, "[1,2.5]"},
        {"\"a\\(.)\"", "1", JQ_GOOD, "\"a1\""},
        {"null", "1", JQ_GOOD, "null"},
        {".[]", "[1,2]", JQ_FAILED, "the program gave more than one value"},
        {".[]", "[]", JQ_FAILED, "the program gave no value"},
        {".[]", "[3]", JQ_GOOD, "3"},
        {"empty", "1", JQ_FAILED, "the program gave no value"},
        {"1, error(\"x\")", "1", JQ_FAILED, "x"},
        {".a", "[]", JQ_FAILED, "Cannot index array"},
        {"error({a: 1})", "1", JQ_FAILED, "{\"a\":1}"},
        {"[.[[]]", "1", JQ_FAILED, "syntax error"},
        {"nobody", "1", JQ_FAILED, "nobody/0 is not defined"},
        {"def f(x): x * 2; f(.)", "21", JQ_GOOD, "42"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&f->a, cases[i].program, cases[i].document, cases[i].verdict, cases[i].text);
}

/* The program's author sees the document and nothing else. */
static void a_program_learns_nothing_of_the_system(void **state)
{
    struct fixture *f = *state;
    setenv("SHEAF_SECRET", "x", 1);
    expect(&f->a, "[env, $ENV]", "1", JQ_GOOD, "[{},{}]");
    expect(&f->a, "input_filename", "1", JQ_GOOD, "null");
    expect(&f->a, "[inputs]", "1", JQ_GOOD, "[]");
    expect(&f->a, "debug | stderr", "1", JQ_GOOD, "1");
    expect(&f->a, "$__prog_args", "1", JQ_FAILED, "$__prog_args is not defined");
    expect(&f->a, "halt", "1", JQ_FAILED, "the program gave no value");
    begin(&f->a, "input", SLICE("1"), LONG_MS);
    await(&f->a);
    assert_int_equal(f->a.verdict, JQ_FAILED);
}

static void modules_are_refused(void **state)
{
    static const char *const programs[] = {
        "import \"x\" as x; .",
        "include \"x\"; .",
        "import \"jq_test_module\" as $d {search: \"/tmp\"}; $d",
        "import \"jq_test_module\" as m {search: \"/tmp\"}; m::f",
        "\"jq_test_module\" | modulemeta",
    };
    struct fixture *f = *state;
    FILE *data = fopen("/tmp/jq_test_module.json", "w");
    FILE *module = fopen("/tmp/jq_test_module.jq", "w");
    assert_true(data && module);
    fputs("[1]", data);
    fputs("def f: 1;", module);
    fclose(data);
    fclose(module);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        begin(&f->a, programs[i], SLICE("1"), LONG_MS);
        await(&f->a);
        assert_int_equal(f->a.verdict, JQ_FAILED);
        assert_true(f->a.text_n > 0);
    }
    unlink("/tmp/jq_test_module.json");
    unlink("/tmp/jq_test_module.jq");
    expect(&f->a, ".", "1", JQ_GOOD, "1");
}

static void an_endless_program_is_killed_and_costs_only_its_job(void **state)
{
    struct fixture *f = *state;
    expect(&f->a, ".", "1", JQ_GOOD, "1");
    pid_t first = find_child();
    begin(&f->a, "def f: f; f", SLICE("1"), 50);
    begin(&f->b, ".", SLICE("2"), LONG_MS);
    await(&f->a);
    assert_int_equal(f->a.verdict, JQ_LATE);
    await(&f->b);
    assert_string_equal(f->b.text, "2");
    RIG_UNTIL(&f->rig, find_child() != first);
}

static void a_program_without_measure_dies_and_costs_only_its_job(void **state)
{
    struct fixture *f = *state;
    expect(&f->a, "reduce range(40) as $i (\"01234567\"; . + .) | length", "1", JQ_DIED, "");
    expect(&f->a, ".", "2", JQ_GOOD, "2");
}

static void results_are_bounded(void **state)
{
    struct fixture *f = *state;
    expect(&f->a, "[range(100000)] | map(\"0123456789\")", "1", JQ_TOO_LARGE, "");
    expect(&f->a, "reduce range(9) as $i (.; [.])", "1", JQ_FAILED,
           "the result is nested too deep");
    expect(&f->a, "reduce range(8) as $i (.; [.])", "1", JQ_GOOD, "[[[[[[[[1]]]]]]]]");
}

static void a_large_document_goes_through(void **state)
{
    struct fixture *f = *state;
    char *document = malloc(LARGE);
    assert_non_null(document);
    memset(document, 'x', LARGE);
    document[0] = document[LARGE - 1] = '"';
    begin(&f->a, "length", (struct slice){document, LARGE}, LONG_MS);
    await(&f->a);
    assert_int_equal(f->a.verdict, JQ_GOOD);
    assert_int_equal(strtol(f->a.text, NULL, 10), LARGE - 2);
    free(document);
}

/* From here on with the strange helper. */
static void jobs_are_done_in_their_order_within_the_queue(void **state)
{
    struct fixture *f = *state;
    const struct jq_work work = {SLICE("\"p\""), SLICE("1"), LONG_MS};
    begin(&f->a, "\"a\"", SLICE("1"), LONG_MS);
    begin(&f->b, "\"b\"", SLICE("1"), LONG_MS);
    assert_null(jq_begin(f->jq, &work, on_done, &f->c));
    await(&f->a);
    begin(&f->c, "\"a\"", SLICE("1"), LONG_MS);
    await(&f->b);
    await(&f->c);
    assert_string_equal(f->order, "abc");
    assert_string_equal(f->a.text, "\"a\"");
    assert_string_equal(f->b.text, "\"b\"");
    assert_string_equal(f->c.text, "\"a\"");
}

static void more_programs_than_a_helper_keeps_are_told_apart(void **state)
{
    struct fixture *f = *state;
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < JQ_HELPER_SLOTS + 20; i++) {
            char program[16];
            snprintf(program, sizeof program, "%u", i);
            expect(&f->a, program, "1", JQ_GOOD, program);
        }
}

static void a_prepared_program_is_compiled_in_an_idle_moment(void **state)
{
    struct fixture *f = *state;
    jq_prepare(f->jq, SLICE("1"));
    jq_prepare(f->jq, SLICE("2"));
    jq_prepare(f->jq, SLICE("1"));
    expect(&f->a, "1", "count", JQ_GOOD, "1"); /* compiled so far: the job comes first */
    expect(&f->a, "1", "count", JQ_GOOD, "2"); /* the other one has begun in the meantime */
    expect(&f->a, "2", "count", JQ_GOOD, "2");
}

static bool has_stopped(pid_t child)
{
    siginfo_t told = {0};
    waitid(P_PID, (id_t)child, &told, WSTOPPED | WNOHANG | WNOWAIT);
    return told.si_pid == child;
}

static void a_cancelled_job_is_silent(void **state)
{
    struct fixture *f = *state;
    begin(&f->a, "1", SLICE("1"), LONG_MS);
    jq_cancel(f->a.job);
    begin(&f->a, "1", SLICE("1"), LONG_MS);
    begin(&f->b, "2", SLICE("1"), LONG_MS);
    rig_turn(&f->rig);
    jq_cancel(f->b.job);
    await(&f->a);
    begin(&f->a, "1", SLICE("stop"), LONG_MS);
    RIG_UNTIL(&f->rig, has_stopped(find_child()));
    jq_cancel(f->a.job);
    begin(&f->c, "3", SLICE("1"), LONG_MS);
    kill(find_child(), SIGCONT);
    await(&f->c);
    assert_string_equal(f->c.text, "3");
    assert_string_equal(f->order, "ac");
}

/* Then nobody reads what is left of it: the helper goes with it. */
static void a_document_may_go_while_it_is_being_sent(void **state)
{
    struct fixture *f = *state;
    char *document = calloc(1, LARGE);
    assert_non_null(document);
    expect(&f->b, "1", "1", JQ_GOOD, "1");
    pid_t first = find_child();
    kill(first, SIGSTOP);
    begin(&f->a, "1", (struct slice){document, LARGE}, LONG_MS);
    rig_turns(&f->rig, 5);
    jq_cancel(f->a.job);
    free(document);
    expect(&f->b, "2", "1", JQ_GOOD, "2");
    RIG_UNTIL(&f->rig, find_child() != first);
}

static void a_helper_that_dies_is_replaced(void **state)
{
    struct fixture *f = *state;
    expect(&f->a, "1", "1", JQ_GOOD, "1");
    pid_t first = find_child();
    kill(first, SIGKILL);
    RIG_UNTIL(&f->rig, find_child() && find_child() != first);
    expect(&f->a, "1", "count", JQ_GOOD, "1"); /* it was compiled anew */
    expect(&f->a, "1", "1", JQ_GOOD, "1");
    expect(&f->a, "1", "exit", JQ_DIED, "");
    expect(&f->a, "1", "1", JQ_GOOD, "1");
    expect(&f->a, "exit", "1", JQ_DIED, ""); /* while it compiles */
    expect(&f->a, "1", "1", JQ_GOOD, "1");
}

static void a_helper_that_says_what_it_must_not_is_replaced(void **state)
{
    static const char *const documents[] = {"kind", "much", "twice", "unasked"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        begin(&f->a, "1", slice_of(documents[i]), LONG_MS);
        await(&f->a);
        if (f->a.verdict == JQ_GOOD) { /* what follows an answer may be heard later */
            rig_turn(&f->rig);
            continue;
        }
        assert_int_equal(f->a.verdict, JQ_DIED);
    }
    expect(&f->a, "2", "no json", JQ_FAILED, "the result is nested too deep");
    expect(&f->a, "1", "1", JQ_GOOD, "1");
}

static void a_late_job_is_told_at_its_time(void **state)
{
    struct fixture *f = *state;
    expect(&f->a, "1", "1", JQ_GOOD, "1");
    uint64_t began_ns = f->rig.loop.now_ns;
    begin(&f->a, "1", SLICE("stop"), 30);
    await(&f->a);
    assert_int_equal(f->a.verdict, JQ_LATE);
    assert_true(f->rig.loop.now_ns - began_ns >= 30 * UINT64_C(1000000));
    expect(&f->a, "1", "1", JQ_GOOD, "1");
}

static void without_a_process_each_job_hears_it(void **state)
{
    static const char *const nothing[] = {"/nonexistent/sheaf", NULL};
    struct fixture *f = *state;
    f->settings.command = nothing;
    jq_set(f->jq, &f->settings);
    begin(&f->a, "1", SLICE("1"), LONG_MS);
    begin(&f->b, "2", SLICE("1"), LONG_MS);
    await(&f->a);
    await(&f->b);
    assert_int_equal(f->a.verdict, JQ_DIED);
    assert_int_equal(f->b.verdict, JQ_DIED);
    jq_prepare(f->jq, SLICE("1"));
    rig_turns(&f->rig, 5);
    f->settings.command = strange;
    jq_set(f->jq, &f->settings);
    expect(&f->a, "1", "1", JQ_GOOD, "1");
}

/* It is not started over and over. */
static void a_helper_that_ends_at_once_costs_a_job_each_time(void **state)
{
    static const char *const hasty[] = {"/bin/true", NULL};
    struct fixture *f = *state;
    f->settings.command = hasty;
    jq_set(f->jq, &f->settings);
    jq_prepare(f->jq, SLICE("1"));
    rig_turn(&f->rig);
    RIG_UNTIL(&f->rig, !find_child());
    begin(&f->a, "1", SLICE("1"), LONG_MS);
    begin(&f->b, "2", SLICE("1"), LONG_MS);
    await(&f->a);
    await(&f->b);
    assert_int_equal(f->a.verdict, JQ_DIED);
    assert_int_equal(f->b.verdict, JQ_DIED);
}

/* The strange helper. */
static bool take(void *to, size_t n)
{
    for (char *at = to; n;) {
        ssize_t got = read(STDIN_FILENO, at, n);
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static void say(uint32_t kind, const char *text, uint64_t n)
{
    const struct jq_helper_frame head = {.kind = kind, .n = n};
    size_t n_text = strlen(text);
    if (write(STDIN_FILENO, &head, sizeof head) < 0 || write(STDIN_FILENO, text, n_text) < 0)
        _exit(1);
}

static void do_as_told(const char *document, const char *program, unsigned n_compiled)
{
    char number[16];
    snprintf(number, sizeof number, "%u", n_compiled);
    if (strcmp(document, "exit") == 0)
        _exit(1);
    if (strcmp(document, "stop") == 0)
        raise(SIGSTOP); /* until it is told to go on, or killed */
    if (strcmp(document, "kind") == 0)
        say(JQ_HELPER_RUN, "", 0);
    else if (strcmp(document, "much") == 0)
        say(JQ_HELPER_GOOD, "", (2 << 20));
    else if (strcmp(document, "twice") == 0)
        say(JQ_HELPER_GOOD, "11", 1);
    else if (strcmp(document, "no json") == 0)
        say(JQ_HELPER_GOOD, "[", 1);
    else if (strcmp(document, "count") == 0)
        say(JQ_HELPER_GOOD, number, strlen(number));
    else
        say(JQ_HELPER_GOOD, program, strlen(program));
    if (strcmp(document, "unasked") == 0)
        say(JQ_HELPER_GOOD, "", 0);
}

static int be_strange(void)
{
    static char programs[JQ_HELPER_SLOTS][64];
    static char bytes[LARGE + 1];
    struct jq_helper_frame frame;
    unsigned n_compiled = 0;
    while (take(&frame, sizeof frame) && frame.n <= LARGE && take(bytes, frame.n)) {
        bytes[frame.n] = '\0';
        if (frame.kind == JQ_HELPER_RUN)
            do_as_told(bytes, programs[frame.slot], n_compiled);
        if (frame.kind != JQ_HELPER_COMPILE)
            continue;
        if (strcmp(bytes, "exit") == 0)
            return 1;
        n_compiled++;
        snprintf(programs[frame.slot], sizeof programs[0], "%.63s", bytes);
        say(JQ_HELPER_GOOD, "", 0);
    }
    return 0;
}

#define REAL(name) cmocka_unit_test_setup_teardown(name, setup_real, teardown)
#define STRANGE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int n, char **words)
{
    (void)words;
    if (n > 1)
        return be_strange();
    const struct CMUnitTest tests[] = {
        REAL(programs_give_exactly_one_value),
        REAL(a_program_learns_nothing_of_the_system),
        REAL(modules_are_refused),
        REAL(an_endless_program_is_killed_and_costs_only_its_job),
        REAL(a_program_without_measure_dies_and_costs_only_its_job),
        REAL(results_are_bounded),
        REAL(a_large_document_goes_through),
        STRANGE(jobs_are_done_in_their_order_within_the_queue),
        STRANGE(more_programs_than_a_helper_keeps_are_told_apart),
        STRANGE(a_prepared_program_is_compiled_in_an_idle_moment),
        STRANGE(a_cancelled_job_is_silent),
        STRANGE(a_document_may_go_while_it_is_being_sent),
        STRANGE(a_helper_that_dies_is_replaced),
        STRANGE(a_helper_that_says_what_it_must_not_is_replaced),
        STRANGE(a_late_job_is_told_at_its_time),
        STRANGE(a_helper_that_ends_at_once_costs_a_job_each_time),
        STRANGE(without_a_process_each_job_hears_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
