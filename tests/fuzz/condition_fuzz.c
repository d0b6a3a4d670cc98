/* condition_fuzz.c - conditions: each compiles to instructions that can be trusted, or is told */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/quote.h"
#include "config/condition.h"
#include "json/scan.h"

enum {
    TEXT_MAX = 8192,
    TOLD_MAX = 1024 * 1024,
    DEPTH_MAX = 64
};

static const char before[] = "services: {a: \"http://h\"}\n"
                             "endpoints:\n"
                             "  - path: /\n"
                             "    method: POST\n"
                             "    query: {flag: {}, n: {type: integer}, ids: {list: true}}\n"
                             "    sources:\n"
                             "      product: {get: \"a:/\"}\n"
                             "      other: {get: \"a:/\", when: ";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses a little memory with some quoted scalars that it refuses. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void check_operand(const struct condition_operand *o)
{
    if (o->is_literal)
        CHECK(scan_json(o->literal, DEPTH_MAX).verdict == SCAN_OK);
    else
        CHECK(o->variable.origin != CONFIG_FROM_ITEM && o->variable.origin != CONFIG_FROM_ITEMS);
}

static void check_condition(const struct condition *c)
{
    CHECK(c->n_instructions > 0);
    for (unsigned i = 0; i < c->n_instructions; i++) {
        const struct condition_instruction *at = &c->instructions[i];
        bool is_jump = at->code == CONDITION_JUMP_IF_TRUE || at->code == CONDITION_JUMP_IF_FALSE;
        CHECK(!is_jump || (at->target > i && at->target <= c->n_instructions));
        CHECK((at->code == CONDITION_MATCHES) == (at->pattern != NULL));
        check_operand(&at->left);
        check_operand(&at->right);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[64], text[TEXT_MAX * QUOTE_GROWTH + 2];
    struct buffer told;
    if (n > TEXT_MAX || memmem(data, n, "${", 2)) /* the environment is no input */
        return 0;
    size_t n_text = quote_json_into(text, (struct slice){(const char *)data, n});
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, before, sizeof before - 1) == sizeof before - 1);
    CHECK(write(fd, text, n_text) == (ssize_t)n_text && write(fd, "}\n", 2) == 2);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    buffer_init(&told, TOLD_MAX);
    struct config *c = config_load(path, &told);
    CHECK(!c == (told.n > 0));
    if (c && c->endpoints[0].sources[1].when)
        check_condition(c->endpoints[0].sources[1].when);
    config_free(c);
    buffer_done(&told);
    close(fd);
    return 0;
}
