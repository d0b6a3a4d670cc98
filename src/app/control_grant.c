/* control_grant.c - a token service is asked, and its answer judged */
#include "app/control_grant.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/control.h"
#include "base/check.h"
#include "base/memory.h"
#include "service/credentials.h"
#include "service/service_head.h"

enum {
    ASK_MS = 10000,
    NAME_MS = 1000, /* for the first address */
    ANSWER_LIMIT = 64 * 1024,
    DETAIL_MAX = 96,
};

static const struct config_credentials *settings(const struct control_grant *g)
{
    return &g->service->credentials;
}

static uint64_t now_ms(const struct control_grant *g)
{
    return g->control->loop.now_ms;
}

static void schedule(struct control_grant *g)
{
    uint64_t next_ms = credentials_life_next_ms(&g->life);
    if (secret_value(g->secret).n == 0) /* nobody can ask; a secret that comes changes that */
        next_ms = g->life.generation ? g->life.ends_ms : UINT64_MAX;
    if (next_ms == UINT64_MAX)
        loop_disarm(&g->control->loop, &g->tick);
    else
        loop_arm(&g->control->loop, &g->tick, next_ms);
}

/* Told once in a row of failures: the next ones bring nothing new. */
static void complain(const struct control_grant *g, const char *why)
{
    if (g->life.n_failures == 1 && g->control->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(stderr, "sheaf: no token for the service %.*s: %s; it will be asked for again\n",
                SLICE_ARG(g->service->name), why);
}

/* What was asked, and what had come of the answer. */
static void forget_ask(struct control_grant *g)
{
    control_call_cancel(&g->call);
    credentials_forget(&g->ask);
    credentials_forget(&g->answer);
}

static void end_ask(struct control_grant *g, enum control_grant_result result)
{
    g->n_results[result]++;
    forget_ask(g);
}

static void fail(struct control_grant *g, enum control_grant_result result, const char *why)
{
    end_ask(g, result);
    credentials_life_fail(&g->life, now_ms(g), g->retry_after_ms,
                          random_next(&g->control->credentials.random));
    complain(g, why);
    schedule(g);
}

static void take(struct control_grant *g, uint64_t life_ms)
{
    bool was_failing = g->life.n_failures;
    end_ask(g, CONTROL_GRANT_OK);
    credentials_life_take(&g->life, ++g->control->credentials.last_generation, life_ms);
    if (was_failing && g->control->snapshot->config->log.level >= CONFIG_LEVEL_INFO)
        fprintf(stderr, "sheaf: the service %.*s has a token again\n", SLICE_ARG(g->service->name));
    schedule(g);
    g->on_change(g->owner);
}

/* The body may repeat what was sent: of all that it says only words of the standard are shown. */
static void fail_by_status(struct control_grant *g)
{
    char why[DETAIL_MAX];
    const char *word = credentials_read_error(buffer_slice(&g->answer));
    snprintf(why, sizeof why, "the token service answered %u%s%s%s", g->status, word ? " (" : "",
             word ? word : "", word ? ")" : "");
    fail(g, CONTROL_GRANT_REFUSED, why);
}

static void judge(struct control_grant *g)
{
    uint64_t life_ms;
    if (g->status < 200 || g->status > 299) {
        fail_by_status(g);
        return;
    }
    switch (credentials_read_token(buffer_slice(&g->answer), &g->line, &life_ms)) {
    case CREDENTIALS_GOOD:
        take(g, life_ms);
        break;
    case CREDENTIALS_NOT_JSON:
        fail(g, CONTROL_GRANT_INVALID, "the token service's answer is not JSON");
        break;
    case CREDENTIALS_NO_TOKEN:
        fail(g, CONTROL_GRANT_INVALID, "the token service's answer has no fit access_token");
        break;
    case CREDENTIALS_FOREIGN_TYPE:
        fail(g, CONTROL_GRANT_INVALID, "its token_type is not bearer");
        break;
    case CREDENTIALS_BAD_LIFE:
        fail(g, CONTROL_GRANT_INVALID, "its expires_in is no time");
        break;
    }
}

static void on_head(struct control_call *call, const struct h1_head *head, const char *base)
{
    struct control_grant *g = LIST_OWNER(call, struct control_grant, call);
    g->status = head->status;
    g->retry_after_ms = service_head_retry_after(head, base, g->control->loop.wall_us / 1000);
}

static void on_body(struct control_call *call, struct slice chunk)
{
    struct control_grant *g = LIST_OWNER(call, struct control_grant, call);
    if (buffer_append(&g->answer, chunk))
        return;
    fail(g, CONTROL_GRANT_INVALID, "the token service's answer is too long");
}

static void on_end(struct control_call *call, enum control_call_end how)
{
    struct control_grant *g = LIST_OWNER(call, struct control_grant, call);
    switch (how) {
    case CONTROL_CALL_DONE:
        judge(g);
        break;
    case CONTROL_CALL_NO_CONNECTION:
        fail(g, CONTROL_GRANT_UNREACHABLE, "no connection to the token service");
        break;
    case CONTROL_CALL_BROKEN:
        fail(g, CONTROL_GRANT_UNREACHABLE, "the connection to the token service broke off");
        break;
    case CONTROL_CALL_INVALID:
        fail(g, CONTROL_GRANT_INVALID, "the token service's answer is not HTTP");
        break;
    case CONTROL_CALL_LATE:
        fail(g, CONTROL_GRANT_TIMEOUT, "the token service did not answer in time");
        break;
    }
}

static void ask(struct control_grant *g)
{
    size_t body_at;
    credentials_life_begin(&g->life, now_ms(g));
    g->status = 0;
    g->retry_after_ms = 0;
    CHECK(buffer_reserve(&g->answer, ANSWER_LIMIT)); /* growing would leave copies of it behind */
    if (!credentials_write_ask(&g->ask, settings(g), secret_value(g->secret), &body_at)) {
        fail(g, CONTROL_GRANT_INVALID, "the request for it is too long");
        return;
    }
    struct slice all = buffer_slice(&g->ask);
    control_call_start(&g->call, (struct slice){all.at, body_at}, slice_after(all, body_at));
}

static void on_tick(struct wheel_entry *e)
{
    struct control_grant *g = LIST_OWNER(e, struct control_grant, tick);
    if (credentials_life_end(&g->life, now_ms(g))) {
        credentials_forget(&g->line);
        g->on_change(g->owner);
    }
    if (credentials_life_is_due(&g->life, now_ms(g)) && secret_value(g->secret).n)
        ask(g);
    schedule(g);
}

/* Whatever was under way is given up, and begun again at once. */
static void hurry(struct control_grant *g)
{
    forget_ask(g);
    credentials_life_hurry(&g->life, now_ms(g));
    schedule(g);
}

static void on_address(struct control_call *call)
{
    hurry(LIST_OWNER(call, struct control_grant, call));
}

static const struct control_call_handlers handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_end = on_end,
    .on_address = on_address,
};

/* A connection a token: the next one is asked for long after this one would have been closed. */
static struct control_call_place place_of(const struct control_grant *g)
{
    const struct config_target *t = &settings(g)->token_target;
    return (struct control_call_place){
        .host = t->host,
        .port = t->port,
        .tls = t->is_tls ? g->control->snapshot->service_tls[g->service->index] : NULL,
        .server_name = t->host,
        .answer_ms = ASK_MS,
    };
}

struct control_grant *control_grant_new(struct control *c, const struct config_service *service,
                                        const struct secret *secret, void (*on_change)(void *),
                                        void *owner)
{
    struct control_grant *g = memory_take_zero(1, sizeof *g);
    *g = (struct control_grant){.control = c, .service = service, .secret = secret};
    g->on_change = on_change;
    g->owner = owner;
    buffer_init(&g->line, CREDENTIALS_LIMIT);
    buffer_init(&g->ask, CREDENTIALS_LIMIT);
    buffer_init(&g->answer, ANSWER_LIMIT);
    wheel_entry_init(&g->tick, on_tick);
    const struct control_call_place place = place_of(g);
    credentials_life_init(&g->life, now_ms(g));
    control_call_init(&g->call, c, &handlers);
    control_call_open(&g->call, &place);
    g->life.due_ms += control_call_is_known(&g->call) ? 0 : NAME_MS;
    schedule(g);
    return g;
}

void control_grant_move(struct control_grant *g, const struct config_service *service)
{
    g->service = service;
    if (g->life.is_asking)
        hurry(g);
    const struct control_call_place place = place_of(g);
    control_call_move(&g->call, &place);
}

void control_grant_secret_changed(struct control_grant *g)
{
    if (g->life.generation == 0 || g->life.n_failures || g->life.is_asking)
        hurry(g);
}

void control_grant_refused(struct control_grant *g, uint64_t generation)
{
    if (credentials_life_refuse(&g->life, generation, now_ms(g)))
        schedule(g);
}

void control_grant_free(struct control_grant *g)
{
    forget_ask(g);
    control_call_close(&g->call);
    loop_disarm(&g->control->loop, &g->tick);
    credentials_forget(&g->line);
    free(g);
}
