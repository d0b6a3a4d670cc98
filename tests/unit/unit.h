/* unit.h - cmocka with what it wants to be included before it */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Not sorted among the others. */
#include "cmocka.h"
