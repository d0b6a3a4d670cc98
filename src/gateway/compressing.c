/* compressing.c - a coding is chosen, and a body put into it piece by piece */
#include "gateway/compressing.h"

#include "base/check.h"
#include "gateway/gateway_internal.h"
#include "wire/coding_wish.h"
#include "wire/coding_write.h"
#include "wire/token.h"

enum {
    PIECE = 32 * 1024, /* bytes coded at once */
    AT_ONCE_MAX = 64,  /* answers that a worker codes at the same time: encoders are large; */
    PARTS_MAX = 64,    /* and of those that come in parts, which may take long */
};

struct compressing {
    struct visit *visit;
    struct coding_writer *writer;
    const struct slice *parts;
    unsigned n_parts;
    unsigned part;      /* being coded */
    size_t offset;      /* in it */
    struct blob *owner; /* NULL: others hold the bytes */
    struct blob *out;   /* coded, and not put yet; NULL: nothing */
    size_t n_counted;   /* bytes of the encoder's memory */
    struct wheel_entry next;
    bool is_coded; /* all of it */

    /* Where it comes in parts. */
    bool in_parts;
    bool is_flushed;    /* all that was given so far */
    size_t left;        /* bytes that are coded yet, */
    uint64_t moment_ms; /* in this moment */
};

static const struct config_compress *config_of(const struct visit *v)
{
    return v->plan && !v->is_shared ? &v->plan->config->compress : NULL;
}

static bool is_on(const struct visit *v)
{
    return config_of(v) && config_of(v)->is_on;
}

unsigned compressing_n(const struct visit *v)
{
    return is_on(v) ? 2 : 0;
}

bool compressing_add_vary(struct answer *a, const struct visit *v)
{
    return !is_on(v) || answer_add_vary(a, SLICE("Accept-Encoding"), &v->exchange->arena);
}

/* The answer's own. */
static bool may_transform(const struct answer *a)
{
    for (unsigned i = 0; i < a->n; i++) {
        const struct field *f = &a->fields[i];
        if (token_equals(f->name, SLICE("content-encoding")) ||
            (token_equals(f->name, SLICE("cache-control")) &&
             token_list_has(f->value, SLICE("no-transform"))))
            return false;
    }
    return true;
}

static enum coding choose(const struct visit *v, size_t n)
{
    const struct config_compress *c = config_of(v);
    const struct request *r = &v->exchange->request;
    struct coding_wish wish = {0};
    for (unsigned i = 0; i < r->n_fields; i++)
        if (token_equals(r->fields[i].name, SLICE("accept-encoding")))
            coding_wish_add(&wish, r->fields[i].value);
    if (n < c->min_size && !coding_wish_refuses_identity(&wish))
        return CODING_IDENTITY;
    return coding_wish_choose(&wish, c->codings, c->n_codings);
}

/* "abc" -> "abc-gzip" */
static struct slice rename_etag(struct slice etag, enum coding c, struct arena *arena)
{
    if (etag.n < 2)
        return etag;
    return arena_print(arena, "%.*s-%.*s\"", (int)etag.n - 1, etag.at, SLICE_ARG(coding_name(c)));
}

static bool rename_etags(struct answer *a, enum coding c, struct slice *etag, struct arena *arena)
{
    for (unsigned i = 0; i < a->n; i++) {
        struct field *f = &a->fields[i];
        if (token_equals(f->name, SLICE("etag")))
            f->value = rename_etag(f->value, c, arena);
        if (!f->value.at)
            return false;
    }
    *etag = rename_etag(*etag, c, arena);
    return true;
}

bool compressing_choose(struct answer *a, struct visit *v, size_t n, struct slice *etag)
{
    if (!is_on(v) || n == 0 || v->gateway->n_compressing >= AT_ONCE_MAX || !may_transform(a))
        return true;
    v->coding = choose(v, n);
    if (v->coding == CODING_IDENTITY)
        return true;
    answer_add(a, SLICE("Content-Encoding"), coding_name(v->coding));
    return rename_etags(a, v->coding, etag, &v->exchange->arena);
}

void compressing_forget(struct answer *a, struct visit *v)
{
    if (v->coding != CODING_IDENTITY)
        answer_remove(a, SLICE("content-encoding"));
    v->coding = CODING_IDENTITY;
}

int64_t compressing_length(const struct visit *v, size_t n)
{
    return v->coding == CODING_IDENTITY ? (int64_t)n : EXCHANGE_LENGTH_UNKNOWN;
}

static bool keep(void *owner, struct slice piece)
{
    struct compressing *c = owner;
    struct blob_pool *pool = &c->visit->gateway->loop->blobs;
    if (!c->out) {
        c->out = blob_take(pool, piece.n);
        c->out->n = 0;
    } else if (c->out->capacity - c->out->n < piece.n) {
        c->out = blob_take_grown(pool, c->out, c->out->n + piece.n);
    }
    memcpy(c->out->at + c->out->n, piece.at, piece.n);
    c->out->n += piece.n;
    return true;
}

/* An encoder takes its memory as it goes. */
static void count_memory(struct compressing *c)
{
    struct blob_pool *pool = &c->visit->gateway->loop->blobs;
    blob_pool_count(pool, &c->n_counted, coding_writer_memory(c->writer));
}

/* As much as is coded at once. */
static void code_piece(struct compressing *c)
{
    for (size_t left = PIECE; left && !c->is_coded;) {
        struct slice rest = slice_after(c->parts[c->part], c->offset);
        size_t n = rest.n < left ? rest.n : left;
        left -= n;
        c->offset += n;
        while (c->part < c->n_parts && c->offset == c->parts[c->part].n) {
            c->part++;
            c->offset = 0;
        }
        c->is_coded = c->part == c->n_parts;
        bool is_kept = coding_write(c->writer, (struct slice){rest.at, n}, c->is_coded, keep, c);
        CHECK(is_kept);
    }
    count_memory(c);
}

/* false: the outbox is full, and its room will be told. */
static bool put(struct compressing *c)
{
    if (!c->out)
        return true;
    if (!exchange_put(c->visit->exchange, blob_slice(c->out), c->out))
        return false;
    c->out = NULL;
    return true;
}

static void go_on(struct compressing *c)
{
    struct visit *v = c->visit;
    struct loop *l = v->gateway->loop;
    if (!put(c))
        return;
    if (!c->is_coded)
        loop_arm(l, &c->next, l->now_ms + 1);
    else
        exchange_end(v->exchange);
}

static void on_next(struct wheel_entry *e)
{
    struct compressing *c = LIST_OWNER(e, struct compressing, next);
    code_piece(c);
    go_on(c);
}

static uint64_t size_of(const struct slice *parts, unsigned n)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < n; i++)
        size += parts[i].n;
    return size;
}

bool compressing_start(struct visit *v, const struct slice *parts, unsigned n, struct blob *owner)
{
    struct compressing *c = arena_take_zero(&v->exchange->arena, 1, sizeof *c);
    if (!c)
        return false;
    c->visit = v;
    c->parts = parts;
    c->n_parts = n;
    c->owner = owner;
    wheel_entry_init(&c->next, on_next);
    v->compressing = c;
    v->gateway->n_compressing++;
    if (v->exchange->is_head_only) {
        exchange_end(v->exchange);
        return true;
    }
    c->writer = coding_writer_new(v->coding, size_of(parts, n));
    code_piece(c);
    go_on(c);
    return true;
}

void compressing_on_room(struct visit *v)
{
    struct compressing *c = v->compressing;
    if (c->in_parts)
        v->run->delivery->on_room(v->run);
    else if (c->out)
        go_on(c);
}

static void on_moment(struct wheel_entry *e)
{
    compressing_on_room(LIST_OWNER(e, struct compressing, next)->visit);
}

/* How much comes nobody knows: it is as if it were much. */
void compressing_begin_parts(struct answer *a, struct visit *v)
{
    bool is_coded = answer_has(a, a->n, SLICE("Content-Encoding"));
    if (!is_on(v) || is_coded || v->gateway->n_compressing_parts >= PARTS_MAX)
        return;
    enum coding coding = choose(v, SIZE_MAX);
    struct compressing *c = arena_take_zero(&v->exchange->arena, 1, sizeof *c);
    if (!c || coding == CODING_IDENTITY)
        return;
    v->coding = coding;
    answer_add(a, SLICE("Content-Encoding"), coding_name(coding));
    if (v->exchange->is_head_only)
        return;
    c->visit = v;
    c->in_parts = c->is_flushed = true;
    c->writer = coding_writer_new(coding, CODING_SIZE_UNKNOWN);
    count_memory(c);
    wheel_entry_init(&c->next, on_moment);
    v->compressing = c;
    v->gateway->n_compressing_parts++;
}

/* Each moment codes a piece, once the last one's is in the outbox. */
static bool has_time(struct compressing *c)
{
    struct loop *l = c->visit->gateway->loop;
    if (c->moment_ms != l->now_ms) {
        if (!put(c))
            return false;
        c->moment_ms = l->now_ms;
        c->left = PIECE;
    }
    if (!c->left && put(c))
        loop_arm(l, &c->next, l->now_ms + 1);
    return c->left;
}

bool compressing_add(struct visit *v, struct slice bytes)
{
    struct compressing *c = v->compressing;
    while (c->offset < bytes.n) {
        if (!has_time(c))
            return false;
        size_t rest = bytes.n - c->offset, n = rest < c->left ? rest : c->left;
        bool is_kept =
            coding_write(c->writer, (struct slice){bytes.at + c->offset, n}, false, keep, c);
        CHECK(is_kept);
        c->is_flushed = false;
        c->offset += n;
        c->left -= n;
    }
    c->offset = 0;
    return true;
}

bool compressing_flush(struct visit *v)
{
    struct compressing *c = v->compressing;
    bool is_kept = c->is_flushed || coding_flush(c->writer, keep, c);
    CHECK(is_kept);
    count_memory(c);
    c->is_flushed = true;
    return put(c);
}

bool compressing_end(struct visit *v)
{
    struct compressing *c = v->compressing;
    bool is_kept = c->is_coded || coding_write(c->writer, SLICE(""), true, keep, c);
    CHECK(is_kept);
    c->is_coded = c->is_flushed = true;
    return put(c);
}

void compressing_stop(struct visit *v)
{
    struct compressing *c = v->compressing;
    struct blob_pool *pool = &v->gateway->loop->blobs;
    if (!c)
        return;
    v->compressing = NULL;
    c->in_parts ? v->gateway->n_compressing_parts-- : v->gateway->n_compressing--;
    loop_disarm(v->gateway->loop, &c->next);
    coding_writer_free(c->writer);
    blob_pool_count(pool, &c->n_counted, 0);
    if (c->owner)
        blob_release(pool, c->owner);
    if (c->out)
        blob_release(pool, c->out);
}
