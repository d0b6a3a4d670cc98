/* control_credentials.h - what requests to services say of who we are, kept good and handed out
 *
 * A holder a service with credentials: it knows the secret (files are looked at every second) and
 * for OAuth 2.0 has a grant that asks for tokens. Each change goes to the workers as a header line.
 * A reload keeps the holders whose settings stay the same, their tokens included. Secrets go
 * nowhere else: not to a log, a number or a message for people.
 */
#pragma once

#include "base/random.h"
#include "net/wheel.h"

struct config;
struct control;
struct control_holder;
struct metrics;
struct worker_credentials;

/* Of the control thread; a member of it. */
struct control_credentials {
    struct control_holder **all; /* in the order of the services */
    unsigned n;
    struct wheel_entry look;  /* at the files */
    uint64_t last_generation; /* of all tokens of the process */
    struct random random;
};

void control_credentials_init(struct control *c);
/* How many services have credentials, of which a line is awaited. */
unsigned control_credentials_count(const struct config *config);
/* Those of the control's snapshot from now on. Each that has its first line takes one off what is
 * awaited (control_settle()), now or later. */
void control_credentials_watch(struct control *c);
/* The lines there are, borrowed until the loop's next turn; room for control_credentials_count().
 */
unsigned control_credentials_known(const struct control *c, struct worker_credentials *out);
void control_credentials_done(struct control *c);
/* From any thread: a service refused the token of that generation. */
void control_credentials_refused(struct control *c, uint64_t generation);
/* What an operator may know of them. */
void control_credentials_show(const struct control *c, struct metrics *m);
