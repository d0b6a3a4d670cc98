/* caller.c - a pool whose service is the test, and calls that note what they hear */
#include "caller.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void note(struct caller *c, const char *text, int n)
{
    size_t at = strlen(c->notes);
    snprintf(c->notes + at, sizeof c->notes - at, "%.*s", n, text);
}

static void end_body(struct caller *c)
{
    if (c->is_in_body)
        note(c, ";", 1);
    c->is_in_body = false;
}

static void on_head(struct call *call, const struct h1_head *head, const char *base)
{
    struct caller *c = LIST_OWNER(call, struct caller, call);
    char text[32];
    assert_false(c->is_inside_start);
    assert_memory_equal(base, "HTTP/1.", 7);
    note(c, text, snprintf(text, sizeof text, "head %u;", head->status));
    if (c->deed == CALLER_CANCELS_ON_HEAD)
        call_cancel(call);
}

static void on_body(struct call *call, struct slice chunk)
{
    struct caller *c = LIST_OWNER(call, struct caller, call);
    assert_true(chunk.n > 0);
    if (!c->is_in_body)
        note(c, "body ", 5);
    c->is_in_body = true;
    c->n_body += chunk.n;
    if (c->n_body < 1000)
        note(c, chunk.at, (int)chunk.n);
    if (c->deed == CALLER_CANCELS_ON_BODY)
        call_cancel(call);
    if (c->deed == CALLER_PAUSES_ON_BODY)
        call_pause(call);
}

static struct stream_room room(struct call *call, size_t n)
{
    struct caller *c = LIST_OWNER(call, struct caller, call);
    assert_true(n > 0);
    c->n_rooms++;
    return (struct stream_room){c->room, c->has_room ? sizeof c->room : 0};
}

static void on_end(struct call *call, enum call_end how)
{
    static const char *const names[] = {
        [CALL_DONE] = "end done;",       [CALL_NO_CONNECTION] = "end no connection;",
        [CALL_BROKEN] = "end broken;",   [CALL_STALE] = "end stale;",
        [CALL_INVALID] = "end invalid;", [CALL_TOO_LARGE] = "end too large;",
    };
    struct caller *c = LIST_OWNER(call, struct caller, call);
    assert_false(c->is_inside_start);
    end_body(c);
    note(c, names[how], 100);
    if (c->deed == CALLER_ASKS_OVER_UNASKED_BYTES_ON_END)
        RIG_SAY(c->service, CALLER_UNASKED);
    if (c->deed >= CALLER_ASKS_AGAIN_ON_END) {
        c->deed = CALLER_LISTENS;
        caller_start(c);
    }
}

static const struct call_handlers handlers = {
    .on_head = on_head, .on_body = on_body, .room = room, .on_end = on_end};

int caller_setup(void **state)
{
    struct caller *c = calloc(1, sizeof *c);
    rig_init(&c->rig);
    c->listening = rig_listen(&c->at, 16);
    c->service = -1;
    c->request.head = SLICE(CALLER_HEAD);
    c->settings = (struct pool_settings){
        .connect_timeout_ms = 2000,
        .idle_timeout_ms = 60000,
        .max_idle = 8,
        .head_limit = 4096,
    };
    caller_use_settings(c);
    *state = c;
    return 0;
}

void caller_use_settings(struct caller *c)
{
    if (c->pool)
        pool_close(c->pool);
    c->pool = pool_new(&c->rig.loop, &c->settings, &c->rig.counters);
    caller_use_address(c, &c->at);
}

void caller_use_address(struct caller *c, const struct sockaddr_in *at)
{
    struct addresses a = {.n = 1};
    memcpy(&a.at[0], at, sizeof *at);
    pool_set_addresses(c->pool, &a);
}

int caller_teardown(void **state)
{
    struct caller *c = *state;
    call_cancel(&c->call);
    if (c->pool)
        pool_close(c->pool);
    rig_turns(&c->rig, 3);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPEN), 0);
    caller_close_service(c);
    close(c->listening);
    rig_done(&c->rig);
    free(c);
    return 0;
}

void caller_start(struct caller *c)
{
    c->is_inside_start = true;
    call_start(&c->call, c->pool, &c->request, &handlers);
    c->is_inside_start = false;
}

void caller_close_service(struct caller *c)
{
    if (c->service >= 0)
        close(c->service);
    c->service = -1;
}

void caller_accept(struct caller *c)
{
    caller_close_service(c);
    for (rig_begin(&c->rig); c->service < 0; rig_go_on(&c->rig, "a connection"))
        c->service = accept4(c->listening, NULL, NULL, SOCK_NONBLOCK);
    c->heard = (struct rig_text){.n = 0};
}

void caller_begin(struct caller *c)
{
    c->notes[0] = '\0';
    caller_start(c);
    caller_accept(c);
    rig_expect(&c->rig, c->service, &c->heard, "\r\n\r\n");
}

void caller_begin_again(struct caller *c)
{
    c->notes[0] = '\0';
    c->heard.n = 0;
    caller_start(c);
    rig_expect(&c->rig, c->service, &c->heard, "\r\n\r\n");
}

static unsigned n_ends(const char *notes)
{
    unsigned n = 0;
    for (const char *at = strstr(notes, "end "); at; at = strstr(at + 1, "end "))
        n++;
    return n;
}

void caller_expect(struct caller *c, const char *answer, const char *notes)
{
    rig_send(c->service, slice_of(answer));
    RIG_UNTIL(&c->rig, n_ends(c->notes) >= n_ends(notes));
    assert_string_equal(c->notes, notes);
}

bool caller_is_kept(struct caller *c)
{
    rig_turns(&c->rig, 2);
    caller_start(c);
    bool is_kept = c->call.is_sent;
    call_cancel(&c->call);
    rig_turns(&c->rig, 2);
    return is_kept;
}
