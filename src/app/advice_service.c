/* advice_service.c - services whose protection does nothing, or not enough; secrets in the open */
#include <arpa/inet.h>
#include <inttypes.h>

#include "app/advice_internal.h"
#include "config/config_method.h"

static bool is_safe(const struct config_source *s)
{
    return s->is_safe;
}

/* Is it called, and only by sources of which this does not hold? */
static bool is_only_for_others(const struct config *c, const struct config_service *service,
                               bool (*holds)(const struct config_source *s))
{
    unsigned n_calls = 0;
    for (unsigned i = 0; i < c->n_endpoints; i++) {
        const struct config_endpoint *e = &c->endpoints[i];
        for (unsigned k = 0; k < e->n_sources; k++) {
            if (e->sources[k].service != service)
                continue;
            if (holds(&e->sources[k]))
                return false;
            n_calls++;
        }
    }
    return n_calls > 0;
}

static void advise_on_retry(struct adviser *a, const struct config_service *s)
{
    if (s->retry.attempts < 2)
        return;
    if (is_only_for_others(a->config, s, config_method_is_idempotent)) {
        advice_point(a, &s->position);
        fprintf(a->to,
                "%.*s gets POST and PATCH alone, which are never tried again; leave its `retry` "
                "out\n",
                SLICE_ARG(s->name));
    }
    if (!s->breaker.is_on) {
        advice_point(a, &s->position);
        fprintf(a->to,
                "%.*s has a `retry` and no breaker, so a service that is down gets even more calls "
                "than before; leave its `breaker` on\n",
                SLICE_ARG(s->name));
    }
}

/* SRV records may name several. */
static bool has_one_target(const struct config_service *s)
{
    return s->n_targets == 1 && !s->targets[0].is_srv;
}

static bool is_address(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static void advise_on_lone_hedge(struct adviser *a, const struct config_service *s)
{
    advice_point(a, &s->position);
    if (is_address(s->targets[0].host))
        fprintf(a->to,
                "%.*s has one target, and a hedge never asks the same one twice; give it another, "
                "or leave its `hedge` out\n",
                SLICE_ARG(s->name));
    else
        fprintf(a->to,
                "%.*s has one target, whatever addresses its name has, and a hedge never asks the "
                "same one twice; name its hosts one by one or by `dns+srv://`, or leave its "
                "`hedge` out\n",
                SLICE_ARG(s->name));
}

static void advise_on_hedge(struct adviser *a, const struct config_service *s)
{
    if (!s->hedge.is_on)
        return;
    if (has_one_target(s))
        advise_on_lone_hedge(a, s);
    if (is_only_for_others(a->config, s, is_safe)) {
        advice_point(a, &s->position);
        fprintf(a->to,
                "%.*s gets calls that change something and no others, and those are never hedged; "
                "leave its `hedge` out\n",
                SLICE_ARG(s->name));
    }
}

static void advise_on_secrets(struct adviser *a, const struct config_service *s)
{
    const struct config_credentials *c = &s->credentials;
    if (!c->bearer.is_written && !c->password.is_written && !c->client_secret.is_written)
        return;
    advice_point(a, &s->position);
    fprintf(a->to,
            "a secret of %.*s stands in the configuration for all who read it; write ${NAME} of "
            "the environment, or {file: NAME}\n",
            SLICE_ARG(s->name));
}

void advice_on_services(struct adviser *a)
{
    for (unsigned i = 0; i < a->config->n_services; i++) {
        const struct config_service *s = &a->config->services[i];
        advise_on_retry(a, s);
        advise_on_hedge(a, s);
        advise_on_secrets(a, s);
    }
}

/* Where the whole timeout is spent once, the rest is less than what was not enough. */
void advice_on_timeouts_tried_again(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        const struct config_retry *retry = &s->service->retry;
        bool is_tried =
            retry->attempts > 1 && retry->after_timeout && config_method_is_idempotent(s);
        if (!is_tried || s->timeout_ms > e->timeout_ms || 2 * s->timeout_ms <= e->timeout_ms)
            continue;
        advice_point(a, &s->position);
        fprintf(a->to,
                "%.*s is tried again after a timeout of %" PRIu64 " ms, and of %" PRIu64
                " ms for the whole answer less than that is left; shorten its `timeout`\n",
                SLICE_ARG(s->name), s->timeout_ms, e->timeout_ms);
    }
}
