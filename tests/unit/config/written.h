/* written.h - configurations written into a folder of their own, and loaded from there */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../unit.h"
#include "base/buffer.h"
#include "config/config.h"

struct written {
    char folder[64];
    struct buffer diagnostics;
    struct config *config; /* of the last load; NULL where it was refused */
};

static inline int written_set_up(void **state)
{
    struct written *w = calloc(1, sizeof *w);
    assert_non_null(w);
    snprintf(w->folder, sizeof w->folder, "/tmp/sheaf-config-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    buffer_init(&w->diagnostics, 4 * 1024 * 1024);
    *state = w;
    return 0;
}

static inline int written_remove(const char *path, const struct stat *about, int kind,
                                 struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

static inline int written_tear_down(void **state)
{
    struct written *w = *state;
    config_free(w->config);
    buffer_done(&w->diagnostics);
    nftw(w->folder, written_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

/* Writes NAME into the folder; a folder of its own name is made where it has a slash. */
static inline void written_file(const struct written *w, const char *name, struct slice text)
{
    char path[512];
    const char *slash = strrchr(name, '/');
    if (slash) {
        snprintf(path, sizeof path, "%s/%.*s", w->folder, (int)(slash - name), name);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
}

/* Loads the folder's sheaf.yaml, written with this text. */
static inline struct config *written_try(struct written *w, const char *text)
{
    char path[512];
    config_free(w->config);
    buffer_done(&w->diagnostics);
    written_file(w, "sheaf.yaml", slice_of(text));
    snprintf(path, sizeof path, "%s/sheaf.yaml", w->folder);
    w->config = config_load(path, &w->diagnostics);
    return w->config;
}

/* The same of one that must be good. */
static inline struct config *written_load(struct written *w, const char *text)
{
    struct config *c = written_try(w, text);
    if (!c)
        fail_msg("%.*s", SLICE_ARG(buffer_slice(&w->diagnostics)));
    assert_int_equal(w->diagnostics.n, 0);
    return c;
}

static inline bool written_is_told(const struct written *w, const char *words)
{
    return memmem(w->diagnostics.at, w->diagnostics.n, words, strlen(words)) != NULL;
}

/* For structs: a test with its folder. */
#define WRITTEN_TEST(f) cmocka_unit_test_setup_teardown(f, written_set_up, written_tear_down)
