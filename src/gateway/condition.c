/* condition.c - the instructions of config/condition.h, carried out */
#include "gateway/condition.h"

#include "gateway/gateway_internal.h"
#include "gateway/values.h"
#include "json/compare.h"
#include "json/text.h"

struct judging {
    struct run *run;
    bool truth;
    bool has_no_room;
};

/* Nothing is null here. */
static struct slice value_of(struct judging *j, const struct condition_operand *o, bool *is_there)
{
    struct slice json = o->literal;
    if (!o->is_literal && !values_json(j->run, NULL, &o->variable, &json))
        j->has_no_room = true;
    *is_there = json.n > 0;
    return *is_there ? json : SLICE("null");
}

static bool holds(struct slice json)
{
    return !slice_equal(json, SLICE("null")) && !slice_equal(json, SLICE("false"));
}

static bool matches(struct judging *j, const struct pattern *pattern, struct slice json)
{
    if (json.at[0] != '"')
        return false;
    char *text = arena_take(&j->run->visit->exchange->arena, json.n);
    if (!text) {
        j->has_no_room = true;
        return false;
    }
    struct slice plain = {text, text_unquote(text, json)};
    return pattern_match(pattern, j->run->gateway->context.scratch, plain) == PATTERN_MATCH;
}

static bool compares(enum condition_code code, enum compare_order order)
{
    switch (code) {
    case CONDITION_EQUAL:
        return order == COMPARE_EQUAL;
    case CONDITION_UNEQUAL:
        return order != COMPARE_EQUAL;
    case CONDITION_LESS:
        return order == COMPARE_LESS;
    case CONDITION_AT_MOST:
        return order == COMPARE_LESS || order == COMPARE_EQUAL;
    case CONDITION_GREATER:
        return order == COMPARE_GREATER;
    case CONDITION_AT_LEAST:
        return order == COMPARE_GREATER || order == COMPARE_EQUAL;
    case CONDITION_HOLDS:
    case CONDITION_HAS:
    case CONDITION_MATCHES:
    case CONDITION_NOT:
    case CONDITION_JUMP_IF_TRUE:
    case CONDITION_JUMP_IF_FALSE:
        break;
    }
    return false;
}

/* Numbers and strings alone have an order; null == null and true == true, but null <= null is
 * false. */
static enum compare_order order_of(struct slice left, struct slice right, enum condition_code code)
{
    enum compare_order order = compare_json(left, right);
    bool is_ordered =
        left.at[0] == '"' || left.at[0] == '-' || (left.at[0] >= '0' && left.at[0] <= '9');
    bool asks_order = code != CONDITION_EQUAL && code != CONDITION_UNEQUAL;
    return asks_order && !is_ordered ? COMPARE_DIFFERENT : order;
}

static void judge_test(struct judging *j, const struct condition_instruction *i)
{
    bool is_there, has_right;
    struct slice left = value_of(j, &i->left, &is_there);
    if (i->code == CONDITION_HOLDS) {
        j->truth = holds(left);
    } else if (i->code == CONDITION_HAS) {
        j->truth = is_there;
    } else if (i->code == CONDITION_MATCHES) {
        j->truth = matches(j, i->pattern, left);
    } else {
        struct slice right = value_of(j, &i->right, &has_right);
        j->truth = compares(i->code, order_of(left, right, i->code));
    }
}

enum condition_verdict condition_judge(struct run *r, const struct condition *c)
{
    struct judging j = {.run = r};
    for (unsigned at = 0; at < c->n_instructions;) {
        const struct condition_instruction *i = &c->instructions[at++];
        if (i->code == CONDITION_NOT)
            j.truth = !j.truth;
        else if (i->code == CONDITION_JUMP_IF_TRUE || i->code == CONDITION_JUMP_IF_FALSE)
            at = j.truth == (i->code == CONDITION_JUMP_IF_TRUE) ? i->target : at;
        else
            judge_test(&j, i);
    }
    if (j.has_no_room)
        return CONDITION_NO_ROOM;
    return j.truth ? CONDITION_TRUE : CONDITION_FALSE;
}
