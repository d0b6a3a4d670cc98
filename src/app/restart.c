/* restart.c - compares a configuration with the one at the start */
#include "app/restart.h"

#include "base/check.h"

enum {
    TEXT_LIMIT = 1024 * 1024 /* as long as a configuration may be */
};

static void write_listener(struct buffer *to, const struct config_listen *l)
{
    bool is_written = buffer_print(to, "%.*s%s\n", SLICE_ARG(l->address), l->has_tls ? " tls" : "");
    CHECK(is_written);
}

static void write_listeners(struct buffer *to, const struct config *c)
{
    buffer_init(to, TEXT_LIMIT);
    for (unsigned i = 0; i < c->n_listens; i++)
        write_listener(to, &c->listens[i]);
}

static void write_admin(struct buffer *to, const struct config *c)
{
    buffer_init(to, TEXT_LIMIT);
    if (c->has_admin)
        write_listener(to, &c->admin);
}

static void write_log_file(struct buffer *to, const struct config *c)
{
    buffer_init(to, TEXT_LIMIT);
    bool is_written = !c->log.file || buffer_append(to, slice_of(c->log.file));
    CHECK(is_written);
}

void restart_init(struct restart *r, const struct config *c)
{
    *r = (struct restart){
        .workers = c->workers, .has_access = c->log.access, .cache_memory = c->cache_memory};
    write_listeners(&r->listens, c);
    write_admin(&r->admin, c);
    write_log_file(&r->log_file, c);
}

void restart_done(struct restart *r)
{
    buffer_done(&r->listens);
    buffer_done(&r->admin);
    buffer_done(&r->log_file);
}

static bool is_other(const struct buffer *then, const struct config *c,
                     void (*write)(struct buffer *to, const struct config *c))
{
    struct buffer now;
    write(&now, c);
    bool is_equal = slice_equal(buffer_slice(then), buffer_slice(&now));
    buffer_done(&now);
    return !is_equal;
}

bool restart_has_listeners(const struct restart *r, const struct config *c)
{
    return !is_other(&r->listens, c, write_listeners);
}

/* A log that is turned off is off at once, and goes on where it was. */
void restart_tell(const struct restart *r, const struct config *c, const char *file, FILE *to)
{
    bool is_logged = c->log.access && r->has_access;
    const struct {
        const char *name, *until;
        bool is_other;
    } settings[] = {
        {"listen", ", until which listeners ask clients for certificates only if they did before",
         !restart_has_listeners(r, c)},
        {"admin", "", is_other(&r->admin, c, write_admin)},
        {"workers", "", c->workers != r->workers},
        {"log.access", "", c->log.access && !r->has_access},
        {"log.file", "", is_logged && is_other(&r->log_file, c, write_log_file)},
        {"cache.memory", "", c->cache_memory != r->cache_memory},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (settings[i].is_other)
            fprintf(to, "sheaf: %s: %s changed; that needs a restart%s\n", file, settings[i].name,
                    settings[i].until);
}
