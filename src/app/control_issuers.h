/* control_issuers.h - the issuers of tokens: one a policy with `jwt`, and how workers hear of them
 *
 * A reload keeps the keys of those whose keys come from the same place. Control thread only, but
 * where a function says so.
 */
#pragma once

#include "net/wheel.h"

struct config;
struct control;
struct control_issuer;
struct metrics;
struct snapshot;

/* Of the control thread; a member of it. */
struct control_issuers {
    struct control_issuer **all; /* in the order of the policies */
    unsigned n;
    struct wheel_entry look; /* at the files */
};

void control_issuers_init(struct control *c);
/* How many there are, of each of which a first word is awaited. */
unsigned control_issuers_count(const struct config *config);
/* Those of the control's snapshot from now on. Each that has its first keys, or could not get any,
 * takes one off what is awaited (control_settle()), now or later. */
void control_issuers_watch(struct control *c);
/* The workers serve by the snapshot now: they are told what is known. */
void control_issuers_publish(struct control *c);
void control_issuers_done(struct control *c);
/* From any thread: a token names a key that the policy's issuer is not known to have. All workers
 * will hear of it. */
void control_issuers_missed(struct control *c, const struct snapshot *s, unsigned policy);
/* What an operator may know of them. */
void control_issuers_show(const struct control *c, struct metrics *m);
