/* check.c - what happens when one of our own promises breaks */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *promise, const char *file, int line)
{
    fprintf(stderr, "sheaf: %s:%d: broken promise: %s\n", file, line, promise);
    abort();
}
