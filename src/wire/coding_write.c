/* coding_write.c - bodies coded, by zlib, brotli and zstd */
#include "wire/coding_write.h"

#include <brotli/encode.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"
#include "wire/coding_memory.h"

enum {
    BLOCK = 16 * 1024,
    GZIP_LEVEL = 4,
    GZIP_BITS = 15 + 16, /* a window of 32 KiB, in gzip's frame */
    GZIP_MEMORY = 8,
    BR_QUALITY = 4,
    BR_WINDOW = 18, /* 256 KiB */
    BR_BLOCK = 16,  /* 64 KiB are worked off at once */
    ZSTD_LEVEL = 3,
    ZSTD_WINDOW = 19, /* 512 KiB */

    /* Where nobody knows how much will come; from 180 KiB of memory (gzip) to 630 (br). */
    SMALL_WINDOW = 15, /* 32 KiB, for each */
    GZIP_SMALL_MEMORY = 6,
    BR_SMALL_QUALITY = 3,
    ZSTD_SMALL_TABLE = 13,
};

/* What is to come out besides what must. */
enum urge {
    URGE_NONE,
    URGE_FLUSH,
    URGE_END,
};

struct coding_writer {
    enum coding coding;
    size_t n_memory; /* bytes that zlib and brotli have taken */
    union {
        z_stream zlib;
        BrotliEncoderState *br;
        ZSTD_CCtx *zstd;
    };
    char block[BLOCK];
};

static bool is_small(uint64_t size)
{
    return size == CODING_SIZE_UNKNOWN;
}

static void open_gzip(struct coding_writer *w, uint64_t size)
{
    int memory = is_small(size) ? GZIP_SMALL_MEMORY : GZIP_MEMORY;
    coding_memory_of_zlib(&w->zlib, &w->n_memory);
    CHECK(deflateInit2(&w->zlib, GZIP_LEVEL, Z_DEFLATED, GZIP_BITS, memory, Z_DEFAULT_STRATEGY) ==
          Z_OK);
}

static void open_br(struct coding_writer *w, uint64_t size)
{
    uint32_t quality = is_small(size) ? BR_SMALL_QUALITY : BR_QUALITY;
    uint32_t window = is_small(size) ? SMALL_WINDOW : BR_WINDOW;
    uint32_t block = is_small(size) ? SMALL_WINDOW + 1 : BR_BLOCK;
    w->br = BrotliEncoderCreateInstance(coding_memory_take, coding_memory_give, &w->n_memory);
    CHECK(w->br);
    bool is_set = BrotliEncoderSetParameter(w->br, BROTLI_PARAM_QUALITY, quality) &&
                  BrotliEncoderSetParameter(w->br, BROTLI_PARAM_LGWIN, window) &&
                  BrotliEncoderSetParameter(w->br, BROTLI_PARAM_LGBLOCK, block) &&
                  BrotliEncoderSetParameter(w->br, BROTLI_PARAM_SIZE_HINT,
                                            size < UINT32_MAX ? (uint32_t)size : UINT32_MAX);
    CHECK(is_set);
}

static void open_zstd(struct coding_writer *w, uint64_t size)
{
    w->zstd = ZSTD_createCCtx();
    CHECK(w->zstd);
    int table = is_small(size) ? ZSTD_SMALL_TABLE : 0; /* 0: as the level has it */
    size_t codes[] = {
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL),
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_windowLog,
                               is_small(size) ? SMALL_WINDOW : ZSTD_WINDOW),
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_hashLog, table),
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_chainLog, table),
        ZSTD_CCtx_setPledgedSrcSize(w->zstd, is_small(size) ? ZSTD_CONTENTSIZE_UNKNOWN : size),
    };
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++)
        CHECK(!ZSTD_isError(codes[i]));
}

struct coding_writer *coding_writer_new(enum coding coding, uint64_t size)
{
    struct coding_writer *w = calloc(1, sizeof *w);
    CHECK(w && (coding == CODING_GZIP || coding == CODING_BR || coding == CODING_ZSTD));
    w->coding = coding;
    if (coding == CODING_BR)
        open_br(w, size);
    else if (coding == CODING_ZSTD)
        open_zstd(w, size);
    else
        open_gzip(w, size);
    return w;
}

void coding_writer_free(struct coding_writer *w)
{
    if (!w)
        return;
    if (w->coding == CODING_BR)
        BrotliEncoderDestroyInstance(w->br);
    else if (w->coding == CODING_ZSTD)
        ZSTD_freeCCtx(w->zstd);
    else
        deflateEnd(&w->zlib);
    free(w);
}

/* Each fills the block from *in, sets how much of it, and tells whether that was all for now. */
static bool step_gzip(struct coding_writer *w, struct slice *in, enum urge urge, size_t *n_out)
{
    static const int flushes[] = {
        [URGE_NONE] = Z_NO_FLUSH, [URGE_FLUSH] = Z_SYNC_FLUSH, [URGE_END] = Z_FINISH};
    w->zlib.next_in = (const Bytef *)in->at;
    w->zlib.avail_in = (uInt)in->n;
    w->zlib.next_out = (Bytef *)w->block;
    w->zlib.avail_out = BLOCK;
    int code = deflate(&w->zlib, flushes[urge]);
    CHECK(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR);
    *in = slice_after(*in, in->n - w->zlib.avail_in);
    *n_out = BLOCK - w->zlib.avail_out;
    return urge == URGE_END ? code == Z_STREAM_END : in->n == 0 && *n_out < BLOCK;
}

static bool step_br(struct coding_writer *w, struct slice *in, enum urge urge, size_t *n_out)
{
    static const BrotliEncoderOperation operations[] = {[URGE_NONE] = BROTLI_OPERATION_PROCESS,
                                                        [URGE_FLUSH] = BROTLI_OPERATION_FLUSH,
                                                        [URGE_END] = BROTLI_OPERATION_FINISH};
    size_t n_in = in->n, room = BLOCK;
    const uint8_t *from = (const uint8_t *)in->at;
    uint8_t *to = (uint8_t *)w->block;
    CHECK(BrotliEncoderCompressStream(w->br, operations[urge], &n_in, &from, &room, &to, NULL));
    *in = slice_after(*in, in->n - n_in);
    *n_out = BLOCK - room;
    return urge == URGE_END ? BrotliEncoderIsFinished(w->br)
                            : in->n == 0 && !BrotliEncoderHasMoreOutput(w->br);
}

static bool step_zstd(struct coding_writer *w, struct slice *in, enum urge urge, size_t *n_out)
{
    static const ZSTD_EndDirective directives[] = {
        [URGE_NONE] = ZSTD_e_continue, [URGE_FLUSH] = ZSTD_e_flush, [URGE_END] = ZSTD_e_end};
    ZSTD_inBuffer from = {in->at, in->n, 0};
    ZSTD_outBuffer to = {w->block, BLOCK, 0};
    size_t left = ZSTD_compressStream2(w->zstd, &to, &from, directives[urge]);
    CHECK(!ZSTD_isError(left));
    *in = slice_after(*in, from.pos);
    *n_out = to.pos;
    return urge == URGE_NONE ? in->n == 0 && to.pos < BLOCK : left == 0;
}

static bool step(struct coding_writer *w, struct slice *in, enum urge urge, size_t *n_out)
{
    if (w->coding == CODING_BR)
        return step_br(w, in, urge, n_out);
    if (w->coding == CODING_ZSTD)
        return step_zstd(w, in, urge, n_out);
    return step_gzip(w, in, urge, n_out);
}

/* Who takes what comes out. */
struct sinking {
    coding_sink *sink;
    void *owner;
};

static bool code(struct coding_writer *w, struct slice bytes, enum urge urge,
                 const struct sinking *to)
{
    bool is_done = false, is_wanted = true;
    while (!is_done && is_wanted) {
        size_t n = 0;
        is_done = step(w, &bytes, urge, &n);
        if (n)
            is_wanted = to->sink(to->owner, (struct slice){w->block, n});
    }
    return is_wanted;
}

bool coding_write(struct coding_writer *w, struct slice bytes, bool is_last, coding_sink *sink,
                  void *owner)
{
    const struct sinking to = {sink, owner};
    return code(w, bytes, is_last ? URGE_END : URGE_NONE, &to);
}

bool coding_flush(struct coding_writer *w, coding_sink *sink, void *owner)
{
    const struct sinking to = {sink, owner};
    return code(w, SLICE(""), URGE_FLUSH, &to);
}

size_t coding_writer_memory(const struct coding_writer *w)
{
    return sizeof *w + (w->coding == CODING_ZSTD ? ZSTD_sizeof_CCtx(w->zstd) : w->n_memory);
}
