/* authentication.c - the policies of an endpoint, one after the other */
#include "gateway/authentication.h"

#include "base/check.h"
#include "base/units.h"
#include "edge/api_keys.h"
#include "edge/client_certs.h"
#include "gateway/answer.h"
#include "gateway/gateway_internal.h"
#include "gateway/issuers.h"
#include "gateway/problem.h"
#include "json/members.h"
#include "json/text.h"
#include "wire/token.h"

enum {
    RETRY_AFTER_MS = 5000,
};

enum verdict {
    NOTHING_SHOWN,
    NOT_PROVED,
    LACKS_SCOPE, /* proved, and of no scope that is asked for */
    NOT_KNOWN,   /* whether it is good: the keys are missing, by no fault of the client's */
    PROVED,
    WAITS, /* the keys are on their way */
    NO_ROOM,
};

/* What the policies said so far, for the answer. */
struct refusal {
    enum verdict worst;
    const struct config_auth *policy; /* that the token below was bad for; NULL: none */
    const char *why;                  /* of the token */
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
    struct slice shown, scopes;
    enum verdict verdict = find_credential(&v->exchange->request, a->header, &shown);
    if (verdict != PROVED)
        return verdict;
    struct slice name = api_keys_find(v->gateway->keys[a->index], shown, &scopes);
    if (!name.at)
        return NOT_PROVED;
    struct arena *arena = &v->exchange->arena;
    v->identity = (struct identity){
        .policy = a->name,
        .name = arena_copy(arena, name),
        .is_key = true,
    };
    if (scopes.n)
        v->identity.scopes = arena_copy(arena, scopes);
    return v->identity.name.at && (!scopes.n || v->identity.scopes.at) ? PROVED : NO_ROOM;
}

/* Credentials of another scheme are for another policy. */
static enum verdict find_token(const struct visit *v, const struct config_auth *a,
                               struct slice *token)
{
    static const struct slice scheme = SLICE_INIT("bearer");
    enum verdict verdict = find_credential(&v->exchange->request, a->header, token);
    if (verdict != PROVED)
        return verdict;
    if (token->n < scheme.n || !slice_equal_nocase((struct slice){token->at, scheme.n}, scheme))
        return NOTHING_SHOWN;
    struct slice rest = slice_after(*token, scheme.n);
    if (rest.n && rest.at[0] != ' ')
        return NOTHING_SHOWN;
    *token = token_trim(rest);
    return PROVED;
}

/* The token's sub, unescaped; empty where it has none. */
static bool read_subject(struct visit *v, struct slice claims, struct slice *name)
{
    struct members_one sub = {.name = SLICE_INIT("sub")};
    *name = SLICE("");
    if (!members_read(claims, &sub, 1) || !sub.is_there)
        return true;
    char *text = arena_take(&v->exchange->arena, sub.value.text.n);
    if (!text)
        return false;
    *name = (struct slice){text, text_unquote(text, sub.value.text)};
    return true;
}

static enum verdict prove_token(struct visit *v, const struct config_auth *a, struct slice claims)
{
    v->identity = (struct identity){.policy = a->name, .claims = claims};
    return read_subject(v, claims, &v->identity.name) ? PROVED : NO_ROOM;
}

/* One that waited while its gateway retired has not heard what came: the next one may know the key.
 */
static enum verdict ask_for_key(struct visit *v, const struct config_auth *a)
{
    if (v->gateway->is_retired)
        return NOT_KNOWN;
    return issuers_ask(v, a) ? WAITS : NOT_PROVED;
}

static enum verdict try_token(struct visit *v, const struct config_auth *a, struct refusal *r)
{
    struct slice token, claims;
    enum verdict verdict = find_token(v, a, &token);
    if (verdict != PROVED)
        return verdict;
    if (!v->gateway->issuers[a->index].keys)
        return NOT_KNOWN;
    r->policy = a;
    r->why = "the token's key is not known";
    switch (issuers_check(v, a, token, &claims, &r->why)) {
    case JWT_GOOD:
        return prove_token(v, a, claims);
    case JWT_UNKNOWN_KEY:
        return ask_for_key(v, a);
    case JWT_NO_ROOM:
        return NO_ROOM;
    case JWT_BAD:
        break;
    }
    return NOT_PROVED;
}

/* The name is copied: the connection may be judged again before the request has ended. */
static enum verdict try_certificate(struct visit *v, const struct config_auth *a)
{
    const struct client_certs *certs = v->gateway->context.client_certs[a->index];
    uint64_t now_s = v->gateway->loop->wall_us / US_A_SECOND;
    struct slice name;
    switch (client_certs_judge(certs, v->exchange->request.tls, now_s, &name)) {
    case CLIENT_CERTS_NONE:
        return NOTHING_SHOWN;
    case CLIENT_CERTS_BAD:
        return NOT_PROVED;
    case CLIENT_CERTS_GOOD:
        break;
    }
    v->identity = (struct identity){
        .policy = a->name,
        .name = arena_copy(&v->exchange->arena, name),
        .is_key = true,
    };
    return v->identity.name.at ? PROVED : NO_ROOM;
}

static enum verdict try_policy(struct visit *v, const struct config_auth *a, struct refusal *r)
{
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        return try_keys(v, a);
    case CONFIG_AUTH_JWT:
        return try_token(v, a, r);
    case CONFIG_AUTH_CERT:
        return try_certificate(v, a);
    }
    return NOT_PROVED;
}

static enum verdict try(struct visit *v, const struct config_auth *a, struct refusal *r)
{
    const struct config_endpoint *e = v->plan->config;
    enum verdict verdict = try_policy(v, a, r);
    if (verdict != PROVED || e->n_scopes == 0)
        return verdict;
    const struct identity *who = &v->identity;
    if (jwt_is_among(who->scopes, e->scopes, e->n_scopes) ||
        (who->claims.n && jwt_has_scope(who->claims, e->scopes, e->n_scopes)))
        return PROVED;
    v->identity = (struct identity){0};
    return LACKS_SCOPE;
}

/* One behind the other, with a space before each but the first. */
static struct slice join_scopes(const struct config_endpoint *e, struct arena *arena)
{
    struct slice all = SLICE("");
    for (unsigned i = 0; i < e->n_scopes && all.at; i++)
        all =
            arena_print(arena, "%.*s%s%.*s", SLICE_ARG(all), i ? " " : "", SLICE_ARG(e->scopes[i]));
    return all;
}

/* What would satisfy the policy (RFC 9110 11.6.1, RFC 6750 3). */
static struct slice challenge(const struct visit *v, const struct config_auth *a,
                              const struct refusal *r)
{
    const struct config_endpoint *e = v->plan->config;
    struct arena *arena = &v->exchange->arena;
    struct slice scopes;
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        return arena_print(arena, "ApiKey realm=\"sheaf\", header=\"%.*s\"", SLICE_ARG(a->header));
    case CONFIG_AUTH_JWT:
        if (r->worst == LACKS_SCOPE) {
            scopes = join_scopes(e, arena);
            return scopes.at ? arena_print(arena,
                                           "Bearer realm=\"sheaf\", error=\"insufficient_scope\", "
                                           "scope=\"%.*s\"",
                                           SLICE_ARG(scopes))
                             : SLICE_NONE;
        }
        if (r->policy == a)
            return arena_print(arena,
                               "Bearer realm=\"sheaf\", error=\"invalid_token\", "
                               "error_description=\"%s\"",
                               r->why);
        return SLICE("Bearer realm=\"sheaf\"");
    case CONFIG_AUTH_CERT:
        return SLICE("ClientCertificate realm=\"sheaf\"");
    }
    return SLICE_NONE;
}

static struct problem problem_of(const struct refusal *r)
{
    struct problem p = {.status = 401, .detail = SLICE("credentials are missing")};
    if (r->worst == NOT_PROVED)
        p.detail = r->policy ? slice_of(r->why) : SLICE("the credentials are not good");
    if (r->worst == LACKS_SCOPE)
        p = (struct problem){.status = 403,
                             .detail = SLICE("the credentials do not go so far; another scope is "
                                             "needed")};
    if (r->worst == NOT_KNOWN)
        p = (struct problem){
            .status = 503,
            .detail = SLICE("the credentials cannot be checked now; the keys for it are missing"),
            .retry_after_ms = RETRY_AFTER_MS,
        };
    return p;
}

static void refuse(struct visit *v, const struct refusal *r)
{
    const struct config_endpoint *e = v->plan->config;
    const struct problem p = problem_of(r);
    unsigned n = p.status == 503 ? 0 : e->n_auth;
    struct answer a;
    bool has_room = answer_init_for(&a, v, e->n_auth);
    for (unsigned i = 0; i < n && has_room; i++) {
        struct slice text = challenge(v, e->auth[i], r);
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
    struct refusal r = {.worst = NOTHING_SHOWN};
    if (e->n_auth == 0 || v->is_shared)
        return true;
    for (unsigned i = 0; i < e->n_auth; i++) {
        enum verdict verdict = try(v, e->auth[i], &r);
        if (verdict == PROVED)
            return true;
        if (verdict == WAITS)
            return false;
        if (verdict == NO_ROOM) {
            answer_give_up(v->exchange);
            return false;
        }
        r.worst = verdict > r.worst ? verdict : r.worst;
    }
    refuse(v, &r);
    return false;
}
