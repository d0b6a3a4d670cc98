/* credentials_fuzz.c - answers of token services: what is taken of one is one good header line */
#include "base/check.h"
#include "service/credentials.h"
#include "service/credentials_life.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct slice before = SLICE_INIT("authorization: Bearer before\r\n");
static const struct slice start = SLICE_INIT("authorization: Bearer "), end = SLICE_INIT("\r\n");

static void check_line(struct slice line)
{
    CHECK(line.n > start.n + end.n && slice_starts(line, start));
    CHECK(slice_equal(slice_after(line, line.n - end.n), end));
    for (size_t i = 0; i < line.n - end.n; i++)
        CHECK((unsigned char)line.at[i] >= ' ' && line.at[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buffer line;
    uint64_t life_ms;
    struct slice body = {(const char *)data, n};
    buffer_init(&line, CREDENTIALS_LIMIT);
    CHECK(credentials_write_bearer(&line, SLICE("before")));
    if (credentials_read_token(body, &line, &life_ms) == CREDENTIALS_GOOD) {
        check_line(buffer_slice(&line));
        CHECK(life_ms == CREDENTIALS_NO_END || life_ms >= 1000);
    } else {
        CHECK(slice_equal(buffer_slice(&line), before));
    }
    credentials_forget(&line);
    (void)credentials_read_error(body);
    return 0;
}
