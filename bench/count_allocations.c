/* count_allocations.c - preloaded into a process: counts what it takes from the heap
 *
 * The count lies at the start of the file that ALLOCATIONS names (8 bytes, shared), so that the
 * measurement reads it while the process runs. The work itself is left to the C library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The C library's own, under the names that glibc gives them.
 * NOLINTBEGIN(readability-identifier-naming): their names */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n_items, size_t size);
void *__libc_realloc(void *at, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
/* NOLINTEND(readability-identifier-naming) */

static atomic_uint_fast64_t before_the_file;
static atomic_uint_fast64_t *count = &before_the_file;

__attribute__((constructor)) static void open_file(void)
{
    const char *name = getenv("ALLOCATIONS");
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *at = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED)
        count = at;
}

static void add(void)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

void *malloc(size_t n)
{
    add();
    return __libc_malloc(n);
}

void *calloc(size_t n_items, size_t size)
{
    add();
    return __libc_calloc(n_items, size);
}

void *realloc(void *at, size_t n)
{
    add();
    return __libc_realloc(at, n);
}

void *memalign(size_t alignment, size_t n);
void *memalign(size_t alignment, size_t n)
{
    add();
    return __libc_memalign(alignment, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    add();
    return __libc_memalign(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
    add();
    *out = __libc_memalign(alignment, n);
    return *out ? 0 : ENOMEM;
}
