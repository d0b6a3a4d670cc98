/* jq_link.c - a stream with a process at its other end */
#include "service/jq_link.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/check.h"

enum {
    FIRST_ROOM = 4096,       /* bytes read at once before the answer's length is known */
    KEPT_ANSWER = 64 * 1024, /* bytes of memory kept for the next answer */
    LOOK_EVERY_MS = 10
};

static struct jq_link *link_of(struct stream *s)
{
    return LIST_OWNER(s, struct jq_link, stream);
}

/* A killed process takes a moment to end; its number is not forgotten before. */
static void free_if_over(struct jq_link *link)
{
    if (link->pid && jq_helper_has_ended(link->pid))
        link->pid = 0;
    if (link->pid) {
        loop_arm(link->loop, &link->look, link->loop->now_ms + LOOK_EVERY_MS);
    } else if (link->is_closed) {
        loop_disarm(link->loop, &link->look);
        list_remove(&link->node);
        buffer_done(&link->answer);
        free(link);
    }
}

static void on_look(struct wheel_entry *e)
{
    free_if_over(LIST_OWNER(e, struct jq_link, look));
}

void jq_link_end(struct jq_link *link)
{
    link->owner = NULL;
    jq_helper_kill(link->pid);
    stream_close(&link->stream);
}

void jq_link_end_and_wait(struct jq_link *link)
{
    list_remove(&link->node);
    if (link->owner)
        jq_link_end(link);
    if (link->pid)
        jq_helper_await(link->pid);
    link->pid = 0;
    free_if_over(link);
}

static void on_closed(struct stream *s)
{
    struct jq_link *link = link_of(s);
    link->is_closed = true;
    free_if_over(link);
}

static void lose(struct jq_link *link)
{
    void *owner = link->owner;
    jq_link_end(link);
    link->handlers->on_lost(owner);
}

static void on_end(struct stream *s, enum stream_end how)
{
    (void)how;
    lose(link_of(s));
}

static void on_open(struct stream *s)
{
    struct jq_link *link = link_of(s);
    link->is_open = true;
    link->handlers->on_free(link->owner);
}

static void on_written(struct stream *s)
{
    struct jq_link *link = link_of(s);
    link->handlers->on_free(link->owner);
}

static bool head_of(const struct jq_link *link, struct jq_helper_frame *head)
{
    if (link->answer.n < sizeof *head)
        return false;
    memcpy(head, link->answer.at, sizeof *head);
    return true;
}

static uint64_t max_answer(const struct jq_link *link)
{
    return link->limits.result > JQ_HELPER_MESSAGE ? link->limits.result : JQ_HELPER_MESSAGE;
}

/* What is still to come of the answer, where that is known; at least one byte, for what it should
 * not say. */
static struct stream_room room(struct stream *s)
{
    struct jq_link *link = link_of(s);
    struct jq_helper_frame head;
    size_t n = FIRST_ROOM;
    if (head_of(link, &head))
        n = sizeof head + head.n - link->answer.n;
    char *at = buffer_reserve(&link->answer, n);
    CHECK(at);
    return (struct stream_room){at, n};
}

static void on_read(struct stream *s, size_t n)
{
    struct jq_link *link = link_of(s);
    struct jq_helper_frame head;
    link->answer.n += n;
    if (!head_of(link, &head))
        return;
    size_t got = link->answer.n - sizeof head;
    if (head.kind < JQ_HELPER_GOOD || head.kind > JQ_HELPER_TOO_LARGE || got > head.n ||
        head.n > max_answer(link)) {
        lose(link);
        return;
    }
    if (got < head.n)
        return;
    struct slice bytes = {link->answer.at + sizeof head, got};
    link->handlers->on_answer(link->owner, head.kind, bytes);
    link->answer.n = 0;
    if (link->answer.capacity > KEPT_ANSWER)
        buffer_done(&link->answer);
}

static const struct stream_handlers handlers = {
    .on_open = on_open,
    .room = room,
    .on_read = on_read,
    .on_written = on_written,
    .on_end = on_end,
    .on_closed = on_closed,
};

bool jq_link_has_limits_of(const struct jq_link *link, const struct jq_settings *settings)
{
    return link->limits.memory == settings->memory && link->limits.result == settings->result;
}

static struct slice bytes_of(const void *at, size_t n)
{
    return (struct slice){at, n};
}

bool jq_link_is_free(const struct jq_link *link)
{
    return link->is_open && !stream_is_writing(&link->stream);
}

void jq_link_say(struct jq_link *link, enum jq_helper_kind kind, uint32_t slot, struct slice bytes)
{
    unsigned n = 0;
    if (!link->has_said_limits) {
        link->heads[0] =
            (struct jq_helper_frame){.kind = JQ_HELPER_LIMITS, .n = sizeof link->limits};
        link->said[n++] = bytes_of(&link->heads[0], sizeof link->heads[0]);
        link->said[n++] = bytes_of(&link->limits, sizeof link->limits);
        link->has_said_limits = true;
    }
    link->heads[1] = (struct jq_helper_frame){.kind = kind, .slot = slot, .n = bytes.n};
    link->said[n++] = bytes_of(&link->heads[1], sizeof link->heads[1]);
    if (bytes.n)
        link->said[n++] = bytes;
    stream_write(&link->stream, link->said, n);
}

struct jq_link *jq_link_open(struct loop *l, const struct jq_settings *settings,
                             const struct jq_link_handlers *h, void *owner)
{
    int fd = -1;
    pid_t pid = jq_helper_spawn(settings->command, &fd);
    if (pid < 0)
        return NULL;
    struct jq_link *link = calloc(1, sizeof *link);
    CHECK(link && fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    link->loop = l;
    link->handlers = h;
    link->owner = owner;
    link->pid = pid;
    link->limits = (struct jq_helper_limits){settings->memory, settings->result};
    buffer_init(&link->answer, sizeof(struct jq_helper_frame) + max_answer(link) + FIRST_ROOM);
    wheel_entry_init(&link->look, on_look);
    list_init(&link->node);
    stream_accept(&link->stream, l, fd, NULL, &handlers);
    return link;
}
