/* suites.h - outside test vectors, kept beside the project and not in it
 *
 * They lie in ../shared/suites of the source root, or where SHEAF_SUITES says; a test that finds
 * none skips with a notice.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#ifndef SHEAF_SOURCE_ROOT
#define SHEAF_SOURCE_ROOT "."
#endif

/* The whole file with a NUL behind it, to be freed; NULL with a notice where it is absent. */
static inline char *suites_read(const char *name, size_t *n)
{
    const char *root = getenv("SHEAF_SUITES");
    *n = 0;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root ? root : SHEAF_SOURCE_ROOT "/../shared/suites", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "skipped: no %s\n", path);
        return NULL;
    }
    size_t capacity = 1 << 20;
    char *bytes = malloc(capacity);
    while (bytes && !feof(file) && !ferror(file)) {
        *n += fread(bytes + *n, 1, capacity - *n - 1, file);
        if (*n == capacity - 1)
            bytes = realloc(bytes, capacity *= 2);
    }
    fclose(file);
    if (bytes)
        bytes[*n] = '\0';
    return bytes;
}
