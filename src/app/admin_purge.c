/* admin_purge.c - one member says what is purged; the answer says it again, and how far it came */
#include "app/admin_purge.h"

#include <stdlib.h>

#include "base/check.h"
#include "cache/cache.h"
#include "gateway/problem.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"

enum {
    DEPTH_MAX = 2,
    ANSWER_MORE = 128, /* bytes beside the text, which escaping makes six times as long at most */
};

static const struct {
    struct slice word;
    enum cache_purge_kind kind;
} words[] = {
    {SLICE_INIT("key"), CACHE_PURGE_KEY},
    {SLICE_INIT("tag"), CACHE_PURGE_TAG},
    {SLICE_INIT("prefix"), CACHE_PURGE_PREFIX},
    {SLICE_INIT("all"), CACHE_PURGE_ALL},
};

enum {
    N_WORDS = sizeof words / sizeof *words
};

static bool read_value(struct exchange *e, const struct json_value *v, struct cache_purge *p)
{
    if (p->kind == CACHE_PURGE_ALL)
        return v->kind == JSON_TRUE;
    char *text = v->kind == JSON_STRING ? arena_take(&e->arena, v->text.n) : NULL;
    if (!text)
        return false;
    p->what = (struct slice){text, text_unquote(text, v->text)};
    return p->what.n > 0;
}

static bool read_member(struct exchange *e, struct slice name, const struct json_value *v,
                        struct cache_purge *p)
{
    for (unsigned i = 0; i < N_WORDS; i++)
        if (text_is(name, words[i].word)) {
            *p = (struct cache_purge){.kind = words[i].kind};
            return read_value(e, v, p);
        }
    return false;
}

/* One member and no other: who sends two may mean both, or either. */
static bool read_purge(struct exchange *e, struct cache_purge *p)
{
    struct scan_result scan = scan_json(e->request.body, DEPTH_MAX);
    if (scan.verdict != SCAN_OK || walk_root(scan.value).kind != JSON_OBJECT)
        return false;
    struct walk w = walk_begin(scan.value);
    struct slice name;
    struct json_value v;
    return walk_member(&w, &name, &v) && read_member(e, name, &v, p) && !walk_member(&w, &name, &v);
}

static struct slice word_of(enum cache_purge_kind kind)
{
    unsigned i = 0;
    while (words[i].kind != kind)
        i++;
    return words[i].word;
}

static bool write_answer(struct buffer *out, const struct cache_purge *p, const char *stores)
{
    bool is_whole = buffer_print(out, "{\"purged\":{\"%.*s\":", SLICE_ARG(word_of(p->kind)));
    is_whole = is_whole && (p->kind == CACHE_PURGE_ALL ? buffer_append(out, SLICE("true"))
                                                       : text_quote(out, p->what));
    is_whole = is_whole && buffer_append(out, SLICE("}"));
    if (stores)
        is_whole = is_whole && buffer_print(out, ",\"stores\":\"%s\"", stores);
    return is_whole && buffer_append(out, SLICE("}\n"));
}

/* stores: how far they came; NULL: there are none. */
static void answer(struct exchange *e, const struct cache_purge *p, const char *stores)
{
    static const struct field fields[] = {
        {SLICE_INIT("Content-Type"), SLICE_INIT("application/json")},
        {SLICE_INIT("Cache-Control"), SLICE_INIT("no-store")}};
    struct buffer out;
    buffer_init(&out, ANSWER_MORE + 6 * p->what.n);
    CHECK(write_answer(&out, p, stores));
    struct slice body = arena_copy(&e->arena, buffer_slice(&out));
    buffer_done(&out);
    if (!body.at) {
        problem_answer(e, 500, "there is no room for the answer, but it is purged");
        return;
    }
    exchange_begin(e, 200, fields, 2, (int64_t)body.n);
    CHECK(exchange_put(e, body, NULL));
    exchange_end(e);
}

/* An exchange that waits for the stores. */
struct waiting {
    struct exchange *exchange; /* NULL: the client has left */
    struct cache_purge purge;  /* its text lies in the exchange's arena */
};

static void on_purged(void *owner, bool is_done)
{
    struct waiting *w = owner;
    if (w->exchange) {
        w->exchange->run = NULL;
        answer(w->exchange, &w->purge, is_done ? "done" : "pending");
    }
    free(w);
}

void admin_purge_gone(struct exchange *e)
{
    struct waiting *w = e->run;
    if (w)
        w->exchange = NULL;
    e->run = NULL;
}

void admin_purge_answer(struct exchange *e)
{
    struct cache_purge p;
    if (!read_purge(e, &p)) {
        problem_answer(e, 400,
                       "send one of {\"key\": NAME}, {\"tag\": TAG}, {\"prefix\": BEGINNING} and "
                       "{\"all\": true}");
        return;
    }
    struct waiting *w = malloc(sizeof *w);
    CHECK(w);
    *w = (struct waiting){e, p};
    e->run = w;
    if (control_store_purge(e->context, &p, on_purged, w))
        return;
    e->run = NULL;
    free(w);
    answer(e, &p, NULL);
}
