/* demo_answer.c - a short answer in JSON, whole at once */
#include "app/demo_answer.h"

#include "base/check.h"

static const struct field fields[] = {{SLICE_INIT("Content-Type"), SLICE_INIT("application/json")},
                                      {SLICE_INIT("Cache-Control"), SLICE_INIT("no-store")},
                                      {SLICE_INIT("Access-Control-Allow-Origin"), SLICE_INIT("*")}};

void demo_answer_error(struct exchange *e, unsigned status, struct slice what)
{
    const struct slice parts[] = {SLICE("{\"error\":\""), what, SLICE("\"}\n")};
    exchange_begin(e, status, fields, sizeof fields / sizeof *fields,
                   (int64_t)(parts[0].n + parts[1].n + parts[2].n));
    for (unsigned i = 0; i < 3; i++)
        CHECK(exchange_put(e, parts[i], NULL)); /* far below the outbox's bound */
    exchange_end(e);
}
