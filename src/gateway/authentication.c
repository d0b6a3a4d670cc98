/* authentication.c - the policies of an endpoint, one after the other */
#include "gateway/authentication.h"

#include "base/check.h"
#include "edge/api_keys.h"
#include "gateway/answer.h"
#include "gateway/gateway_internal.h"
#include "gateway/problem.h"

enum verdict {
    NOTHING_SHOWN,
    NOT_PROVED,
    PROVED,
    NO_ROOM,
};

/* The one field of that name. Of two, nobody knows which one others would look at: none counts. */
static enum verdict find_credential(const struct request *r, struct slice name, struct slice *out)
{
    enum verdict verdict = NOTHING_SHOWN;
    for (unsigned i = 0; i < r->n_fields; i++) {
        if (!slice_equal_nocase(r->fields[i].name, name))
            continue;
        verdict = verdict == NOTHING_SHOWN ? PROVED : NOT_PROVED;
        *out = r->fields[i].value;
    }
    return verdict;
}

/* The name is copied: the keys may be others before the request has ended. */
static enum verdict try_keys(struct visit *v, const struct config_auth *a)
{
    struct slice shown;
    enum verdict verdict = find_credential(&v->exchange->request, a->header, &shown);
    if (verdict != PROVED)
        return verdict;
    struct slice name = api_keys_find(v->gateway->keys[a->index], shown);
    if (!name.at)
        return NOT_PROVED;
    v->identity =
        (struct identity){.policy = a->name, .name = arena_copy(&v->exchange->arena, name)};
    return v->identity.name.at ? PROVED : NO_ROOM;
}

static enum verdict try(struct visit *v, const struct config_auth *a)
{
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        return try_keys(v, a);
    }
    return NOT_PROVED;
}

/* What would satisfy the policy (RFC 9110 11.6.1). */
static struct slice challenge(const struct config_auth *a, struct arena *arena)
{
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        return arena_print(arena, "ApiKey realm=\"sheaf\", header=\"%.*s\"", SLICE_ARG(a->header));
    }
    return SLICE_NONE;
}

static void refuse(struct visit *v, bool was_shown)
{
    const struct config_endpoint *e = v->plan->config;
    const struct problem p = {
        .status = 401,
        .detail =
            was_shown ? SLICE("the credentials are not good") : SLICE("credentials are missing"),
    };
    struct answer a;
    bool has_room = answer_init_for(&a, v, e->n_auth);
    for (unsigned i = 0; i < e->n_auth && has_room; i++) {
        struct slice text = challenge(e->auth[i], &v->exchange->arena);
        has_room = text.at;
        answer_add(&a, SLICE("WWW-Authenticate"), text);
    }
    if (has_room)
        problem_send(v, &p, &a);
    else
        answer_give_up(v->exchange);
}

bool authentication_check(struct visit *v)
{
    const struct config_endpoint *e = v->plan->config;
    bool was_shown = false;
    if (e->n_auth == 0 || v->is_shared)
        return true;
    for (unsigned i = 0; i < e->n_auth; i++) {
        switch (try(v, e->auth[i])) {
        case PROVED:
            return true;
        case NO_ROOM:
            answer_give_up(v->exchange);
            return false;
        case NOT_PROVED:
            was_shown = true;
            break;
        case NOTHING_SHOWN:
            break;
        }
    }
    refuse(v, was_shown);
    return false;
}
