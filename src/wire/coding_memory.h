/* coding_memory.h - what the libraries of the codings take from the heap, counted
 *
 * zlib and brotli let their caller allocate: these do, and count in a size_t of the caller's. zstd
 * tells its size itself.
 */
#pragma once

#include <stddef.h>
#include <zlib.h>

/* count: of size_t. Out of memory aborts. */
void *coding_memory_take(void *count, size_t n);
/* at may be NULL. */
void coding_memory_give(void *count, void *at);
/* The stream allocates so; before its init. */
void coding_memory_of_zlib(z_stream *z, size_t *count);
