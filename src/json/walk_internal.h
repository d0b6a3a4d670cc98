/* walk_internal.h - what the levels of the walk over arrays and objects have in common */
#pragma once

#include "json/scan.h"

/* All of them: behind the array or object that begins at `at`. The text goes on to `end`; no byte
 * from there on is read. */
const char *walk_bytes(const char *at, const char *end); /* the twin that the others are held to */
const char *walk_vectors(const char *at, const char *end); /* what every x86-64 and aarch64 has */
const char *walk_avx2(const char *at, const char *end);
const char *walk_avx512(const char *at, const char *end);

/* The best of them that the processor has. */
const char *walk_container(const char *at, const char *end);
/* For tests and measurements; the processor must have the level. */
const char *walk_container_at(enum scan_level level, const char *at, const char *end);
