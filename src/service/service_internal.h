/* service_internal.h - what service.c and service_target.c share */
#pragma once

#include "service/service.h"

/* The targets that the configuration names; n_targets, targets and loads are there. */
void service_targets_init(struct service *s);
void service_targets_done(struct service *s);
