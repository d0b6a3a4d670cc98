/* shaping.h - what of a service's answer stands in the document (CONTRACT 3.3, 3.4)
 *
 * unwrap, then pick, omit and rename, then jq, then what the client selects. An answer without a
 * byte passes through all of it, as null. Where nothing is to be done the answer is shown as it
 * came, without any work.
 *
 * A failure on the way becomes the outcome's.
 */
#pragma once

#include "gateway/run.h"
#include "service/jq.h"

/* An answer of a source, or of an element of its list. */
struct shaping {
    struct run *run;
    unsigned source;
    struct outcome *outcome;
    struct slice *value;  /* stays where it is as long as the run */
    struct pieces *shown; /* pieces lie in the outcome's blob, in the arena, or are constants */
    struct blob **read;   /* as in struct run_source */
};

/* The outcome has a value. false: it no longer has. */
bool shaping_unwrap(const struct shaping *s) MUST_USE;
/* `value` is set. NULL: done, and the outcome tells how; otherwise `done` comes with what is to be
 * handed to shaping_end(), never inside. */
struct jq_job *shaping_begin(const struct shaping *s, jq_done *done, void *owner) MUST_USE;
void shaping_end(const struct shaping *s, const struct jq_result *result);
/* What is shown has no line breaks: those between tokens become spaces, in a copy. false: there is
 * no memory for it. */
bool shaping_to_one_line(const struct shaping *s) MUST_USE;
/* What stands for a failed answer. */
void shaping_stand_in(const struct shaping *s, struct slice fallback);
