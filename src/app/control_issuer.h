/* control_issuer.h - has the keys of one issuer of tokens, from a file or a URL
 *
 * A file is looked at every second. A URL is asked by one GET at a time, on a connection of its
 * own; when, is edge/key_life.h. What is no set of good keys is told once and changes nothing: the
 * keys there are stay. Control thread only.
 */
#pragma once

#include "app/control_call.h"
#include "app/secret.h"
#include "edge/key_life.h"
#include "edge/key_set.h"

struct control;

struct control_issuer {
    struct control *control;
    const struct config_auth *policy;
    /* There are other keys, or asking for them has ended. */
    void (*on_news)(void *issuer);
    bool is_settled;      /* it had news since its snapshot came */
    struct key_set *keys; /* NULL: there never were any; one share of them is ours */
    struct secret file;   /* of its keys; where they come from a file */
    struct key_life life;
    struct wheel_entry tick;  /* the life's next moment */
    struct control_call call; /* where they come from a URL */
    struct buffer ask, answer;
    unsigned status;      /* of the answer */
    uint64_t lifetime_ms; /* that it names */
};

/* Reads the file, of which it says nothing yet, or asks as soon as it can. */
struct control_issuer *control_issuer_new(struct control *c, const struct config_auth *policy,
                                          void (*on_news)(void *issuer));
/* The same of another configuration: the keys stay. */
void control_issuer_move(struct control_issuer *i, const struct config_auth *policy);
/* Do both policies have their keys from the same place? */
bool control_issuer_is_alike(const struct config_auth *a, const struct config_auth *b);
/* Are there good keys in the file? Else what is wrong, beginning with its name. */
bool control_issuer_check_file(const char *file, struct buffer *wrong) MUST_USE;
/* Looks at the file. */
void control_issuer_look(struct control_issuer *i);
/* A token names a key that is not among them. false: it is too soon to ask again. */
bool control_issuer_miss(struct control_issuer *i) MUST_USE;
void control_issuer_free(struct control_issuer *i);
