/* control_issuer.c - keys are asked for, and the answer judged */
#include "app/control_issuer.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/control.h"
#include "base/memory.h"
#include "base/units.h"
#include "cache/freshness.h"

enum {
    ASK_MS = 10000,
    NAME_MS = 1000, /* for the first address */
    ASK_LIMIT = 16 * 1024,
    WHY_MAX = 96,
};

static uint64_t now_ms(const struct control_issuer *i)
{
    return i->control->loop.now_ms;
}

static const struct config_jwt *settings(const struct control_issuer *i)
{
    return &i->policy->jwt;
}

static void schedule(struct control_issuer *i)
{
    uint64_t next_ms = key_life_next_ms(&i->life);
    if (next_ms == UINT64_MAX)
        loop_disarm(&i->control->loop, &i->tick);
    else
        loop_arm(&i->control->loop, &i->tick, next_ms);
}

static void complain(const struct control_issuer *i, const char *why)
{
    if (i->control->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(stderr, "sheaf: %s keys for the policy %.*s: %s\n", i->keys ? "no new" : "no",
                SLICE_ARG(i->policy->name), why);
}

static enum key_set_verdict read_keys(struct control_issuer *i, struct slice text,
                                      enum key_set_origin origin)
{
    struct key_set *keys;
    enum key_set_verdict verdict = key_set_read(text, origin, &keys);
    if (verdict != KEY_SET_GOOD)
        return verdict;
    key_set_release(i->keys);
    i->keys = keys;
    return verdict;
}

static const char *why_not(struct secret *file)
{
    struct key_set *keys;
    if (secret_look(file) != SECRET_CHANGED)
        return "it cannot be read, is empty or larger than 256 KiB";
    enum key_set_verdict verdict = key_set_read(secret_value(file), KEY_SET_OF_FILE, &keys);
    if (verdict != KEY_SET_GOOD)
        return key_set_why(verdict);
    key_set_release(keys);
    return NULL;
}

bool control_issuer_check_file(const char *file, struct buffer *wrong)
{
    const struct config_secret from = {.file = file};
    struct secret s;
    secret_init(&s, &from, KEY_SET_TEXT_MAX);
    const char *why = why_not(&s);
    secret_done(&s);
    if (!why)
        return true;
    bool is_told =
        buffer_print(wrong, "%s gives no keys: %s; give a JSON Web Key Set (RFC 7517)", file, why);
    (void)is_told; /* a name of a file that fits no message */
    return false;
}

void control_issuer_look(struct control_issuer *i)
{
    if (!settings(i)->file)
        return;
    switch (secret_look(&i->file)) {
    case SECRET_SAME:
        return;
    case SECRET_LOST:
        complain(i, "the file cannot be read");
        return;
    case SECRET_CHANGED:
        break;
    }
    enum key_set_verdict verdict = read_keys(i, secret_value(&i->file), KEY_SET_OF_FILE);
    if (verdict != KEY_SET_GOOD)
        complain(i, key_set_why(verdict));
    else if (i->on_news)
        i->on_news(i);
}

static void forget_ask(struct control_issuer *i)
{
    control_call_cancel(&i->call);
    buffer_done(&i->ask);
    buffer_done(&i->answer);
}

/* Told once in a row of failures: the next ones bring nothing new. */
static void fail(struct control_issuer *i, const char *why)
{
    forget_ask(i);
    key_life_fail(&i->life, now_ms(i), random_next(&i->control->random));
    if (i->life.n_failures == 1)
        complain(i, why);
    schedule(i);
    i->on_news(i);
}

static void judge(struct control_issuer *i)
{
    char why[WHY_MAX];
    if (i->status != 200) {
        snprintf(why, sizeof why, "the answer is %u", i->status);
        fail(i, why);
        return;
    }
    enum key_set_verdict verdict = read_keys(i, buffer_slice(&i->answer), KEY_SET_OF_URL);
    if (verdict != KEY_SET_GOOD) {
        fail(i, key_set_why(verdict));
        return;
    }
    forget_ask(i);
    key_life_take(&i->life, now_ms(i), i->lifetime_ms);
    schedule(i);
    i->on_news(i);
}

/* Of several fields of one name the first counts: this only times our asking. */
static struct slice field_of(const struct h1_head *head, const char *base, struct slice name)
{
    for (unsigned k = 0; k < head->n_fields; k++)
        if (slice_equal_nocase(h1_name(base, &head->fields[k]), name))
            return h1_value(base, &head->fields[k]);
    return SLICE_NONE;
}

static void on_head(struct control_call *call, const struct h1_head *head, const char *base)
{
    struct control_issuer *i = LIST_OWNER(call, struct control_issuer, call);
    uint64_t wall_ms = i->control->loop.wall_us / US_A_MS;
    const struct freshness_answer answer = {
        .cache_control = field_of(head, base, SLICE("cache-control")),
        .expires = field_of(head, base, SLICE("expires")),
        .date = field_of(head, base, SLICE("date")),
        .asked_ms = wall_ms,
        .came_ms = wall_ms,
    };
    struct freshness f;
    freshness_read(&f, &answer);
    i->status = head->status;
    i->lifetime_ms = f.lifetime_ms == FRESHNESS_UNTOLD ? KEY_LIFE_UNTOLD : f.lifetime_ms;
}

static void on_body(struct control_call *call, struct slice chunk)
{
    struct control_issuer *i = LIST_OWNER(call, struct control_issuer, call);
    if (buffer_append(&i->answer, chunk))
        return;
    fail(i, key_set_why(KEY_SET_TOO_LARGE));
}

static void on_end(struct control_call *call, enum control_call_end how)
{
    struct control_issuer *i = LIST_OWNER(call, struct control_issuer, call);
    switch (how) {
    case CONTROL_CALL_DONE:
        judge(i);
        break;
    case CONTROL_CALL_NO_CONNECTION:
        fail(i, "no connection to where they are");
        break;
    case CONTROL_CALL_BROKEN:
        fail(i, "the connection to where they are broke off");
        break;
    case CONTROL_CALL_INVALID:
        fail(i, "the answer is not HTTP");
        break;
    case CONTROL_CALL_LATE:
        fail(i, "no answer in time");
        break;
    }
}

static void ask(struct control_issuer *i)
{
    key_life_begin(&i->life);
    i->status = 0;
    i->lifetime_ms = KEY_LIFE_UNTOLD;
    if (!buffer_print(&i->ask,
                      "GET %.*s HTTP/1.1\r\nhost: %.*s\r\naccept: application/jwk-set+json, "
                      "application/json\r\nuser-agent: sheaf\r\nconnection: close\r\n\r\n",
                      SLICE_ARG(settings(i)->path), SLICE_ARG(settings(i)->target.authority))) {
        fail(i, "the request for them is too long");
        return;
    }
    control_call_start(&i->call, buffer_slice(&i->ask), SLICE_NONE);
}

static void on_tick(struct wheel_entry *e)
{
    struct control_issuer *i = LIST_OWNER(e, struct control_issuer, tick);
    if (key_life_is_due(&i->life, now_ms(i)))
        ask(i);
    else
        schedule(i);
}

static void hurry(struct control_issuer *i)
{
    forget_ask(i);
    key_life_hurry(&i->life, now_ms(i));
    schedule(i);
}

static void on_address(struct control_call *call)
{
    hurry(LIST_OWNER(call, struct control_issuer, call));
}

static const struct control_call_handlers handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_end = on_end,
    .on_address = on_address,
};

static struct control_call_place place_of(const struct control_issuer *i)
{
    const struct config_target *t = &settings(i)->target;
    return (struct control_call_place){
        .host = t->host,
        .port = t->port,
        .tls = t->is_tls ? i->control->snapshot->issuer_tls[i->policy->index] : NULL,
        .server_name = t->host,
        .answer_ms = ASK_MS,
    };
}

static void start(struct control_issuer *i)
{
    const struct config_secret file = {.file = settings(i)->file};
    secret_init(&i->file, &file, KEY_SET_TEXT_MAX);
    if (file.file) {
        control_issuer_look(i);
        return;
    }
    const struct control_call_place place = place_of(i);
    key_life_init(&i->life, now_ms(i));
    control_call_open(&i->call, &place);
    i->life.due_ms += control_call_is_known(&i->call) ? 0 : NAME_MS;
    schedule(i);
}

struct control_issuer *control_issuer_new(struct control *c, const struct config_auth *policy,
                                          void (*on_news)(void *issuer))
{
    struct control_issuer *i = memory_take_zero(1, sizeof *i);
    *i = (struct control_issuer){.control = c, .policy = policy};
    buffer_init(&i->ask, ASK_LIMIT);
    buffer_init(&i->answer, KEY_SET_TEXT_MAX);
    wheel_entry_init(&i->tick, on_tick);
    control_call_init(&i->call, c, &handlers);
    start(i);
    i->on_news = on_news;
    return i;
}

bool control_issuer_is_alike(const struct config_auth *a, const struct config_auth *b)
{
    const struct config_jwt *one = &a->jwt, *other = &b->jwt;
    if (a->kind != CONFIG_AUTH_JWT || b->kind != CONFIG_AUTH_JWT ||
        !slice_equal(a->name, b->name) || !one->file != !other->file)
        return false;
    if (one->file)
        return strcmp(one->file, other->file) == 0;
    return one->target.is_tls == other->target.is_tls && one->target.port == other->target.port &&
           strcmp(one->target.host, other->target.host) == 0 && slice_equal(one->path, other->path);
}

void control_issuer_move(struct control_issuer *i, const struct config_auth *policy)
{
    const struct config_secret file = {.file = policy->jwt.file};
    i->policy = policy;
    secret_move(&i->file, &file);
    if (file.file)
        return;
    if (i->life.is_asking)
        hurry(i);
    const struct control_call_place place = place_of(i);
    control_call_move(&i->call, &place);
}

bool control_issuer_miss(struct control_issuer *i)
{
    if (settings(i)->file || !key_life_miss(&i->life, now_ms(i)))
        return false;
    schedule(i);
    return true;
}

void control_issuer_free(struct control_issuer *i)
{
    forget_ask(i);
    control_call_close(&i->call);
    loop_disarm(&i->control->loop, &i->tick);
    secret_done(&i->file);
    key_set_release(i->keys);
    free(i);
}
