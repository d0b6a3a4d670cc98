/* h1_suite_test.c - llhttp's own cases: what a strict reader must take and what it must refuse
 *
 * Each runs whole and in small steps. Where we are stricter on purpose, or stop being interested
 * where llhttp still is, a row below says so.
 */
#include <jansson.h>

#include "../suites.h"
#include "h1_check.h"

/* Cases whose verdict differs from llhttp's. */
static const struct exception {
    const char *id;
    const char *why;
} exceptions[] = {
    {"request/connection/2", "data behind a last message is for the connection's owner to refuse"},
    {"response/connection/167", "the same"},
    {"response/connection/170", "the same"},
    {"request/content-length/32", "llhttp is told to skip the body in this case"},
    {"response/content-length/182", "the same"},
    {"request/invalid/41", "any token is a method, RTSP's too"},
    {"request/invalid/51", "any token is a method"},
    {"request/method/83", "ICE is no HTTP"},
    {"request/method/84", "RTSP is no HTTP"},
    {"request/method/85", "RTSP is no HTTP"},
    {"request/sample/111", "HTTP/0.9"},
    {"request/transfer-encoding/139", "codings but chunked"},
    {"request/transfer-encoding/140", "codings but chunked"},
    {"request/uri/158", "a fragment in the target"},
};

static const char *exception_of(const char *id)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        if (strcmp(exceptions[i].id, id) == 0)
            return exceptions[i].why;
    }
    return NULL;
}

/* One escape of C's, behind the backslash. */
static char unescape(const char **at)
{
    char c = *(*at)++;
    if (c == 'x') {
        char digits[3] = {(*at)[0], (*at)[1], '\0'};
        *at += 2;
        return (char)strtoul(digits, NULL, 16);
    }
    const char *from = "nrtfvb0", *to = "\n\r\t\f\v\b";
    const char *place = strchr(from, c);
    return place ? to[place - from] : c;
}

static void append_bytes(struct buffer *out, const char *escaped)
{
    while (*escaped) {
        char c = *escaped++;
        if (c == '\\')
            c = unescape(&escaped);
        assert_true(buffer_append(out, (struct slice){&c, 1}));
    }
}

/* The furthest place that llhttp's log names. A case's last line end is often lost: then the place
 * lies behind its bytes. */
static unsigned long last_offset(const char *log)
{
    unsigned long last = 0;
    for (const char *at = strstr(log, "off="); at; at = strstr(at, "off=")) {
        at += 4;
        char *end;
        unsigned long offset = strtoul(at, &end, 10);
        at = end;
        if (strncmp(at, " len=", 5) == 0)
            offset += strtoul(at + 5, NULL, 10);
        last = offset > last ? offset : last;
    }
    return last;
}

/* The cases are older than the duty to send Host. */
static void add_hosts(struct buffer *bytes)
{
    static const struct slice end = {" HTTP/1.1\r\n", 11};
    struct buffer out;
    buffer_init(&out, 1 << 20);
    if (memmem(bytes->at, bytes->n, "ost:", 4) || memmem(bytes->at, bytes->n, "OST:", 4))
        return;
    for (size_t i = 0; i < bytes->n; i++) {
        assert_true(buffer_append(&out, (struct slice){bytes->at + i, 1}));
        if (out.n >= end.n && memcmp(out.at + out.n - end.n, end.at, end.n) == 0)
            assert_true(buffer_append(&out, SLICE("Host: a\r\n")));
    }
    buffer_done(bytes);
    *bytes = out;
}

static unsigned count(const struct buffer *text, const char *word)
{
    unsigned n = 0;
    for (const char *at = text->at; at; n++) {
        at = memmem(at, text->n - (size_t)(at - text->at), word, strlen(word));
        if (!at)
            break;
        at += strlen(word);
    }
    return n;
}

/* false: the reader's verdict is not the one that is due. */
static bool run(const json_t *one, struct slice bytes, size_t step)
{
    const char *type = json_string_value(json_object_get(one, "type"));
    bool is_strict = strstr(type, "lenient") == NULL;
    bool is_refused = !is_strict || json_is_object(json_object_get(one, "error"));
    struct drive d = {.kind = type[3] == 'u' ? H1_REQUEST : H1_RESPONSE, .step = step};
    struct buffer out;
    buffer_init(&out, 1 << 20);
    drive(&d, bytes, &out);
    bool is_right =
        is_refused ? count(&out, "ERROR ") == 1
                   : count(&out, "DONE\n") == json_integer_value(json_object_get(one, "messages"));
    buffer_done(&out);
    return is_right;
}

/* How often the verdict was not the one that is due, or an exception none. */
static unsigned judge(const json_t *one)
{
    unsigned n_wrong = 0;
    const char *id = json_string_value(json_object_get(one, "id"));
    const char *type = json_string_value(json_object_get(one, "type"));
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    append_bytes(&bytes, json_string_value(json_object_get(one, "bytes")));
    if (last_offset(json_string_value(json_object_get(one, "log"))) > bytes.n)
        assert_true(buffer_append(&bytes, SLICE("\r\n")));
    if (json_is_object(json_object_get(one, "error")) || strstr(type, "lenient"))
        assert_true(buffer_append(&bytes, SLICE("\r\n\r\n")));
    if (type[3] == 'u')
        add_hosts(&bytes);
    for (size_t step = 0; step < 4; step++) {
        bool is_right = run(one, buffer_slice(&bytes), step);
        if (is_right != (exception_of(id) != NULL))
            continue;
        print_error("%s, fed by %zu: %s\n", id, step, is_right ? "no exception" : "wrong");
        n_wrong++;
    }
    buffer_done(&bytes);
    return n_wrong;
}

static void verdicts_are_llhttps_in_its_strictest_form(void **state)
{
    (void)state;
    size_t n;
    char *text = suites_read("llhttp/llhttp-cases.json", &n);
    if (!text)
        skip();
    json_t *suite = json_loadb(text, n, 0, NULL);
    assert_non_null(suite);
    const json_t *one;
    size_t i;
    unsigned n_wrong = 0;
    json_array_foreach(json_object_get(suite, "cases"), i, one) n_wrong += judge(one);
    assert_int_equal(n_wrong, 0);
    assert_in_range(i, 200, 1000);
    json_decref(suite);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_are_llhttps_in_its_strictest_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
