/* control_keys.c - what changes in a file of keys reaches all workers */
#include "app/control_keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/control_internal.h"
#include "app/keys_file.h"
#include "app/secret.h"
#include "base/memory.h"
#include "config/keys.h"
#include "edge/api_keys.h"

enum {
    LOOK_EVERY_MS = 1000,
    MESSAGE_MAX = 512
};

struct control_keys_file {
    const struct config_auth *policy;
    struct secret file;
};

static void complain(const struct control *c, const struct config_auth *a, struct slice what)
{
    if (c->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(stderr, "sheaf: the keys of the policy %.*s stay as they were: %.*s\n",
                SLICE_ARG(a->name), SLICE_ARG(what));
}

static void publish(struct control *c, const struct control_keys_file *f)
{
    struct buffer wrong;
    buffer_init(&wrong, MESSAGE_MAX);
    struct api_keys *keys = keys_file_read(f->policy, secret_value(&f->file), &wrong);
    if (!keys)
        complain(c, f->policy, buffer_slice(&wrong));
    for (unsigned i = 0; keys && i < c->shared->n_workers; i++)
        worker_set_keys(&c->shared->workers[i], c->snapshot,
                        (struct worker_keys){f->policy->index, api_keys_share(keys)});
    api_keys_release(keys);
    buffer_done(&wrong);
}

static void look(struct control *c, struct control_keys_file *f)
{
    switch (secret_look(&f->file)) {
    case SECRET_SAME:
        break;
    case SECRET_CHANGED:
        publish(c, f);
        break;
    case SECRET_LOST:
        complain(c, f->policy, SLICE("the file cannot be read"));
        break;
    }
}

/* While the workers do not serve by the snapshot they would not hear of it. */
static void on_look(struct wheel_entry *e)
{
    struct control *c = LIST_OWNER(e, struct control, keys.look);
    for (unsigned i = 0; !c->is_waiting && i < c->keys.n; i++)
        look(c, &c->keys.all[i]);
    loop_arm(&c->loop, e, c->loop.now_ms + LOOK_EVERY_MS);
}

void control_keys_init(struct control *c)
{
    wheel_entry_init(&c->keys.look, on_look);
}

/* The first look hands over what the workers have had from the snapshot, or what it is by now. */
void control_keys_watch(struct control *c)
{
    const struct config *config = c->snapshot->config;
    control_keys_done(c);
    if (config->n_auth == 0)
        return;
    c->keys.all = memory_take_zero(config->n_auth, sizeof *c->keys.all);
    for (unsigned i = 0; i < config->n_auth; i++) {
        const struct config_secret from = {.file = config->auth[i].file};
        if (config->auth[i].kind != CONFIG_AUTH_KEYS)
            continue;
        struct control_keys_file *f = &c->keys.all[c->keys.n++];
        f->policy = &config->auth[i];
        secret_init(&f->file, &from, KEYS_FILE_MAX);
    }
    loop_arm(&c->loop, &c->keys.look, c->loop.now_ms + LOOK_EVERY_MS);
}

void control_keys_done(struct control *c)
{
    for (unsigned i = 0; i < c->keys.n; i++)
        secret_done(&c->keys.all[i].file);
    free(c->keys.all);
    c->keys.all = NULL;
    c->keys.n = 0;
    loop_disarm(&c->loop, &c->keys.look);
}
