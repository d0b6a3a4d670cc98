/* negotiation_test.c - whole, or in parts, and in which? */
#include "../unit.h"
#include "gateway/negotiation.h"

static enum negotiation negotiate(const char *accept, const char *last_id,
                                  const struct framing **framing)
{
    struct field fields[2];
    struct request r = {.fields = fields};
    if (accept)
        fields[r.n_fields++] = (struct field){SLICE("aCCept"), slice_of(accept)};
    if (last_id)
        fields[r.n_fields++] = (struct field){SLICE("last-event-id"), slice_of(last_id)};
    *framing = NULL;
    return negotiation_read(&r, framing);
}

#define SSE &framing_sse
#define LINES &framing_ndjson
#define MULTIPART &framing_multipart
#define V02 &framing_multipart_v02

static void the_client_says_which(void **state)
{
    static const struct {
        const char *accept;
        enum negotiation verdict;
        const struct framing *framing;
    } rows[] = {
        {NULL, NEGOTIATION_PLAIN, NULL},
        {"", NEGOTIATION_PLAIN, NULL},
        {"*/*", NEGOTIATION_PLAIN, NULL},
        {"application/*", NEGOTIATION_PLAIN, NULL},
        {"application/vnd.shop+json", NEGOTIATION_PLAIN, NULL},
        {"text/html, */*;q=0.8", NEGOTIATION_PLAIN, NULL},
        {"text/*", NEGOTIATION_PARTS, SSE},
        {"text/event-stream", NEGOTIATION_PARTS, SSE},
        {"TEXT/Event-Stream; charset=utf-8", NEGOTIATION_PARTS, SSE},
        {"application/x-ndjson", NEGOTIATION_PARTS, LINES},
        {"multipart/mixed", NEGOTIATION_PARTS, MULTIPART},
        {"multipart/*", NEGOTIATION_PARTS, MULTIPART},
        {"multipart/mixed;deferSpec=20220824", NEGOTIATION_PARTS, MULTIPART},
        {"multipart/mixed; boundary=\"-\"; incrementalSpec=v0.2", NEGOTIATION_PARTS, V02},
        {"multipart/mixed;deferSpec=1, application/json;q=0.1", NEGOTIATION_PLAIN, NULL},
        {"application/json, text/event-stream", NEGOTIATION_PLAIN, NULL},
        {"text/event-stream, application/json", NEGOTIATION_PARTS, SSE},
        {"application/json;q=0.5, text/event-stream;q=0.6", NEGOTIATION_PARTS, SSE},
        {"*/*, application/json;q=0.4, text/event-stream;q=0.3, application/x-ndjson;q=0, "
         "multipart/mixed;q=0.9",
         NEGOTIATION_PARTS, MULTIPART},
        {"image/png", NEGOTIATION_PLAIN, NULL},
        {"text/event-stream;q=0", NEGOTIATION_PLAIN, NULL},
        {"*/*;q=0", NEGOTIATION_NONE, NULL},
        {"application/json;q=0", NEGOTIATION_NONE, NULL},
        {"text/html, */*;q=0", NEGOTIATION_NONE, NULL},
        {"text/html, application/ld+json;q=0", NEGOTIATION_PLAIN, NULL},
        {"text/html, application/ld+json;q=0, application/*;q=0", NEGOTIATION_NONE, NULL},
        {"multipart/mixed;incrementalSpec=v9", NEGOTIATION_PLAIN, NULL},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct framing *framing;
        enum negotiation verdict = negotiate(rows[i].accept, NULL, &framing);
        if (verdict != rows[i].verdict || framing != rows[i].framing)
            fail_msg("%s: verdict %d", rows[i].accept ? rows[i].accept : "none", (int)verdict);
    }
}

static void a_stream_that_was_done_is_over(void **state)
{
    const struct framing *framing;
    (void)state;
    assert_int_equal(negotiate("text/event-stream", "done", &framing), NEGOTIATION_OVER);
    assert_int_equal(negotiate("text/event-stream", "7", &framing), NEGOTIATION_PARTS);
    assert_int_equal(negotiate("text/event-stream", "", &framing), NEGOTIATION_PARTS);
    assert_int_equal(negotiate("application/x-ndjson", "done", &framing), NEGOTIATION_PARTS);
    assert_int_equal(negotiate("application/json", "done", &framing), NEGOTIATION_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_says_which),
        cmocka_unit_test(a_stream_that_was_done_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
