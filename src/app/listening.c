/* listening.c - opens what the configuration listens on, for every worker */
#include "app/listening.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

static void allocate(struct listening *l, const struct config *c, unsigned n_workers)
{
    *l = (struct listening){.n_listeners = c->n_listens, .n_workers = n_workers};
    l->n_fds = (size_t)n_workers * c->n_listens;
    l->addresses = calloc(c->n_listens, sizeof *l->addresses);
    l->hands_on = calloc(c->n_listens, sizeof *l->hands_on);
    l->fds = malloc(l->n_fds * sizeof *l->fds);
    CHECK(l->addresses && l->hands_on && l->fds);
    for (size_t i = 0; i < l->n_fds; i++)
        l->fds[i] = -1;
}

const int *listening_fds(const struct listening *l, unsigned w)
{
    return l->fds + (size_t)w * l->n_listeners;
}

static bool open_one(struct listening *l, unsigned i, const struct config_listen *listen)
{
    const char *why;
    if (listener_parse(listen->address, &l->addresses[i], &why) != FAULT_NONE) {
        fprintf(stderr, "sheaf: cannot listen on %.*s: %s\n", SLICE_ARG(listen->address), why);
        return false;
    }
    int *opened = malloc(l->n_workers * sizeof *opened);
    CHECK(opened);
    enum fault fault = listener_open(&l->addresses[i], opened, l->n_workers);
    /* Only a name that we made is ours to remove. */
    l->hands_on[i] = fault == FAULT_NONE && l->addresses[i].is_unix;
    if (fault == FAULT_NONE)
        for (unsigned w = 0; w < l->n_workers; w++)
            l->fds[(size_t)w * l->n_listeners + i] = opened[w];
    else
        fprintf(stderr, "sheaf: cannot listen on %.*s: %s\n", SLICE_ARG(listen->address),
                strerror(errno));
    free(opened);
    return fault == FAULT_NONE;
}

bool listening_open(struct listening *l, const struct config *c, unsigned n_workers)
{
    allocate(l, c, n_workers);
    for (unsigned i = 0; i < c->n_listens; i++) {
        if (open_one(l, i, &c->listens[i]))
            continue;
        listening_close(l);
        return false;
    }
    return true;
}

void listening_close(struct listening *l)
{
    for (size_t i = 0; i < l->n_fds; i++)
        if (l->fds[i] >= 0)
            close(l->fds[i]);
    for (unsigned i = 0; i < l->n_listeners; i++)
        if (l->hands_on[i])
            listener_unlink(&l->addresses[i]);
    free(l->fds);
    free(l->hands_on);
    free(l->addresses);
    *l = (struct listening){0};
}
