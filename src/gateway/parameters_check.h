/* parameters_check.h - does a value fit what is declared of its parameter? */
#pragma once

#include "gateway/parameters.h"

/* Adds what is wrong with one value, or one item of a list. false: the arena is full. */
bool parameters_check(struct parameters *p, const struct config_parameter *declared,
                      struct slice value, struct pattern_scratch *scratch,
                      struct arena *arena) MUST_USE;
