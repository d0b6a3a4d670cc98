/* service_fault.h - what a rehearsal makes go wrong (`faults`, run --allow-faults) */
#pragma once

#include "service/service.h"

/* The first fault of the service's that this call is to suffer; NULL: none. */
const struct config_fault *service_fault_draw(const struct service *s);
