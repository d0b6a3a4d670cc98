/* explain_internal.h - what the pictures of a plan have in common */
#pragma once

#include "app/explain.h"

/* " (required)", " (fallback, hidden)", ...; empty where there is nothing to say. */
const char *explain_role(const struct config_endpoint *e, const struct selection *chosen,
                         unsigned source);
/* "cached for 1m", "cached as the service says"; the cache is on. */
void explain_print_cache(FILE *to, const struct config_cache *c);
/* Who may ask, how much, from where, in which coding; what is not bounded is not told. */
void explain_print_policies(FILE *to, const struct config_endpoint *e);
/* Calls that this source may come to. */
unsigned explain_most_calls(const struct config_source *s);
/* Of how many others it is at the end. */
unsigned explain_depth(unsigned source, const struct explain_times *times);
/* streamed: bits of the sources whose elements leave one by one. */
void explain_print_table(FILE *to, const struct config_endpoint *e, const struct selection *chosen,
                         const struct explain_times *times, uint64_t streamed);
