/* service_decoder.c - a budget a turn, and a queue of those who are past it */
#include "service/service_decoder.h"

#include "base/check.h"

enum {
    TURN_BUDGET = 256 * 1024, /* bytes read and written: less than a millisecond's work */
    SHARE = 64 * 1024,        /* of one decoder, while others wait */
};

static size_t *budget_of(struct service_decoding *all)
{
    if (all->turn != all->loop->turn)
        all->budget = TURN_BUDGET;
    all->turn = all->loop->turn;
    return &all->budget;
}

static void on_next(struct wheel_entry *e)
{
    struct service_decoding *all = LIST_OWNER(e, struct service_decoding, next);
    const size_t *left = budget_of(all);
    while (*left && !list_is_empty(&all->waiting)) {
        struct service_decoder *d =
            LIST_OWNER(list_pop_front(&all->waiting), struct service_decoder, node);
        d->on_turn(d); /* d may be gone */
    }
    if (!list_is_empty(&all->waiting))
        loop_arm(all->loop, &all->next, all->loop->now_ms + 1);
}

void service_decoding_init(struct service_decoding *all, struct loop *l)
{
    *all = (struct service_decoding){.loop = l, .turn = l->turn - 1};
    list_init(&all->waiting);
    wheel_entry_init(&all->next, on_next);
}

void service_decoder_init(struct service_decoder *d, void (*on_turn)(struct service_decoder *))
{
    *d = (struct service_decoder){.on_turn = on_turn};
    list_init(&d->node);
}

static struct blob_pool *blobs_of(const struct service_decoder *d)
{
    return &d->all->loop->blobs;
}

void service_decoder_begin(struct service_decoder *d, struct service_decoding *all,
                           const struct coding_list *list, coding_sink *sink, void *owner)
{
    d->all = all;
    d->reader = coding_reader_new(list, sink, owner);
    blob_pool_count(blobs_of(d), &d->n_counted, coding_reader_memory(d->reader));
}

static void drop_waiting(struct service_decoder *d)
{
    if (d->waiting)
        blob_release(blobs_of(d), d->waiting);
    d->waiting = NULL;
    d->n_read = 0;
}

static void keep(struct service_decoder *d, struct slice chunk)
{
    if (chunk.n == 0)
        return;
    size_t n = d->waiting ? d->waiting->n : 0;
    d->waiting = d->waiting ? blob_take_grown(blobs_of(d), d->waiting, n + chunk.n)
                            : blob_take(blobs_of(d), chunk.n);
    memcpy(d->waiting->at + n, chunk.at, chunk.n);
    d->waiting->n = n + chunk.n;
}

static enum coding_verdict wait(struct service_decoder *d, struct slice chunk)
{
    struct service_decoding *all = d->all;
    keep(d, chunk);
    if (!service_decoder_is_waiting(d))
        list_push_back(&all->waiting, &d->node);
    if (!wheel_is_armed(&all->next))
        loop_arm(all->loop, &all->next, all->loop->now_ms + 1);
    return CODING_MORE;
}

/* By no more than its share of what is left, where others have waited longer. */
static enum coding_verdict decode(struct service_decoder *d, struct slice *bytes)
{
    size_t *left = budget_of(d->all);
    bool is_alone = list_is_empty(&d->all->waiting);
    size_t share = is_alone || *left < SHARE ? *left : SHARE, before = share;
    enum coding_verdict verdict = coding_read(d->reader, bytes, &share);
    *left -= before - share;
    blob_pool_count(blobs_of(d), &d->n_counted, coding_reader_memory(d->reader));
    return verdict;
}

enum coding_verdict service_decoder_add(struct service_decoder *d, struct slice chunk)
{
    enum coding_verdict verdict = CODING_MORE;
    if (list_is_empty(&d->all->waiting)) /* nobody waits, nor does this one */
        verdict = decode(d, &chunk);
    return verdict == CODING_MORE ? wait(d, chunk) : verdict;
}

enum coding_verdict service_decoder_go_on(struct service_decoder *d)
{
    struct slice rest = SLICE_NONE;
    if (d->waiting)
        rest = slice_after(blob_slice(d->waiting), d->n_read);
    size_t before = rest.n;
    enum coding_verdict verdict = decode(d, &rest);
    d->n_read += before - rest.n;
    if (rest.n == 0)
        drop_waiting(d);
    return verdict == CODING_MORE ? wait(d, SLICE_NONE) : verdict;
}

bool service_decoder_is_waiting(const struct service_decoder *d)
{
    return !list_is_empty(&d->node);
}

bool service_decoder_is_cut(const struct service_decoder *d)
{
    return d->reader && coding_reader_n_coded(d->reader) && !coding_reader_is_whole(d->reader);
}

void service_decoder_end(struct service_decoder *d)
{
    if (!d->reader)
        return;
    list_remove(&d->node);
    if (list_is_empty(&d->all->waiting))
        loop_disarm(d->all->loop, &d->all->next);
    drop_waiting(d);
    blob_pool_count(blobs_of(d), &d->n_counted, 0);
    coding_reader_free(d->reader);
    d->reader = NULL;
}
