/* security.c - which of the fields an answer has */
#include "gateway/security.h"

#include "base/check.h"
#include "gateway/answer.h"
#include "gateway/gateway_internal.h"

/* What is for TLS alone is the last. */
static const struct slice names[] = {
    [CONFIG_SECURITY_SNIFFING] = SLICE_INIT("X-Content-Type-Options"),
    [CONFIG_SECURITY_FRAME] = SLICE_INIT("X-Frame-Options"),
    [CONFIG_SECURITY_CONTENT] = SLICE_INIT("Content-Security-Policy"),
    [CONFIG_SECURITY_REFERRER] = SLICE_INIT("Referrer-Policy"),
    [CONFIG_SECURITY_RESOURCE] = SLICE_INIT("Cross-Origin-Resource-Policy"),
    [CONFIG_SECURITY_PERMISSIONS] = SLICE_INIT("Permissions-Policy"),
    [CONFIG_SECURITY_TRANSPORT] = SLICE_INIT("Strict-Transport-Security"),
};

static bool is_fixed(struct slice name, const struct config_field *fixed, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (slice_equal_nocase(fixed[i].name, name))
            return true;
    return false;
}

void security_compile(struct security *s, const struct config_security *config,
                      const struct config_field *fixed, unsigned n_fixed, struct arena *arena)
{
    *s = (struct security){0};
    if (!config->is_on)
        return;
    struct field *fields = arena_take(arena, CONFIG_SECURITY_N * sizeof *fields);
    CHECK(fields);
    for (unsigned i = 0; i < CONFIG_SECURITY_N; i++) {
        if (!config->values[i].n || is_fixed(names[i], fixed, n_fixed))
            continue;
        fields[s->n++] = (struct field){names[i], config->values[i]};
        s->n_plain += i != CONFIG_SECURITY_TRANSPORT;
    }
    s->fields = fields;
}

static const struct security *security_of(const struct visit *v)
{
    return v->plan ? &v->plan->security : &v->gateway->security;
}

unsigned security_n(const struct visit *v)
{
    return security_of(v)->n;
}

void security_add(struct answer *a, const struct visit *v)
{
    const struct security *s = security_of(v);
    if (v->is_shared || s->n == 0)
        return;
    unsigned n = visit_is_secure(v) ? s->n : s->n_plain;
    a->secured = a->n;
    a->n_secured = n;
    for (unsigned i = 0; i < n; i++)
        answer_add(a, s->fields[i].name, s->fields[i].value);
}

void security_give_way(struct answer *a, struct slice name)
{
    for (unsigned i = a->secured; i < a->secured + a->n_secured; i++)
        if (slice_equal_nocase(a->fields[i].name, name)) {
            answer_take_out(a, i);
            return;
        }
}
