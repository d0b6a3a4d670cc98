/* config_table_cache.c - the options of what is cached, and of where that is kept */
#include "config/config_table.h"

#define DAYS(n) (HOURS(n) * 24)

static const struct option cache[] = {
    {.name = "ttl",
     .kind = &option_duration,
     .place = offsetof(struct config_cache, ttl_ms),
     .preset = "0s",
     .max = DAYS(366),
     .sentence =
         "How long an answer is fresh. Where the origin says so itself, by `Cache-Control` or"
         " `Expires`, and is respected, that holds.",
     .example = "60s"},
    {.name = "stale_while_revalidate",
     .kind = &option_duration,
     .place = offsetof(struct config_cache, stale_while_revalidate_ms),
     .otherwise = "as the origin says, else `0s`",
     .max = DAYS(366),
     .sentence = "How long after that it is still served at once, while one call in the background"
                 " asks for it anew.",
     .example = "5m"},
    {.name = "stale_if_error",
     .kind = &option_duration,
     .place = offsetof(struct config_cache, stale_if_error_ms),
     .otherwise = "as the origin says, else `0s`",
     .max = DAYS(366),
     .sentence = "How long after that it still stands in where the service fails, before any"
                 " `fallback`.",
     .example = "1h"},
    {.name = "negative",
     .kind = &option_duration,
     .place = offsetof(struct config_cache, negative_ms),
     .preset = "off",
     .max = DAYS(366),
     .choices = "off",
     .sentence = "How long a service's 404 or 410 is remembered; of a source.",
     .example = "5s"},
    {.name = "key",
     .kind = &config_kind_cache_key,
     .otherwise = "all that is sent to the service; of an endpoint, all that it may look at",
     .sentence =
         "What one answer is found by, as a text with variables. Requests with the same text, and"
         " the same values of `vary`, get the same answer.",
     .example = "\"product:{id}\""},
    {.name = "vary",
     .kind = &config_kind_cache_vary,
     .otherwise = "none",
     .sentence = "Headers of the client whose values are part of the key.",
     .example = "[accept-language]"},
    {.name = "tags",
     .kind = &config_kind_cache_tags,
     .otherwise = "none",
     .sentence = "Names that an answer can be purged by: texts with variables, at most 32.",
     .example = "[\"product:{id}\", products]"},
    {.name = "respect_origin",
     .kind = &option_boolean,
     .place = offsetof(struct config_cache, respects_origin),
     .preset = "true",
     .sentence = "What the service says of caching holds (RFC 9111); if not, `ttl` alone does; of a"
                 " source.",
     .example = "false"},
    {.name = "respect_client",
     .kind = &option_boolean,
     .place = offsetof(struct config_cache, respects_client),
     .preset = "false",
     .sentence = "What the client asks for by `Cache-Control`, as `no-cache`, is done.",
     .example = "true"},
    {.name = "origin_tags",
     .kind = &option_boolean,
     .place = offsetof(struct config_cache, takes_tags),
     .preset = "false",
     .sentence = "`Cache-Groups`, `Surrogate-Key` and `Cache-Tag` of the service's answer are tags"
                 " too; of a source.",
     .example = "true"},
};

static const struct option cache_top[] = {
    {.name = "memory",
     .kind = &option_size,
     .place = offsetof(struct config, cache_memory),
     .preset = "256MiB",
     .max = GIB(1024),
     .sentence = "Bytes of answers that the process remembers, with all that belongs to them; `0B`"
                 " remembers none, and calls are still shared.",
     .example = "1GiB"},
    {.name = "store",
     .kind = &config_kind_stores,
     .otherwise = "none: memory alone",
     .sentence =
         "A Redis or Valkey that all instances share, or several, each with a part of the keys:"
         " `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS.",
     .example = "redis://127.0.0.1:6379/0"},
    {.name = "store_timeout",
     .kind = &option_duration,
     .place = offsetof(struct config, store_timeout_ms),
     .preset = "20ms",
     .min = 1,
     .max = 10000,
     .sentence =
         "How long a store's answer is waited for; then the service is asked, or the limit is"
         " this instance's alone.",
     .example = "50ms"},
    {.name = "store_tls",
     .kind = &config_kind_store_tls,
     .section = &config_service_tls,
     .otherwise = "the system's certificates",
     .sentence = "For `rediss://`; certificates are always verified.",
     .example = "{ca: ca.pem}"},
};

const struct section config_cache_of = {
    "cache", "a cache",
    "The `cache` of a source or an endpoint. A duration alone is short for its `ttl`; `off` turns "
    "off what `defaults` say. Only GET and HEAD are cached. Variables are those of the call, or of "
    "the endpoint's own request.",
    cache, COUNT(cache)};
const struct section config_cache_top = {
    "cache_top", "the cache at the top",
    "The `cache` at the top of the file: where what is cached is kept.", cache_top,
    COUNT(cache_top)};
