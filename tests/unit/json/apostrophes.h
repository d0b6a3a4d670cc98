/* apostrophes.h - documents in tables of tests, with ' for " so that they can be read */
#pragma once

#include <string.h>

#include "../unit.h"
#include "base/slice.h"
#include "json/scan.h"

enum {
    APOSTROPHES_MAX = 1024
};

struct apostrophes {
    char bytes[APOSTROPHES_MAX];
};

static inline struct slice apostrophes_text(struct apostrophes *a, const char *text)
{
    size_t n = strlen(text);
    assert_true(n < sizeof a->bytes);
    for (size_t i = 0; i < n; i++)
        a->bytes[i] = text[i];
    for (size_t i = 0; i < n; i++) {
        if (a->bytes[i] == '\'')
            a->bytes[i] = '"';
    }
    return (struct slice){a->bytes, n};
}

/* The same, and it must be JSON. */
static inline struct slice apostrophes_json(struct apostrophes *a, const char *text)
{
    struct slice json = apostrophes_text(a, text);
    assert_int_equal(scan_json(json, 64).verdict, SCAN_OK);
    return json;
}
