/* outcome.c - the kinds by the names that users read */
#include "service/outcome.h"

static const char *const kind_names[OUTCOME_N_KINDS] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_UNREACHABLE] = "unreachable",
    [OUTCOME_STATUS] = "status",
    [OUTCOME_INVALID] = "invalid",
    [OUTCOME_TOO_LARGE] = "too_large",
    [OUTCOME_DEPENDENCY] = "dependency",
    [OUTCOME_MISSING] = "missing",
    [OUTCOME_OPEN] = "open",
    [OUTCOME_OVERLOADED] = "overloaded",
    [OUTCOME_DENIED] = "denied",
};

const char *outcome_kind_name(enum outcome_kind kind)
{
    return kind_names[kind];
}
