/* keys_file.c - a file becomes a table of digests */
#include "app/keys_file.h"

#include "app/secret.h"
#include "config/keys.h"
#include "edge/api_keys.h"

static const char *take(void *context, const struct keys_pair *p)
{
    return api_keys_add(context, p->name, p->key, p->scopes);
}

static bool fill(struct api_keys *k, const struct config_auth *a, struct slice text,
                 struct buffer *wrong)
{
    if (!keys_read(text, a->file, take, k, wrong))
        return false;
    if (api_keys_finish(k))
        return true;
    bool is_told =
        buffer_print(wrong, "%s: two names have the same key; give each its own", a->file);
    (void)is_told; /* a name of a file that fits no message */
    return false;
}

struct api_keys *keys_file_read(const struct config_auth *a, struct slice text,
                                struct buffer *wrong)
{
    struct api_keys *k = api_keys_new();
    if (fill(k, a, text, wrong))
        return k;
    api_keys_release(k);
    return NULL;
}

struct api_keys *keys_file_load(const struct config_auth *a, struct buffer *wrong)
{
    const struct config_secret from = {.file = a->file};
    struct secret s;
    struct api_keys *k = NULL;
    secret_init(&s, &from, KEYS_FILE_MAX);
    if (secret_look(&s) == SECRET_CHANGED) {
        k = keys_file_read(a, secret_value(&s), wrong);
    } else {
        bool is_told = buffer_print(wrong,
                                    "%s cannot be read, is empty or larger than 4 MiB; a file"
                                    " of keys has lines of name: key",
                                    a->file);
        (void)is_told; /* as above */
    }
    secret_done(&s);
    return k;
}
