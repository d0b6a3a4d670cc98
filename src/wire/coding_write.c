/* coding_write.c - bodies coded, by zlib, brotli and zstd */
#include "wire/coding_write.h"

#include <brotli/encode.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"

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
};

struct coding_writer {
    enum coding coding;
    union {
        z_stream zlib;
        BrotliEncoderState *br;
        ZSTD_CCtx *zstd;
    };
    char block[BLOCK];
};

static void open_br(struct coding_writer *w, uint64_t size)
{
    w->br = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    CHECK(w->br);
    bool is_set = BrotliEncoderSetParameter(w->br, BROTLI_PARAM_QUALITY, BR_QUALITY) &&
                  BrotliEncoderSetParameter(w->br, BROTLI_PARAM_LGWIN, BR_WINDOW) &&
                  BrotliEncoderSetParameter(w->br, BROTLI_PARAM_LGBLOCK, BR_BLOCK) &&
                  BrotliEncoderSetParameter(w->br, BROTLI_PARAM_SIZE_HINT,
                                            size < UINT32_MAX ? (uint32_t)size : UINT32_MAX);
    CHECK(is_set);
}

static void open_zstd(struct coding_writer *w, uint64_t size)
{
    w->zstd = ZSTD_createCCtx();
    CHECK(w->zstd);
    size_t codes[] = {
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL),
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_windowLog, ZSTD_WINDOW),
        ZSTD_CCtx_setPledgedSrcSize(w->zstd, size),
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
        CHECK(deflateInit2(&w->zlib, GZIP_LEVEL, Z_DEFLATED, GZIP_BITS, GZIP_MEMORY,
                           Z_DEFAULT_STRATEGY) == Z_OK);
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
static bool step_gzip(struct coding_writer *w, struct slice *in, bool is_last, size_t *n_out)
{
    w->zlib.next_in = (const Bytef *)in->at;
    w->zlib.avail_in = (uInt)in->n;
    w->zlib.next_out = (Bytef *)w->block;
    w->zlib.avail_out = BLOCK;
    int code = deflate(&w->zlib, is_last ? Z_FINISH : Z_NO_FLUSH);
    CHECK(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR);
    *in = slice_after(*in, in->n - w->zlib.avail_in);
    *n_out = BLOCK - w->zlib.avail_out;
    return is_last ? code == Z_STREAM_END : in->n == 0 && *n_out < BLOCK;
}

static bool step_br(struct coding_writer *w, struct slice *in, bool is_last, size_t *n_out)
{
    size_t n_in = in->n, room = BLOCK;
    const uint8_t *from = (const uint8_t *)in->at;
    uint8_t *to = (uint8_t *)w->block;
    CHECK(BrotliEncoderCompressStream(w->br,
                                      is_last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS,
                                      &n_in, &from, &room, &to, NULL));
    *in = slice_after(*in, in->n - n_in);
    *n_out = BLOCK - room;
    return is_last ? BrotliEncoderIsFinished(w->br)
                   : in->n == 0 && !BrotliEncoderHasMoreOutput(w->br);
}

static bool step_zstd(struct coding_writer *w, struct slice *in, bool is_last, size_t *n_out)
{
    ZSTD_inBuffer from = {in->at, in->n, 0};
    ZSTD_outBuffer to = {w->block, BLOCK, 0};
    size_t left = ZSTD_compressStream2(w->zstd, &to, &from, is_last ? ZSTD_e_end : ZSTD_e_continue);
    CHECK(!ZSTD_isError(left));
    *in = slice_after(*in, from.pos);
    *n_out = to.pos;
    return is_last ? left == 0 : in->n == 0 && to.pos < BLOCK;
}

static bool step(struct coding_writer *w, struct slice *in, bool is_last, size_t *n_out)
{
    if (w->coding == CODING_BR)
        return step_br(w, in, is_last, n_out);
    if (w->coding == CODING_ZSTD)
        return step_zstd(w, in, is_last, n_out);
    return step_gzip(w, in, is_last, n_out);
}

bool coding_write(struct coding_writer *w, struct slice bytes, bool is_last, coding_sink *sink,
                  void *owner)
{
    bool is_done = false, is_wanted = true;
    while (!is_done && is_wanted) {
        size_t n = 0;
        is_done = step(w, &bytes, is_last, &n);
        if (n)
            is_wanted = sink(owner, (struct slice){w->block, n});
    }
    return is_wanted;
}
