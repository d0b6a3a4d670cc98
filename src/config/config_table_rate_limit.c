/* config_table_rate_limit.c - the options of how much each caller may ask */
#include "config/config_table.h"

static const struct option rate_limit[] = {
    {.name = "rate",
     .kind = &option_rate,
     .place = offsetof(struct config_rate_limit, per_hour),
     .min = 1,
     .max = UINT64_C(1000000) * 3600,
     .otherwise = "none; then `concurrent` is due",
     .sentence = "Permits that a caller gets in that time, evenly: `100/s`, `6000/m`, `10/h`.",
     .example = "100/s"},
    {.name = "burst",
     .kind = &option_count,
     .place = offsetof(struct config_rate_limit, burst),
     .min = 1,
     .max = 1000000,
     .otherwise = "what the rate gives in a second, at least 1",
     .sentence = "Permits that may be taken at once after a quiet time.",
     .example = "200"},
    {.name = "by",
     .kind = &config_kind_rate_by,
     .preset = "ip",
     .sentence = "What tells callers apart: their address, `ip` (of IPv6 the first 64 bits), the"
                 " name of their API `key` or certificate, a claim of their token, `claims.sub`, "
                 "or a header,"
                 " `headers.x-tenant`, which need not be declared. Who has no such key or claim is"
                 " counted by address.",
     .example = "headers.x-tenant"},
    {.name = "cost",
     .kind = &option_either,
     .place = offsetof(struct config_rate_limit, counts_calls),
     .preset = "request",
     .choices = "request|calls",
     .sentence = "What takes a permit: a request, or each call that it makes.",
     .example = "calls"},
    {.name = "concurrent",
     .kind = &option_count,
     .place = offsetof(struct config_rate_limit, concurrent),
     .min = 1,
     .max = 1000000,
     .otherwise = "no bound",
     .sentence = "Requests of a caller that may be under way at once.",
     .example = "20"},
};

const struct section config_rate_limit_of = {
    "rate_limit", "a rate limit",
    "How much each caller may ask, of one endpoint, or at the top of all that do not say. Past it "
    "a request is answered with 429.",
    rate_limit, COUNT(rate_limit)};
