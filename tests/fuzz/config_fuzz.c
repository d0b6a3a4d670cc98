/* config_fuzz.c - configurations: each is good or told, each diagnostic has its place */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/check.h"
#include "config/config.h"
#include "json/scan.h"

enum {
    TOLD_MAX = 4 * 1024 * 1024,
    DEPTH_MAX = 64
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses a little memory with some quoted scalars that it refuses. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

/* What the program trusts without looking again. */
static void check_endpoint(const struct config_endpoint *e)
{
    CHECK(e->n_segments > 0 && e->n_sources > 0 && e->n_sources <= CONFIG_MAX_SOURCES);
    for (unsigned i = 0; i < e->n_segments; i++)
        CHECK(e->segments[i].kind != CONFIG_PARAMETER ||
              e->segments[i].parameter < e->n_parameters);
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        CHECK(s->service && s->path.compiled && s->timeout_ms > 0);
        CHECK(!(s->needs & (UINT64_C(1) << i)));
        CHECK(!s->has_fallback || scan_json(s->fallback, DEPTH_MAX).verdict == SCAN_OK);
    }
}

/* FILE:LINE:COL: error: ..., a line, a caret. */
static void check_told(struct slice told, const char *file)
{
    CHECK(slice_starts(told, slice_of(file)));
    CHECK(memmem(told.at, told.n, ": error: ", 9));
    CHECK(told.at[told.n - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[64];
    struct buffer told;
    if (memmem(data, n, "include", 7)) /* what lies on this machine is no input */
        return 0;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    buffer_init(&told, TOLD_MAX);
    struct config *c = config_load(path, &told);
    CHECK(!c == (told.n > 0));
    for (unsigned i = 0; c && i < c->n_endpoints; i++)
        check_endpoint(&c->endpoints[i]);
    if (!c)
        check_told(buffer_slice(&told), path);
    config_free(c);
    buffer_done(&told);
    close(fd);
    return 0;
}
