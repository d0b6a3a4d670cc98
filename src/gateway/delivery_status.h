/* delivery_status.h - what the client is told where a required source has failed (CONTRACT 3.5) */
#pragma once

#include "gateway/run.h"

/* The answer's status. *is_source becomes whether it is the service's own word, passed on. */
unsigned delivery_status(const struct run *r, unsigned source, bool *is_passed);
