/* accept_test.c - what a client would rather have */
#include "../unit.h"
#include "wire/accept.h"

enum {
    NONE = -1,
    PLAIN,
    SSE,
    NDJSON,
    MULTIPART,
    MULTIPART_V02,
    N_OFFERS
};

static const struct accept_offer offers[] = {
    [PLAIN] = {.type = SLICE_INIT("application/json"), .suffix = SLICE_INIT("+json")},
    [SSE] = {.type = SLICE_INIT("text/event-stream")},
    [NDJSON] = {.type = SLICE_INIT("application/x-ndjson")},
    [MULTIPART] = {.type = SLICE_INIT("multipart/mixed"),
                   .parameter = SLICE_INIT("deferspec"),
                   .version = SLICE_INIT("20220824")},
    [MULTIPART_V02] = {.type = SLICE_INIT("multipart/mixed"),
                       .parameter = SLICE_INIT("incrementalspec"),
                       .version = SLICE_INIT("v0.2"),
                       .must_be_named = true},
};

struct choice {
    const char *accept;
    int chosen;
};

static void check(const struct choice *choices, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct accept a;
        accept_init(&a, offers, N_OFFERS);
        accept_add(&a, slice_of(choices[i].accept));
        int chosen = accept_choose(&a);
        if (chosen != choices[i].chosen)
            fail_msg("%s: %d, not %d", choices[i].accept, chosen, choices[i].chosen);
    }
}

#define CHECK_ALL(choices) check(choices, sizeof(choices) / sizeof *(choices))

static void the_highest_weight_wins(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {"application/json", PLAIN},
        {"TEXT/Event-Stream", SSE},
        {"text/event-stream;q=0.5, application/json;q=0.4", SSE},
        {"text/event-stream;q=0.4, application/json;q=0.5", PLAIN},
        {"text/event-stream; q=0.123 , application/x-ndjson ;q=0.124", NDJSON},
        {"text/event-stream;q=1.000, application/json;q=0.999", SSE},
        {"text/event-stream;q=0, application/json;q=0.001", PLAIN},
    };
    CHECK_ALL(choices);
}

static void of_equal_weights_the_first_named_wins(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {"text/event-stream, application/json", SSE},
        {"application/json, text/event-stream", PLAIN},
        {"application/x-ndjson,text/event-stream", NDJSON},
        {"text/event-stream, */*", SSE},
        {"*/*, text/event-stream", PLAIN},
        {"image/png, application/x-ndjson, application/json", NDJSON},
    };
    CHECK_ALL(choices);
}

static void a_range_of_several_means_the_first_offer(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {"", PLAIN},
        {"*/*", PLAIN},
        {"application/*", PLAIN},
        {"text/*", SSE},
        {"multipart/*", MULTIPART},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PLAIN},
        {"application/vnd.api+json", PLAIN},
        {"application/json;charset=utf-8", PLAIN},
    };
    CHECK_ALL(choices);
}

static void the_most_specific_range_decides(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {"*/*, application/json;q=0.1, text/event-stream;q=0.2, multipart/mixed;q=0", NDJSON},
        {"application/json;q=0, application/*", NDJSON},
        {"*/*;q=1, application/*;q=0.5, multipart/*;q=0", SSE},
        {"text/*, text/event-stream;q=0", NONE},
        {"application/json;q=0, application/vnd.api+json", NONE},
    };
    CHECK_ALL(choices);
}

static void nothing_fits(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {"image/png", NONE},
        {"text/html", NONE},
        {"*/*;q=0", NONE},
        {"application/json;q=0", NONE},
        {"application/json;q=0.000", NONE},
        {"multipart/mixed;deferSpec=1", NONE},
        {"multipart/mixed;incrementalSpec=v9", NONE},
    };
    CHECK_ALL(choices);
}

static void a_parameter_names_a_version(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {"multipart/mixed", MULTIPART},
        {"multipart/mixed;deferSpec=20220824, application/json", MULTIPART},
        {"multipart/mixed; deferspec=\"20220824\"", MULTIPART},
        {"multipart/mixed;incrementalSpec=v0.2", MULTIPART_V02},
        {"multipart/mixed; boundary=\"-,;\"; incrementalSpec=v0.2;q=0.9", MULTIPART_V02},
        {"multipart/mixed;incrementalSpec=v0.2, multipart/mixed", MULTIPART_V02},
        {"multipart/mixed, multipart/mixed;incrementalSpec=v0.2", MULTIPART},
        {"text/event-stream;version=7", SSE},
    };
    CHECK_ALL(choices);
}

static void what_is_malformed_is_passed_over(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {"json", PLAIN},
        {"/", PLAIN},
        {",,;q=1,", PLAIN},
        {"text/event-stream;q=2", PLAIN},
        {"text/event-stream;q=1.001", PLAIN},
        {"text/event-stream;q=0.1234", PLAIN},
        {"text/event-stream;q=.5", PLAIN},
        {"text/event-stream;q=, application/x-ndjson", NDJSON},
        {"text/event-stream;q=x, application/x-ndjson", NDJSON},
        {"a b/c, text/event-stream", SSE},
        {"text/event-stream;", SSE},
    };
    CHECK_ALL(choices);
}

static void fields_add_up(void **state)
{
    (void)state;
    struct accept a;
    accept_init(&a, offers, N_OFFERS);
    accept_add(&a, SLICE("application/json;q=0.5"));
    accept_add(&a, SLICE("text/event-stream"));
    assert_int_equal(accept_choose(&a), SSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_weight_wins),
        cmocka_unit_test(of_equal_weights_the_first_named_wins),
        cmocka_unit_test(a_range_of_several_means_the_first_offer),
        cmocka_unit_test(the_most_specific_range_decides),
        cmocka_unit_test(nothing_fits),
        cmocka_unit_test(a_parameter_names_a_version),
        cmocka_unit_test(what_is_malformed_is_passed_over),
        cmocka_unit_test(fields_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
