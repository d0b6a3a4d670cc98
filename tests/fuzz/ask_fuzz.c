/* ask_fuzz.c - messages of a WebSocket's client: what they ask for is a target, or is refused */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "gateway/ask.h"
#include "wire/target.h"

enum {
    INPUT_MAX = 4096,
    LIMIT = 512
};

static struct config_parameter parameters[] = {{.name = SLICE_INIT("id")},
                                               {.name = SLICE_INIT("q")}};
static struct config_segment segments[] = {
    {.kind = CONFIG_LITERAL, .text = SLICE_INIT("a")},
    {.kind = CONFIG_PARAMETER, .parameter = 0},
};
static const struct config_endpoint endpoint = {
    .segments = segments,
    .n_segments = 2,
    .parameters = parameters,
    .n_parameters = 2,
    .select = SLICE_INIT("fields"),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct ask_handshake of = {&endpoint, SLICE_INIT("/a/1?q=2&fields=x&%71=3"), LIMIT};
    struct ask a;
    struct slice target;
    struct target split;
    const char *why = NULL;
    if (n > INPUT_MAX)
        return 0;
    char *text = malloc(n + 1); /* of its own size, so that a byte too far is seen */
    CHECK(text);
    memcpy(text, data, n);
    struct arena arena;
    arena_init(&arena, 1024, 1 << 20);
    bool is_good = ask_read((struct slice){text, n}, 16, &a, &why);
    CHECK(a.id.n <= ASK_ID_MAX && (is_good || why));
    if (is_good && !a.cancel.n) {
        unsigned status = ask_target(&a, &of, &arena, &target, &why);
        CHECK(status ? why != NULL : target.n > 0 && target.n <= LIMIT && target.at[0] == '/');
        if (!status && target_split(target, &split, &why))
            CHECK(split.path.n + split.query.n <= target.n);
    }
    arena_done(&arena);
    free(text);
    return 0;
}
