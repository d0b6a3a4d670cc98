/* jq_check.c - one helper, asked about all programs at once, and where that fails about each
 *
 * Most of the time that a program takes to compile goes into what all have in common, so a good
 * configuration asks once: each program becomes the body of a function, and all are called.
 */
#include "app/jq_check.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "app/jq_setup.h"
#include "base/buffer.h"
#include "service/jq_helper.h"

enum {
    TOGETHER_MAX = 4 * 1024 * 1024, /* bytes, as a configuration has */
    PATIENCE_S = 10 /* for one program; jq 1.6 takes a tenth of a second on a busy machine */
};

struct check {
    const struct config *config;
    const struct slice *programs;
    unsigned n;
    config_tell_jq *tell;
    void *context;
    pid_t helper; /* -1: none, or it is of no use any more */
    int fd;
    unsigned line; /* that the message is of; 0: nobody knows */
    char message[JQ_HELPER_MESSAGE + 1];
};

static bool send_whole(int fd, const void *at, size_t n)
{
    return send(fd, at, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool receive_whole(int fd, void *at, size_t n)
{
    return n == 0 || recv(fd, at, n, MSG_WAITALL) == (ssize_t)n;
}

static bool start_helper(struct check *c)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const struct jq_helper_frame head = {.kind = JQ_HELPER_LIMITS,
                                         .n = sizeof(struct jq_helper_limits)};
    const struct jq_settings s = jq_setup_settings(c->config);
    const struct jq_helper_limits limits = {s.memory, s.result};
    c->helper = jq_helper_spawn(s.command, &c->fd);
    if (c->helper < 0)
        return false;
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return send_whole(c->fd, &head, sizeof head) && send_whole(c->fd, &limits, sizeof limits);
}

static void end_helper(struct check *c)
{
    if (c->helper < 0)
        return;
    jq_helper_kill(c->helper);
    jq_helper_await(c->helper);
    close(c->fd);
    c->helper = -1;
}

/* false: no answer came. Otherwise the message is jq's, or empty where all is well. */
static bool ask(struct check *c, struct slice program)
{
    struct jq_helper_frame head = {.kind = JQ_HELPER_COMPILE, .n = program.n};
    if (c->helper < 0 && !start_helper(c))
        return false;
    if (!send_whole(c->fd, &head, sizeof head) || !send_whole(c->fd, program.at, program.n) ||
        !receive_whole(c->fd, &head, sizeof head) || head.n > JQ_HELPER_MESSAGE ||
        !receive_whole(c->fd, c->message, head.n))
        return false;
    c->message[head.n] = '\0';
    c->line = head.slot;
    return true;
}

static const char *why_no_answer(const struct check *c)
{
    return c->helper < 0 ? "no process can be started for it (is there a /proc?)"
                         : "it takes too much time or memory to compile";
}

/* The line break ends a comment, the parentheses keep "1; def f: 2" from being two functions. */
static bool write_together(const struct check *c, struct buffer *text)
{
    bool has_room = true;
    for (unsigned i = 0; i < c->n; i++)
        has_room &= buffer_print(text, "def p%u: (%.*s\n);", i, SLICE_ARG(c->programs[i]));
    for (unsigned i = 0; i < c->n; i++)
        has_room &= buffer_print(text, "%sp%u", i ? "," : "", i);
    return has_room;
}

static bool all_compile(struct check *c)
{
    struct buffer text;
    buffer_init(&text, TOGETHER_MAX);
    bool is_answered = write_together(c, &text) && ask(c, buffer_slice(&text));
    buffer_done(&text);
    if (!is_answered)
        end_helper(c);
    return is_answered && !c->message[0];
}

static void check_each(struct check *c)
{
    for (unsigned i = 0; i < c->n; i++) {
        bool has_answer = ask(c, c->programs[i]);
        if (!has_answer || c->message[0])
            c->tell(c->context, i, has_answer ? c->line : 0,
                    has_answer ? c->message : why_no_answer(c));
        if (!has_answer)
            end_helper(c);
    }
}

void jq_check(const struct config *config, const struct slice *programs, unsigned n,
              config_tell_jq *tell, void *context)
{
    struct check c = {config, programs, n, tell, context, .helper = -1};
    if (!all_compile(&c))
        check_each(&c);
    end_helper(&c);
}
