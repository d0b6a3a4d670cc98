/* delivery_plain.h - the whole answer at once: a document, or a problem (CONTRACT 3.5) */
#pragma once

#include "gateway/run.h"

extern const struct delivery delivery_plain;
