/* resp.c - values made by the callbacks of hiredis' reader, within bounds that it has not */
#include "store/resp.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

enum {
    NUMBER_SIZE = sizeof "18446744073709551615",
    DIGITS_MAX = 19 /* that a uint64_t holds, whatever they are */
};

struct resp {
    redisReader *reader;
    size_t limit;
    size_t n_fed; /* bytes since the last whole answer */
    size_t n_elements;
    bool is_broken;
};

#if HIREDIS_MAJOR >= 1
typedef size_t resp_count;
#else
typedef int resp_count;
#endif

/* Where the value of a task goes: its place in the list around it, or one of its own. */
static struct resp_value *place_of(const redisReadTask *task)
{
    if (task->parent) {
        struct resp_value *list = task->parent->obj;
        return &list->list[task->idx];
    }
    struct resp_value *root = memory_take_zero(1, sizeof *root);
    return root;
}

static enum resp_kind kind_of(int type)
{
    if (type == REDIS_REPLY_STATUS)
        return RESP_STATUS;
    return type == REDIS_REPLY_ERROR ? RESP_ERROR : RESP_TEXT;
}

/* NULL has the reader fail. A length that overflows hiredis' arithmetic is above the limit. */
static void *make_text(const redisReadTask *task, char *at, size_t n)
{
    const struct resp *r = task->privdata;
    if (n > r->limit)
        return NULL;
    struct resp_value *v = place_of(task);
    v->kind = kind_of(task->type);
    v->blob = blob_new(n);
    if (n)
        memcpy(v->blob->at, at, n);
    return v;
}

static void *make_list(const redisReadTask *task, resp_count count)
{
    struct resp *r = task->privdata;
    size_t n = (size_t)count;
    bool is_deep = task->parent && task->parent->parent;
    if (is_deep || n > RESP_ELEMENTS_MAX - r->n_elements)
        return NULL;
    r->n_elements += n;
    struct resp_value *v = place_of(task);
    v->kind = RESP_LIST;
    v->list = memory_take_zero(n + 1, sizeof *v->list);
    v->n = (unsigned)n;
    return v;
}

static void *make_integer(const redisReadTask *task, long long number)
{
    struct resp_value *v = place_of(task);
    v->kind = RESP_INTEGER;
    v->number = number;
    return v;
}

static void *make_nil(const redisReadTask *task)
{
    return place_of(task);
}

#if HIREDIS_MAJOR >= 1
static void *refuse_double(const redisReadTask *task, double number, char *at, size_t n)
{
    (void)task, (void)number, (void)at, (void)n;
    return NULL;
}

static void *refuse_bool(const redisReadTask *task, int number)
{
    (void)task, (void)number;
    return NULL;
}
#endif

static void free_value(struct resp_value *v)
{
    if (v->blob)
        blob_release(NULL, v->blob);
    free(v->list);
}

/* A list's elements may be lists themselves, but not theirs: make_list(). */
static void free_elements(struct resp_value *v)
{
    for (unsigned i = 0; i < v->n; i++) {
        for (unsigned k = 0; k < v->list[i].n; k++)
            free_value(&v->list[i].list[k]);
        free_value(&v->list[i]);
    }
}

void resp_free(struct resp_value *v)
{
    free_elements(v);
    free_value(v);
    free(v);
}

static void free_object(void *object)
{
    resp_free(object);
}

/* Not const, as hiredis' parameter is not. */
static redisReplyObjectFunctions makers = {
    .createString = make_text,
    .createArray = make_list,
    .createInteger = make_integer,
    .createNil = make_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = refuse_double,
    .createBool = refuse_bool,
#endif
    .freeObject = free_object,
};

struct resp *resp_new(size_t limit)
{
    struct resp *r = memory_take_zero(1, sizeof *r);
    r->limit = limit;
    r->reader = redisReaderCreateWithFunctions(&makers);
    CHECK(r->reader);
    r->reader->privdata = r;
    return r;
}

void resp_done(struct resp *r)
{
    redisReaderFree(r->reader);
    free(r);
}

void resp_feed(struct resp *r, struct slice bytes)
{
    r->n_fed += bytes.n;
    if (redisReaderFeed(r->reader, bytes.at, bytes.n) != REDIS_OK)
        r->is_broken = true;
}

enum resp_progress resp_next(struct resp *r, struct resp_value **v)
{
    void *got = NULL;
    if (r->is_broken || redisReaderGetReply(r->reader, &got) != REDIS_OK) {
        r->is_broken = true;
        return RESP_BROKEN;
    }
    if (!got) {
        r->is_broken = r->n_fed > r->limit;
        return r->is_broken ? RESP_BROKEN : RESP_MORE;
    }
    r->n_fed = r->reader->len - r->reader->pos;
    r->n_elements = 0;
    *v = got;
    return RESP_WHOLE;
}

struct slice resp_text(const struct resp_value *v)
{
    return v->blob ? blob_slice(v->blob) : SLICE_NONE;
}

struct blob *resp_take_blob(struct resp_value *v)
{
    struct blob *b = v->kind == RESP_TEXT ? v->blob : NULL;
    if (b)
        v->blob = NULL;
    return b;
}

bool resp_number(const struct resp_value *v, uint64_t *number)
{
    struct slice digits = resp_text(v);
    *number = 0;
    if (v->kind == RESP_INTEGER) {
        *number = (uint64_t)v->number;
        return v->number >= 0;
    }
    if (v->kind != RESP_TEXT || digits.n == 0 || digits.n > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        *number = *number * 10 + (unsigned)(digits.at[i] - '0');
    }
    return true;
}

void resp_begin(struct resp_command *c, struct buffer *out, unsigned n_words)
{
    *c = (struct resp_command){.out = out, .began = out->n};
    c->is_whole = buffer_print(out, "*%u\r\n", n_words);
}

void resp_add(struct resp_command *c, struct slice first, struct slice rest)
{
    c->is_whole = c->is_whole && buffer_print(c->out, "$%zu\r\n", first.n + rest.n) &&
                  buffer_append(c->out, first) && buffer_append(c->out, rest) &&
                  buffer_append(c->out, SLICE("\r\n"));
}

void resp_add_number(struct resp_command *c, uint64_t number)
{
    char digits[NUMBER_SIZE];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, number);
    resp_add(c, (struct slice){digits, (size_t)n}, SLICE_NONE);
}

bool resp_end(struct resp_command *c)
{
    if (!c->is_whole)
        c->out->n = c->began;
    return c->is_whole;
}
