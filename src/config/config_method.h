/* config_method.h - what the method of a source's call promises (RFC 9110 9.2) */
#pragma once

#include "config/config.h"

/* May the call be made again (9.2.2)? */
bool config_method_is_idempotent(const struct config_source *s);
