/* jq_worker.c - reads a frame, does as it says, answers; until there is none */
#include "app/jq_worker.h"

#include <errno.h>
#include <jq.h>
#include <jv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/slice.h"
#include "json/text.h"
#include "service/jq_helper.h"

enum {
    LINK = STDIN_FILENO,
    N_FILES = STDERR_FILENO + 1 /* those that are open: no other can be opened */
};

struct worker {
    struct jq_helper_limits limits;
    jq_state *programs[JQ_HELPER_SLOTS];
    char message[JQ_HELPER_MESSAGE + 1]; /* of what went wrong first; empty: nothing yet */
    uint32_t line;                       /* of the program, that it is of; 0: nobody knows */
    char *bytes;                         /* of the frame */
    size_t capacity;
};

/* Without a word: whoever waits for the answer sees the end of the socket. */
static _Noreturn void leave(void)
{
    _exit(EXIT_RUN_TIME);
}

static void on_no_memory(void *context)
{
    (void)context;
    leave();
}

static bool read_whole(void *to, size_t n)
{
    char *at = to;
    while (n) {
        ssize_t got = read(LINK, at, n);
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

static void write_whole(const void *from, size_t n)
{
    const char *at = from;
    while (n) {
        ssize_t put = write(LINK, at, n);
        if (put > 0) {
            at += put;
            n -= (size_t)put;
        } else if (errno != EINTR) {
            leave();
        }
    }
}

static void answer(enum jq_helper_kind kind, uint32_t slot, struct slice bytes)
{
    const struct jq_helper_frame head = {.kind = kind, .slot = slot, .n = bytes.n};
    write_whole(&head, sizeof head);
    write_whole(bytes.at, bytes.n);
}

static void fail(const char *message)
{
    size_t n = strnlen(message, JQ_HELPER_MESSAGE);
    answer(JQ_HELPER_FAILED, 0, (struct slice){message, n});
}

/* "..., line 12:" behind the place; 0: there is none. */
static uint32_t read_line(const char *place)
{
    static const char before[] = ", line ";
    const char *at = strstr(place, before);
    return at ? (uint32_t)strtoul(at + sizeof before - 1, NULL, 10) : 0;
}

/* Keeps the first message, in a line: jq's prefixes and hints for shells say nothing here. */
static void note(struct worker *w, const char *text)
{
    static const char prefix[] = "jq: error: ";
    if (w->message[0])
        return;
    if (strncmp(text, prefix, sizeof prefix - 1) == 0)
        text += sizeof prefix - 1;
    const char *hint = strstr(text, " (Unix shell quoting issues?)");
    const char *place = strstr(text, " at <top-level>");
    size_t n = strcspn(text, "\n");
    if (hint && hint < text + n)
        n = (size_t)(hint - text);
    if (place && place < text + n)
        n = (size_t)(place - text);
    w->line = place ? read_line(place) : 0;
    snprintf(w->message, sizeof w->message, "%.*s", (int)n, text);
}

/* Takes over the value. */
static void note_value(struct worker *w, jv value)
{
    jv text = jv_get_kind(value) == JV_KIND_STRING ? value : jv_dump_string(value, 0);
    note(w, jv_string_value(text));
    jv_free(text);
}

static void on_error(void *context, jv error)
{
    note_value(context, jq_format_error(error));
}

/* All of them are set: a state of jq 1.6 has what its memory had before in some. */
static void prepare(jq_state *program, struct worker *w)
{
    jq_set_error_cb(program, on_error, w);
    jq_set_input_cb(program, NULL, NULL);
    jq_set_debug_cb(program, NULL, NULL);
#ifdef JQ_HAS_STDERR_CB
    jq_set_stderr_cb(program, NULL, NULL);
#endif
    jq_set_nomem_handler(program, on_no_memory, NULL);
    jq_set_attr(program, jv_string("JQ_LIBRARY_PATH"), jv_array()); /* no modules */
}

static void compile(struct worker *w, uint32_t slot, const char *text)
{
    jq_state **program = &w->programs[slot];
    if (*program)
        jq_teardown(program);
    *program = jq_init();
    if (!*program)
        leave();
    w->message[0] = '\0';
    w->line = 0;
    prepare(*program, w);
    if (jq_compile(*program, text)) {
        answer(JQ_HELPER_GOOD, 0, SLICE_NONE);
        return;
    }
    jq_teardown(program);
    answer(JQ_HELPER_FAILED, w->line, slice_of(w->message[0] ? w->message : "it does not compile"));
}

static void answer_value(const struct worker *w, jv value)
{
    jv text = jv_dump_string(value, 0);
    struct slice bytes = {jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text))};
    if (bytes.n > w->limits.result)
        answer(JQ_HELPER_TOO_LARGE, 0, SLICE_NONE);
    else
        answer(JQ_HELPER_GOOD, 0, bytes);
    jv_free(text);
}

/* The end of the values, or an error in their place. Takes over it. */
static void answer_end(struct worker *w, jv end)
{
    w->message[0] = '\0';
    if (jv_invalid_has_msg(jv_copy(end))) {
        note_value(w, jv_invalid_get_msg(end));
    } else {
        jv_free(end);
    }
    fail(w->message[0] ? w->message : "the program gave no value");
}

/* Exactly one value is good. */
static void answer_result(struct worker *w, jq_state *program)
{
    jv value = jq_next(program);
    if (!jv_is_valid(value)) {
        answer_end(w, value);
        return;
    }
    jv end = jq_next(program);
    if (jv_is_valid(end)) {
        fail("the program gave more than one value");
    } else if (jv_invalid_has_msg(jv_copy(end))) {
        answer_end(w, jv_copy(end));
    } else {
        answer_value(w, jv_copy(value));
    }
    jv_free(value);
    jv_free(end);
}

/* jq 1.6 takes no lone surrogates, also where no program looks at them. */
static void run(struct worker *w, uint32_t slot, char *document, uint64_t n)
{
    jq_state *program = w->programs[slot];
    if (!program || n > INT32_MAX)
        leave();
    text_replace_lone_surrogates(document, (size_t)n);
    jv input = jv_parse_sized(document, (int)n);
    if (!jv_is_valid(input)) {
        answer_end(w, input);
        return;
    }
    jq_start(program, input, 0);
    answer_result(w, program);
    jq_start(program, jv_null(), 0); /* lets go of what the last document has left */
}

/* Room for the frame's bytes and a NUL. */
static void make_room(struct worker *w, uint64_t n)
{
    if (n < w->capacity)
        return;
    free(w->bytes);
    w->capacity = 0;
    w->bytes = n < SIZE_MAX ? malloc((size_t)n + 1) : NULL;
    if (!w->bytes)
        leave();
    w->capacity = (size_t)n + 1;
}

static void obey(struct worker *w, const struct jq_helper_frame *frame)
{
    if (frame->slot >= JQ_HELPER_SLOTS)
        leave();
    if (frame->kind == JQ_HELPER_COMPILE)
        compile(w, frame->slot, w->bytes);
    else if (frame->kind == JQ_HELPER_RUN)
        run(w, frame->slot, w->bytes, frame->n);
    else
        leave();
}

static void limit(int resource, uint64_t n)
{
    const struct rlimit both = {n, n};
    CHECK(setrlimit((__rlimit_resource_t)resource, &both) == 0);
}

/* Bytes of address space in use: under a sanitizer that is terabytes from the start. */
static uint64_t address_space(void)
{
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%llu", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Signals to a terminal's whole group or to a whole service are meant for the parent, which ends
 * us when it needs us no more. */
static void become_harmless(const struct jq_helper_limits *limits)
{
    static char *no_environment[] = {NULL};
    environ = no_environment;
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_NAME, "sheaf-jq") == 0);
    limit(RLIMIT_AS, address_space() + limits->memory);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_NOFILE, N_FILES);
    jv_nomem_handler(on_no_memory, NULL);
}

static bool is_socket(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISSOCK(s.st_mode);
}

enum exit_code jq_worker_run(const struct command_line *line)
{
    struct worker w = {0};
    struct jq_helper_frame frame;
    (void)line;
    if (!is_socket(LINK)) {
        fprintf(stderr, "sheaf: jq-worker is started by sheaf itself\n");
        return EXIT_USAGE;
    }
    if (!read_whole(&frame, sizeof frame) || frame.kind != JQ_HELPER_LIMITS ||
        !read_whole(&w.limits, sizeof w.limits))
        leave();
    become_harmless(&w.limits);
    while (read_whole(&frame, sizeof frame)) {
        make_room(&w, frame.n);
        if (!read_whole(w.bytes, (size_t)frame.n))
            leave();
        w.bytes[frame.n] = '\0';
        obey(&w, &frame);
    }
    _exit(EXIT_GOOD); /* memory goes with the process */
}
