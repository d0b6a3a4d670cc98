/* ws_test.c - frames of RFC 6455, good and bad */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "wire/ws.h"

enum {
    LIMIT = 70000
};

struct reading {
    struct ws ws;
    struct blob_pool blobs;
    char told[4096]; /* "text:...;" and so on */
    char frame[80000];
};

static int setup(void **state)
{
    struct reading *r = calloc(1, sizeof *r);
    assert_non_null(r);
    blob_pool_init(&r->blobs, 0, NULL);
    ws_init(&r->ws, LIMIT, &r->blobs);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct reading *r = *state;
    ws_done(&r->ws);
    blob_pool_done(&r->blobs);
    free(r);
    return 0;
}

static void anew(struct reading *r)
{
    ws_done(&r->ws);
    ws_init(&r->ws, LIMIT, &r->blobs);
    r->told[0] = 0;
}

static void note(struct reading *r, enum ws_event event)
{
    static const char *const names[] = {"more", "text",  "binary", "ping",
                                        "pong", "close", "failed"};
    size_t n = strlen(r->told);
    const struct ws *w = &r->ws;
    bool has_code = event == WS_CLOSE || event == WS_FAILED;
    if (has_code)
        n += (size_t)snprintf(r->told + n, sizeof r->told - n, "%u ", w->code);
    if (w->payload.n > 100)
        snprintf(r->told + n, sizeof r->told - n, "%s:%zu;", names[event], w->payload.n);
    else
        snprintf(r->told + n, sizeof r->told - n, "%s:%.*s;", names[event], SLICE_ARG(w->payload));
}

static void feed(struct reading *r, struct slice bytes, size_t step)
{
    while (bytes.n) {
        size_t n = step < bytes.n ? step : bytes.n;
        ws_feed(&r->ws, (struct slice){bytes.at, n});
        for (enum ws_event e = ws_read(&r->ws); e != WS_MORE; e = ws_read(&r->ws))
            note(r, e);
        bytes = slice_after(bytes, n);
    }
}

/* A client's frame at r->frame[at]; where it ends. */
static size_t put(struct reading *r, size_t at, unsigned first, struct slice payload)
{
    static const char mask[] = "\x12\x34\x56\x78";
    char *to = r->frame + at;
    *to++ = (char)first;
    if (payload.n < 126) {
        *to++ = (char)(0x80 | payload.n);
    } else if (payload.n < 65536) {
        *to++ = (char)(0x80 | 126);
        *to++ = (char)(payload.n >> 8);
        *to++ = (char)payload.n;
    } else {
        *to++ = (char)(0x80 | 127);
        memset(to, 0, 8);
        to[5] = (char)(payload.n >> 16);
        to[6] = (char)(payload.n >> 8);
        to[7] = (char)payload.n;
        to += 8;
    }
    to = mempcpy(to, mask, 4);
    for (size_t i = 0; i < payload.n; i++)
        *to++ = (char)(payload.at[i] ^ mask[i % 4]);
    return (size_t)(to - r->frame);
}

/* Whole, then byte by byte. */
static void expect(struct reading *r, struct slice bytes, const char *told)
{
    static const size_t steps[] = {SIZE_MAX, 1, 3};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        anew(r);
        feed(r, bytes, steps[i]);
        assert_string_equal(r->told, told);
    }
}

static void expect_one(struct reading *r, unsigned first, struct slice payload, const char *told)
{
    size_t n = put(r, 0, first, payload);
    expect(r, (struct slice){r->frame, n}, told);
}

static void messages_come_whole(void **state)
{
    struct reading *r = *state;
    static char large[LIMIT];
    memset(large, 'x', sizeof large);
    expect_one(r, 0x81, SLICE("hello"), "text:hello;");
    expect_one(r, 0x81, SLICE(""), "text:;");
    expect_one(r, 0x82, SLICE("\xff"), "binary:\xff;");
    expect_one(r, 0x81, (struct slice){large, 126}, "text:126;");
    expect_one(r, 0x81, (struct slice){large, 65535}, "text:65535;");
    expect_one(r, 0x81, (struct slice){large, LIMIT}, "text:70000;");
}

static void fragments_are_joined_and_control_frames_come_between(void **state)
{
    struct reading *r = *state;
    size_t n = put(r, 0, 0x01, SLICE("a\xc3"));
    n = put(r, n, 0x89, SLICE("ping"));
    n = put(r, n, 0x00, SLICE(""));
    n = put(r, n, 0x8a, SLICE(""));
    n = put(r, n, 0x80, SLICE("\xa4z"));
    n = put(r, n, 0x81, SLICE("next"));
    expect(r, (struct slice){r->frame, n}, "ping:ping;pong:;text:a\xc3\xa4z;text:next;");
}

static void a_close_has_a_code_or_none(void **state)
{
    struct reading *r = *state;
    expect_one(r, 0x88, SLICE(""), "1005 close:;");
    expect_one(r, 0x88, SLICE("\x03\xe8"), "1000 close:;");
    expect_one(r, 0x88, SLICE("\x0b\xb8why"), "3000 close:why;");
    static const unsigned good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                    1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
    static const unsigned bad[] = {0,    1,    999,  1004, 1005, 1006, 1015,
                                   1016, 1100, 2000, 2999, 5000, 65535};
    char payload[2], told[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(told, sizeof told, "%u close:;", good[i]);
        ws_close_payload(good[i], SLICE(""), r->frame);
        memcpy(payload, r->frame, 2);
        expect_one(r, 0x88, (struct slice){payload, 2}, told);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        payload[0] = (char)(bad[i] >> 8);
        payload[1] = (char)bad[i];
        expect_one(r, 0x88, (struct slice){payload, 2}, "1002 failed:;");
    }
    expect_one(r, 0x88, SLICE("\x03"), "1002 failed:;");
    expect_one(r, 0x88, SLICE("\x03\xe8\xff"), "1007 failed:;");
}

static void what_breaks_the_protocol_is_1002(void **state)
{
    struct reading *r = *state;
    static const unsigned firsts[] = {
        0xc1, 0xa1, 0x91, 0xf1,       /* reserved bits */
        0x83, 0x87, 0x8b, 0x8f, 0x03, /* reserved opcodes */
        0x80, 0x00,                   /* continuations of nothing */
        0x08, 0x09, 0x0a,             /* control frames in fragments */
    };
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
        expect_one(r, firsts[i], SLICE("x"), "1002 failed:;");
    static char large[126];
    memset(large, 'x', sizeof large);
    expect_one(r, 0x89, (struct slice){large, 125}, "ping:125;");
    expect_one(r, 0x89, (struct slice){large, 126}, "1002 failed:;");
    expect(r, SLICE("\x81\x01x"), "1002 failed:;"); /* no mask */
    expect(r, SLICE("\x81\x00"), "1002 failed:;");
    expect(r, SLICE("\x81\xfe\x00\x7d"), "1002 failed:;"); /* lengths that are too long */
    expect(r, SLICE("\x81\xff\0\0\0\0\0\0\xff\xff"), "1002 failed:;");
    expect(r, SLICE("\x81\xff\x80\0\0\0\0\1\0\0"), "1002 failed:;");
    size_t n = put(r, 0, 0x01, SLICE("a"));
    n = put(r, n, 0x81, SLICE("b"));
    expect(r, (struct slice){r->frame, n}, "1002 failed:;"); /* a message in a message */
}

static void text_is_utf8_across_fragments(void **state)
{
    struct reading *r = *state;
    static const char *const bad[] = {"\xff", "a\xc3(", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_one(r, 0x81, slice_of(bad[i]), "1007 failed:;");
    size_t n = put(r, 0, 0x01, SLICE("\xf0\x9f"));
    n = put(r, n, 0x00, SLICE("\x98"));
    n = put(r, n, 0x80, SLICE("\x80"));
    expect(r, (struct slice){r->frame, n}, "text:\xf0\x9f\x98\x80;");
    n = put(r, 0, 0x01, SLICE("\xf0\x9f"));
    n = put(r, n, 0x00, SLICE("x")); /* told at once, not at the end */
    expect(r, (struct slice){r->frame, n}, "1007 failed:;");
}

static void a_message_has_a_limit_in_one_frame_or_many(void **state)
{
    struct reading *r = *state;
    static char large[LIMIT + 1];
    memset(large, 'x', sizeof large);
    expect_one(r, 0x81, (struct slice){large, LIMIT + 1}, "1009 failed:;");
    size_t n = put(r, 0, 0x02, (struct slice){large, LIMIT});
    n = put(r, n, 0x80, SLICE("x"));
    expect(r, (struct slice){r->frame, n}, "1009 failed:;");
}

static void a_head_alone_is_enough_to_refuse_a_frame(void **state)
{
    struct reading *r = *state;
    static const struct {
        struct slice head;
        const char *told;
    } rows[] = {
        {SLICE_INIT("\x82\xff\x00\x00\x00\x00\x00\x01\x11\x71mask"), "1009 failed:;"},
        {SLICE_INIT("\x82\xff\x00\x00\x00\x00\x00\x01\x11\x70mask"), ""},
        {SLICE_INIT("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask"), "1009 failed:;"},
        {SLICE_INIT("\x82\xfe\xff\xffmask"), ""},
        {SLICE_INIT("\x82\x05"), "1002 failed:;"},
        {SLICE_INIT("\xc2\x85mask"), "1002 failed:;"},
        {SLICE_INIT("\x80\x85mask"), "1002 failed:;"},
        {SLICE_INIT("\x83\x85mask"), "1002 failed:;"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(r, rows[i].head, rows[i].told);
}

static void a_head_behind_other_frames_is_looked_at_too(void **state)
{
    struct reading *r = *state;
    static char large[LIMIT - 1];
    memset(large, 'x', sizeof large);
    size_t n = put(r, 0, 0x89, SLICE("hello"));
    n = put(r, n, 0x02, (struct slice){large, sizeof large});
    n = put(r, n, 0x8a, SLICE(""));
    size_t head = n + 6;
    put(r, n, 0x80, SLICE("xy"));
    expect(r, (struct slice){r->frame, head}, "ping:hello;pong:;1009 failed:;");
    expect(r, (struct slice){r->frame, head - 1}, "ping:hello;pong:;");
    put(r, n, 0x80, SLICE("x"));
    expect(r, (struct slice){r->frame, head}, "ping:hello;pong:;");
}

static void nothing_is_read_behind_a_failure(void **state)
{
    struct reading *r = *state;
    size_t n = put(r, 0, 0x83, SLICE("x"));
    n = put(r, n, 0x81, SLICE("hello"));
    expect(r, (struct slice){r->frame, n}, "1002 failed:;");
}

static void heads_tell_the_size(void **state)
{
    struct reading *r = *state;
    char head[WS_HEAD_MAX];
    assert_int_equal(ws_head(&r->ws, WS_TEXT, 0, head), 2);
    assert_memory_equal(head + 8, "\x81\x00", 2);
    assert_int_equal(ws_head(&r->ws, WS_TEXT, 125, head), 2);
    assert_memory_equal(head + 8, "\x81\x7d", 2);
    assert_int_equal(ws_head(&r->ws, WS_TEXT, 126, head), 4);
    assert_memory_equal(head + 6, "\x81\x7e\x00\x7e", 4);
    assert_int_equal(ws_head(&r->ws, WS_TEXT, 65536, head), 10);
    assert_memory_equal(head, "\x81\x7f\0\0\0\0\0\1\0\0", 10);
    assert_int_equal(ws_head(&r->ws, WS_PONG, 3, head), 2);
    assert_memory_equal(head + 8, "\x8a\x03", 2);
    assert_int_equal(ws_head(&r->ws, WS_CLOSE, 2, head), 2);
    assert_memory_equal(head + 8, "\x88\x02", 2);
}

static void a_close_payload_is_code_and_reason(void **state)
{
    (void)state;
    char payload[WS_CONTROL_MAX];
    assert_int_equal(ws_close_payload(WS_NO_STATUS, SLICE(""), payload), 0);
    assert_int_equal(ws_close_payload(WS_GOING_AWAY, SLICE("bye"), payload), 5);
    assert_memory_equal(payload,
                        "\x03\xe9"
                        "bye",
                        5);
}

static void a_key_is_sixteen_bytes_in_base64(void **state)
{
    (void)state;
    char accept[WS_ACCEPT_SIZE];
    assert_true(ws_is_key(SLICE("dGhlIHNhbXBsZSBub25jZQ==")));
    static const char *const bad[] = {
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=a",
        "dGhlIHNhbXBsZSBub25jZ===",
        "dGhlIHNhbXBsZSBub25j!Q==",
        "dGhlIHNhbXBsZSBub25jZWFi",
        "dGhlIHNhbXBsZSBub25jZWE=",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ws_is_key(slice_of(bad[i])));
    ws_accept(SLICE("dGhlIHNhbXBsZSBub25jZQ=="), accept); /* the RFC's own example, 1.3 */
    assert_memory_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WS_ACCEPT_SIZE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(messages_come_whole),
        TEST(fragments_are_joined_and_control_frames_come_between),
        TEST(a_close_has_a_code_or_none),
        TEST(what_breaks_the_protocol_is_1002),
        TEST(text_is_utf8_across_fragments),
        TEST(a_message_has_a_limit_in_one_frame_or_many),
        TEST(a_head_alone_is_enough_to_refuse_a_frame),
        TEST(a_head_behind_other_frames_is_looked_at_too),
        TEST(nothing_is_read_behind_a_failure),
        TEST(heads_tell_the_size),
        TEST(a_close_payload_is_code_and_reason),
        TEST(a_key_is_sixteen_bytes_in_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
