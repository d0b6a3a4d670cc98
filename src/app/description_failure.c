/* description_failure.c - schemas of what the gateway itself says of failures (CONTRACT 3.5) */
#include "app/description.h"
#include "app/schema.h"
#include "service/outcome.h"

/* The kinds of failures join it. */
static const char error_schema[] =
    "{\"type\":\"object\",\"description\":\"What went wrong with one source, or with one element "
    "of its list.\",\"properties\":{"
    "\"source\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},"
    "\"message\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"path\":{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"integer\"]}}},"
    "\"required\":[\"source\",\"kind\",\"message\"]}";
static const char problem_schema[] =
    "{\"type\":\"object\",\"description\":\"The body of an answer that could not be made (RFC "
    "9457).\",\"properties\":{"
    "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
    "\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
    "\"violations\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
    "\"parameter\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"}},"
    "\"required\":[\"parameter\",\"message\"]}},"
    "\"errors\":{\"type\":\"array\",\"items\":{\"anyOf\":["
    "{\"$ref\":\"" SCHEMA_NAMES DESCRIPTION_ERROR "\"},{\"type\":\"string\"}]}}},"
    "\"required\":[\"type\",\"title\",\"status\"]}";

struct draft *description_failures(struct arena *arena)
{
    struct draft *both = draft_object(arena);
    struct draft *error = draft_read(arena, SLICE(error_schema));
    struct draft *kinds = draft_list(arena);
    for (unsigned kind = OUTCOME_OK + 1; kind < OUTCOME_N_KINDS; kind++)
        draft_add_text(kinds, slice_of(outcome_kind_name((enum outcome_kind)kind)));
    draft_set(draft_find(draft_find(error, "properties"), "kind"), "enum", kinds);
    draft_set(both, DESCRIPTION_ERROR, error);
    draft_set(both, DESCRIPTION_PROBLEM, draft_read(arena, SLICE(problem_schema)));
    return both;
}
