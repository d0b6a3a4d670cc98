/* h1_check.h - one expectation for every way to cut the bytes */
#pragma once

#include "../unit.h"
#include "h1_drive.h"

/* Bytes that may hold NUL. */
#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static inline void expect_drive(struct drive d, struct slice bytes, const char *transcript)
{
    static const size_t steps[] = {0, 1, 2, 3, 7};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        d.step = steps[i];
        drive(&d, bytes, &out);
        assert_true(buffer_append(&out, (struct slice){"", 1}));
        if (strcmp(out.at, transcript) != 0)
            print_error("fed by %zu:\n%.*s\n", d.step, SLICE_ARG(bytes));
        assert_string_equal(out.at, transcript);
        buffer_done(&out);
    }
}

static inline void expect_request(const char *bytes, const char *transcript)
{
    expect_drive((struct drive){.kind = H1_REQUEST, .ends = true}, slice_of(bytes), transcript);
}

static inline void expect_response(const char *bytes, const char *transcript)
{
    expect_drive((struct drive){.kind = H1_RESPONSE, .ends = true}, slice_of(bytes), transcript);
}
