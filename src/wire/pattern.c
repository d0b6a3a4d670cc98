/* pattern.c - PCRE2 with limits
 *
 * PCRE2 counts steps anew at each place where a search tries to begin, so the budget of a search
 * is spread over the text's length. The JIT's stack belongs to the scratch and has its own bound.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "wire/pattern.h"

#include <pcre2.h>
#include <stdlib.h>

#include "base/check.h"

enum {
    STEPS = 1000000,    /* of one match, over all places where it may begin */
    LEAST_STEPS = 1000, /* at one place */
    DEPTH = 10000,      /* backtracking, without the JIT */
    HEAP_KIB = 1024,    /* without the JIT */
    STACK_FIRST = 32 * 1024,
    STACK_LIMIT = 512 * 1024,
};

struct pattern {
    pcre2_code *code;
    bool whole;
};

struct pattern_scratch {
    pcre2_match_context *context;
    pcre2_match_data *match;
    pcre2_jit_stack *stack; /* NULL: none to be had */
};

struct pattern *pattern_new(struct slice expression, bool whole, size_t *offset, char *message,
                            size_t n)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    if (whole)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    int error;
    const char *text = expression.n ? expression.at : "";
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, expression.n, options, &error, offset, NULL);
    if (!code) {
        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, n);
        return NULL;
    }
    /* Where there is no JIT, pcre2_match() interprets. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    struct pattern *p = malloc(sizeof *p);
    CHECK(p);
    *p = (struct pattern){code, whole};
    return p;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    free(p);
}

struct pattern_scratch *pattern_scratch_new(void)
{
    struct pattern_scratch *s = malloc(sizeof *s);
    CHECK(s);
    s->context = pcre2_match_context_create(NULL);
    s->match = pcre2_match_data_create(1, NULL);
    s->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_LIMIT, NULL);
    CHECK(s->context && s->match);
    pcre2_set_depth_limit(s->context, DEPTH);
    pcre2_set_heap_limit(s->context, HEAP_KIB);
    if (s->stack)
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    return s;
}

void pattern_scratch_free(struct pattern_scratch *s)
{
    if (!s)
        return;
    if (s->stack)
        pcre2_jit_stack_free(s->stack);
    pcre2_match_data_free(s->match);
    pcre2_match_context_free(s->context);
    free(s);
}

static uint32_t steps_for(const struct pattern *p, size_t n)
{
    size_t steps = p->whole ? STEPS : STEPS / (n + 1);
    return (uint32_t)(steps > LEAST_STEPS ? steps : LEAST_STEPS);
}

enum pattern_verdict pattern_match(const struct pattern *p, struct pattern_scratch *scratch,
                                   struct slice text)
{
    const char *at = text.n ? text.at : "";
    pcre2_set_match_limit(scratch->context, steps_for(p, text.n));
    int found =
        pcre2_match(p->code, (PCRE2_SPTR)at, text.n, 0, 0, scratch->match, scratch->context);
    if (found >= 0)
        return PATTERN_MATCH;
    switch (found) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return PATTERN_TOO_COSTLY;
    default: /* no match, or no UTF-8 */
        return PATTERN_NO_MATCH;
    }
}
