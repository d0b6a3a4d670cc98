/* issuers.h - the issuers of tokens as one gateway knows them: keys, verified tokens, who waits
 *
 * Keys come from the control thread. A request whose token names a key that nobody knows asks for
 * newer ones and waits for them, once and not for long, as the issuer may have changed its keys;
 * where it is too soon to ask again (KEY_LIFE_COOL_DOWN_MS) it does not wait. One worker's.
 */
#pragma once

#include "base/list.h"
#include "edge/jwt.h"
#include "edge/token_cache.h"
#include "net/wheel.h"

struct config_auth;
struct gateway;
struct gateway_issuer;
struct visit;

/* Of one policy; of those without tokens all is empty. */
struct issuers_one {
    struct key_set *keys;      /* a share; NULL: there are none yet */
    struct token_cache *cache; /* NULL: before the first token */
    struct jwt_expectation expected;
    uint64_t quiet_ms; /* until then there is no asking for newer keys */
    bool is_asking;
    struct list waiting; /* issuers_wait */
};

/* By index of the policy. */
struct issuers_one *issuers_new(const struct gateway *g);
void issuers_free(const struct gateway *g, struct issuers_one *all);

/* What is new of one of them; who waits for it goes on. */
void issuers_hear(struct gateway *g, const struct gateway_issuer *news);

/* Who waits hears of nothing any more: goes on in a later turn, to be told to come again. */
void issuers_retire(struct gateway *g);

/* The token's claims, in the visit's arena. *why: of JWT_BAD, for the client. The policy has keys.
 */
enum jwt_verdict issuers_check(struct visit *v, const struct config_auth *policy,
                               struct slice token, struct slice *claims, const char **why) MUST_USE;
/* After JWT_UNKNOWN_KEY. true: newer keys are asked for, and the visit may wait for them. */
bool issuers_ask(struct visit *v, const struct config_auth *policy) MUST_USE;
/* The request is whole. gateway_resume() follows, after this call: when there is news, or the time
 * is over. */
void issuers_wait(struct visit *v);
/* Harmless where it does not wait. */
void issuers_leave(struct visit *v);
