/* option_word.c - what other gateways call what a section calls otherwise
 *
 * Only what is certain: a wrong guess costs more than none.
 */
#include "config/config_internal.h"

static const struct option_word words[] = {
    {&config_root, "bind|port", "listen", NULL},
    {&config_root, "upstreams|backends", "services", NULL},
    {&config_root, "routes", "endpoints", NULL},
    {&config_service_of, "url|urls|uri|upstream|upstreams|address|servers|hosts", "targets", NULL},
    {&config_service_of, "circuit_breaker", "breaker", NULL},
    {&config_service_of, "load_balancing|lb_policy", "balance", NULL},
    {&config_service_of, "health_check|healthcheck", "health", NULL},
    {&config_target_of, "uri|host|address", "url", NULL},
    {&config_endpoint_of, "url|uri|route|endpoint", "path", NULL},
    {&config_endpoint_of, "calls|backend|backends", "sources", NULL},
    {&config_source_of, "if|condition|only_if", "when", NULL},
    {&config_source_of, "url|uri|service", "get", NULL},
    {&config_source_of, "headers", "set_headers", NULL},
    {&config_source_of, "default", "fallback", NULL},
    {&config_source_of, "method", NULL, "its call says it, as post: catalog:/orders"},
    {&config_source_of, "head", "get", "a call is one of get, post, put, patch and delete"},
    {&config_source_of, "depends|depends_on|needs", NULL,
     "a source waits for those that it speaks of, as get: stock:/inventory/{product.sku}"},
};

const struct option_word *option_word_find(const struct section *s, struct slice key)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (unsigned k = 0; words[i].section == s && option_choice(words[i].words, k).at; k++)
            if (slice_equal_nocase(option_choice(words[i].words, k), key))
                return &words[i];
    return NULL;
}
