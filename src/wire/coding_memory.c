/* coding_memory.c - malloc() and free(), and how much of it is out */
#include "wire/coding_memory.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/check.h"

void *coding_memory_take(void *count, size_t n)
{
    void *at = malloc(n);
    CHECK(at);
    *(size_t *)count += malloc_usable_size(at);
    return at;
}

void coding_memory_give(void *count, void *at)
{
    *(size_t *)count -= malloc_usable_size(at);
    free(at);
}

static voidpf take(voidpf count, uInt n_items, uInt size)
{
    return coding_memory_take(count, (size_t)n_items * size);
}

void coding_memory_of_zlib(z_stream *z, size_t *count)
{
    z->zalloc = take;
    z->zfree = coding_memory_give;
    z->opaque = count;
}
