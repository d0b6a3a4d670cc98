/* field_fuzz.c - values of fields that clients and services send, each through its reader */
#include "base/check.h"
#include "observe/trace.h"
#include "wire/media.h"
#include "wire/prefer.h"
#include "wire/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_list(struct slice list)
{
    struct slice element;
    size_t n = 0;
    for (struct slice rest = list; token_next(&rest, &element); n += element.n)
        CHECK(element.n > 0);
    CHECK(n <= list.n);
}

static void check_trace(struct slice value)
{
    struct trace t, again;
    struct random r;
    char text[TRACE_PARENT_SIZE];
    random_init_seeded(&r, value.n);
    if (!trace_parse(value, &t))
        trace_begin(&t, &r);
    trace_write(text, &t, t.span);
    CHECK(trace_parse((struct slice){text, sizeof text}, &again));
    CHECK(memcmp(t.id, again.id, TRACE_ID_SIZE) == 0 && t.is_sampled == again.is_sampled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice value = {(const char *)data, n};
    uint32_t number;
    check_list(value);
    check_trace(value);
    (void)media_of(value);
    (void)prefer_wait(value, &number);
    CHECK(!prefer_integer(value, &number) || n > 0);
    /* What may be passed on may stand in a field. */
    if (trace_is_state(value) || trace_is_request_id(value) || token_is_authority(value))
        CHECK(token_is_value(value));
    return 0;
}
