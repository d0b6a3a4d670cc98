/* coding.c - bodies decoded, by zlib, brotli and zstd
 *
 * A coding is a stage; stacked ones feed each other, the last applied first. Each has a block that
 * it writes into, and goes on when the next one has read it. It is always the last one with
 * something to do that does the next step, so that one may stop and go on after any of them.
 */
#include "wire/coding.h"

#include <brotli/decode.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"
#include "wire/coding_memory.h"
#include "wire/token.h"

enum {
    BLOCK = 16 * 1024,    /* bytes that a step writes at most, */
    PIECE = 4 * 1024,     /* and that it reads */
    STEP_COST = 256,      /* bytes that a step counts as besides */
    WINDOW_BITS = 15,     /* of deflate: 32 KiB */
    GZIP_FRAME = 16,      /* added to the bits: gzip's frame is expected */
    ZSTD_WINDOW_LOG = 23, /* 8 MiB */
    ZLIB_METHOD = 8,      /* in the low half of the first byte of zlib's frame */
    ZLIB_METHOD_MASK = 0x0f
};

enum step {
    STEP_ON,
    STEP_END, /* of one stream; another may follow where the coding allows it */
    STEP_BAD,
};

struct stage {
    enum coding coding;
    bool has_begun;   /* a byte of this stream has come */
    bool is_over;     /* the last stream has ended */
    bool is_full;     /* its block was: there may be more of what it has read */
    struct slice in;  /* to be read yet: of the caller, or of the block before */
    uint64_t n_coded; /* bytes read so far */
    size_t n_memory;  /* bytes that zlib and brotli have taken */
    union {
        z_stream zlib;
        BrotliDecoderState *br;
        ZSTD_DStream *zstd;
    };
    char block[BLOCK];
};

struct coding_reader {
    coding_sink *sink;
    void *owner;
    unsigned n;
    struct stage stages[CODING_MAX_STACKED]; /* the first is applied to what comes */
};

static const struct {
    struct slice name;
    enum coding coding;
} names[] = {
    {SLICE_INIT("gzip"), CODING_GZIP},       {SLICE_INIT("x-gzip"), CODING_GZIP},
    {SLICE_INIT("deflate"), CODING_DEFLATE}, {SLICE_INIT("br"), CODING_BR},
    {SLICE_INIT("zstd"), CODING_ZSTD},       {SLICE_INIT("identity"), CODING_IDENTITY},
};

bool coding_of(struct slice name, enum coding *out)
{
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (!token_equals(name, names[i].name))
            continue;
        *out = names[i].coding;
        return true;
    }
    return false;
}

struct slice coding_name(enum coding c)
{
    static const struct slice said[] = {
        [CODING_IDENTITY] = SLICE_INIT(""),       [CODING_GZIP] = SLICE_INIT("gzip"),
        [CODING_DEFLATE] = SLICE_INIT("deflate"), [CODING_BR] = SLICE_INIT("br"),
        [CODING_ZSTD] = SLICE_INIT("zstd"),
    };
    return said[c];
}

void coding_list_add(struct coding_list *list, struct slice value)
{
    struct slice rest = value, name;
    while (token_next(&rest, &name)) {
        enum coding c;
        if (!coding_of(name, &c) || (c != CODING_IDENTITY && list->n == CODING_MAX_STACKED))
            list->is_foreign = true;
        else if (c != CODING_IDENTITY)
            list->at[list->n++] = c;
    }
}

/* deflate is looked at once its first byte is there. */
static void open_stage(struct stage *s)
{
    switch (s->coding) {
    case CODING_IDENTITY:
        break;
    case CODING_DEFLATE:
        coding_memory_of_zlib(&s->zlib, &s->n_memory);
        break;
    case CODING_GZIP:
        coding_memory_of_zlib(&s->zlib, &s->n_memory);
        CHECK(inflateInit2(&s->zlib, WINDOW_BITS + GZIP_FRAME) == Z_OK);
        break;
    case CODING_BR:
        s->br = BrotliDecoderCreateInstance(coding_memory_take, coding_memory_give, &s->n_memory);
        CHECK(s->br);
        break;
    case CODING_ZSTD:
        s->zstd = ZSTD_createDStream();
        CHECK(s->zstd);
        CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)));
        break;
    }
}

static void close_stage(struct stage *s)
{
    switch (s->coding) {
    case CODING_IDENTITY:
        break;
    case CODING_GZIP:
    case CODING_DEFLATE:
        inflateEnd(&s->zlib);
        break;
    case CODING_BR:
        BrotliDecoderDestroyInstance(s->br);
        break;
    case CODING_ZSTD:
        ZSTD_freeDStream(s->zstd);
        break;
    }
}

struct coding_reader *coding_reader_new(const struct coding_list *list, coding_sink *sink,
                                        void *owner)
{
    struct coding_reader *r = calloc(1, sizeof *r);
    CHECK(r && list->n && !list->is_foreign);
    r->sink = sink;
    r->owner = owner;
    r->n = list->n;
    for (unsigned i = 0; i < list->n; i++) {
        r->stages[i].coding = list->at[list->n - 1 - i];
        open_stage(&r->stages[i]);
    }
    return r;
}

void coding_reader_free(struct coding_reader *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->n; i++)
        close_stage(&r->stages[i]);
    free(r);
}

/* *in loses what was read; *n_out: bytes of the block that were written. */
static enum step step_zlib(struct stage *s, struct slice *in, size_t *n_out)
{
    if (!s->has_begun && s->coding == CODING_DEFLATE) {
        bool is_framed = (in->at[0] & ZLIB_METHOD_MASK) == ZLIB_METHOD;
        CHECK(inflateInit2(&s->zlib, is_framed ? WINDOW_BITS : -WINDOW_BITS) == Z_OK);
    }
    uInt n = (uInt)in->n;
    s->zlib.next_in = (const Bytef *)in->at;
    s->zlib.avail_in = n;
    s->zlib.next_out = (Bytef *)s->block;
    s->zlib.avail_out = BLOCK;
    int code = inflate(&s->zlib, Z_NO_FLUSH);
    *in = slice_after(*in, n - s->zlib.avail_in);
    *n_out = BLOCK - s->zlib.avail_out;
    if (code == Z_STREAM_END)
        return STEP_END;
    return code == Z_OK || code == Z_BUF_ERROR ? STEP_ON : STEP_BAD;
}

static enum step step_br(struct stage *s, struct slice *in, size_t *n_out)
{
    size_t n_in = in->n, room = BLOCK;
    const uint8_t *from = (const uint8_t *)in->at;
    uint8_t *to = (uint8_t *)s->block;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(s->br, &n_in, &from, &room, &to, NULL);
    *in = slice_after(*in, in->n - n_in);
    *n_out = BLOCK - room;
    if (result == BROTLI_DECODER_RESULT_SUCCESS)
        return STEP_END;
    return result == BROTLI_DECODER_RESULT_ERROR ? STEP_BAD : STEP_ON;
}

static enum step step_zstd(struct stage *s, struct slice *in, size_t *n_out)
{
    ZSTD_inBuffer from = {in->at, in->n, 0};
    ZSTD_outBuffer to = {s->block, BLOCK, 0};
    size_t left = ZSTD_decompressStream(s->zstd, &to, &from);
    *in = slice_after(*in, from.pos);
    *n_out = to.pos;
    if (ZSTD_isError(left))
        return STEP_BAD;
    return left == 0 ? STEP_END : STEP_ON;
}

static enum step step(struct stage *s, struct slice *in, size_t *n_out)
{
    switch (s->coding) {
    case CODING_IDENTITY:
        break;
    case CODING_GZIP:
    case CODING_DEFLATE:
        return step_zlib(s, in, n_out);
    case CODING_BR:
        return step_br(s, in, n_out);
    case CODING_ZSTD:
        return step_zstd(s, in, n_out);
    }
    return STEP_BAD;
}

/* A body of gzip or zstd may be several streams in a row (RFC 1952 2.2, RFC 8878 3.1). */
static bool may_follow(struct stage *s)
{
    if (s->coding == CODING_GZIP)
        return inflateReset(&s->zlib) == Z_OK;
    return s->coding == CODING_ZSTD;
}

static bool has_work(const struct stage *s)
{
    return s->in.n || s->is_full;
}

/* NULL: there is nothing to do for any of them. */
static struct stage *find_work(struct coding_reader *r)
{
    for (unsigned i = r->n; i-- > 0;)
        if (has_work(&r->stages[i]))
            return &r->stages[i];
    return NULL;
}

/* What a stage has written is for the next one, which has nothing else to read. */
static enum coding_verdict pass_on(struct coding_reader *r, struct stage *s, size_t n)
{
    struct slice piece = {s->block, n};
    if (n == 0)
        return CODING_GOOD;
    if (s == &r->stages[r->n - 1])
        return r->sink(r->owner, piece) ? CODING_GOOD : CODING_STOPPED;
    s[1].in = piece;
    return CODING_GOOD;
}

static void pay(size_t *budget, size_t cost)
{
    *budget -= cost < *budget ? cost : *budget;
}

static enum coding_verdict go_on(struct coding_reader *r, struct stage *s, size_t *budget)
{
    struct slice piece = {s->in.at, s->in.n < PIECE ? s->in.n : PIECE};
    size_t n = piece.n, n_out = 0;
    if (s->is_over && !may_follow(s))
        return CODING_BAD;
    enum step how = step(s, &piece, &n_out);
    n -= piece.n;
    s->in = slice_after(s->in, n);
    s->n_coded += n;
    s->has_begun = true;
    s->is_over = how == STEP_END;
    s->is_full = how == STEP_ON && n_out == BLOCK;
    pay(budget, n + n_out + STEP_COST);
    bool is_stuck = s->in.n && !s->is_over && n == 0 && n_out == 0; /* neither reads nor writes */
    return how == STEP_BAD || is_stuck ? CODING_BAD : pass_on(r, s, n_out);
}

enum coding_verdict coding_read(struct coding_reader *r, struct slice *bytes, size_t *budget)
{
    enum coding_verdict verdict = CODING_GOOD;
    r->stages[0].in = *bytes;
    struct stage *s = find_work(r);
    while (s && verdict == CODING_GOOD) {
        verdict = *budget ? go_on(r, s, budget) : CODING_MORE;
        s = find_work(r);
    }
    *bytes = r->stages[0].in;
    return verdict;
}

bool coding_reader_is_whole(const struct coding_reader *r)
{
    bool is_whole = true;
    for (unsigned i = 0; i < r->n; i++)
        is_whole &= r->stages[i].is_over;
    return is_whole;
}

uint64_t coding_reader_n_coded(const struct coding_reader *r)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < r->n; i++)
        most = r->stages[i].n_coded > most ? r->stages[i].n_coded : most;
    return most;
}

size_t coding_reader_memory(const struct coding_reader *r)
{
    size_t n = sizeof *r;
    for (unsigned i = 0; i < r->n; i++)
        n += r->stages[i].coding == CODING_ZSTD ? ZSTD_sizeof_DStream(r->stages[i].zstd)
                                                : r->stages[i].n_memory;
    return n;
}
