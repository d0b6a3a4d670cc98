/* load.h - a configuration from a text in a test */
#pragma once

#include "../unit.h"
#include "config/config.h"

/* Fails the test with the diagnostics where the text is wrong. */
struct config *load_config(const char *yaml);
/* One service, and this below "endpoints:". */
struct config *load_endpoints(const char *yaml);
