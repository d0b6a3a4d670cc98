/* jq_link.h - a helper process as its loop sees it: frames out, answers in, the end of either
 *
 * A link is opened, is told on_free whenever something can be said, and ends once: by its owner, or
 * by itself, which is told. It frees itself when its socket is closed and its process has ended.
 */
#pragma once

#include "base/buffer.h"
#include "net/stream.h"
#include "service/jq.h"
#include "service/jq_helper.h"

struct jq_link;

struct jq_link_handlers {
    /* It has started, or what was said is with the kernel. */
    void (*on_free)(void *owner);
    /* The bytes are good during the call. */
    void (*on_answer)(void *owner, enum jq_helper_kind kind, struct slice bytes);
    /* The process ended, or said what it must not; the link is ended. */
    void (*on_lost)(void *owner);
};

struct jq_link {
    struct stream stream;
    struct loop *loop;
    const struct jq_link_handlers *handlers;
    void *owner; /* NULL: ended */
    pid_t pid;   /* 0: it has ended, and nobody will ask for it again */
    bool is_open, is_closed;
    struct jq_helper_limits limits;
    struct jq_helper_frame heads[2]; /* of LIMITS, said along with the first frame; of the last */
    struct slice said[4];
    bool has_said_limits;
    struct buffer answer;
    struct wheel_entry look; /* is it gone? */
    struct list node;        /* of the owner's choice, until it is freed */
};

/* NULL: no process can be made. */
struct jq_link *jq_link_open(struct loop *l, const struct jq_settings *settings,
                             const struct jq_link_handlers *handlers, void *owner);
/* Was it opened with these bounds? */
bool jq_link_has_limits_of(const struct jq_link *link, const struct jq_settings *settings);
/* May something be said? */
bool jq_link_is_free(const struct jq_link *link);
/* The bytes stay until on_free, on_answer, on_lost, or until it is ended. */
void jq_link_say(struct jq_link *link, enum jq_helper_kind kind, uint32_t slot, struct slice bytes);
/* Kills the process; nothing is told any more. */
void jq_link_end(struct jq_link *link);
/* Ends it where that was not done, and waits for the process's end. */
void jq_link_end_and_wait(struct jq_link *link);
