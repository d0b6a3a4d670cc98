/* store_setup.h - the tier of a thread, as the configuration has it */
#pragma once

#include "app/snapshot.h"
#include "store/tier.h"

/* Do both mean the same stores, asked in the same way? Certificates may differ. */
bool store_setup_is_alike(const struct config *a, const struct config *b);

struct store_setup {
    struct loop *loop;
    struct counters *counters;
    void (*on_state)(void *owner, unsigned store, bool is_up, const char *why); /* may be NULL */
    void *owner;
};
/* NULL: the configuration has no store. Addresses that are literals are set; those of names come
 * from the control thread. */
struct tier *store_setup_new(const struct snapshot *s, const struct store_setup *with);
