/* call_internal.h - how a connection tells the end of its call */
#pragma once

#include "http/call.h"

/* The last word to the caller, which may start it anew or free it meanwhile. */
void call_tell_end(struct call *c, enum call_end how);
