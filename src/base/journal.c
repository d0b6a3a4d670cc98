/* journal.c - lines written by a thread of their own, so that a slow disk delays nobody
 *
 * While lines come the thread looks at all rings every few milliseconds, and nobody needs to wake
 * it. After a second without any it parks, and the next line wakes it. What cannot be written just
 * now (a full disk, a reader that does not read) stays in the rings; the lines that find no room
 * are the ones that are lost, and the file goes on where it stopped.
 */
#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/journal_ring.h"
#include "base/memory.h"

enum {
    LOOK_EVERY_MS = 15,
    PARK_AFTER_LOOKS = 67, /* about a second without a line */
    CLOSE_WITHIN_MS = 1000
};

struct journal {
    char *file; /* NULL: stdout */
    pthread_t thread;
    struct journal_ring *rings;
    unsigned n_rings;

    /* The thread's own. */
    int fd;
    unsigned at;  /* the ring that is next; one that was left in the middle of a line stays it */
    bool is_torn; /* the last write ended in the middle of a line of that ring */

    atomic_int fresh_fd; /* opened by journal_reopen(), not yet taken up; else -1 */
    atomic_bool is_parked;
    pthread_mutex_t lock; /* of what follows; held for moments */
    pthread_cond_t told;
    bool is_closing;
    bool is_done;
    bool is_abandoned; /* the thread is stuck in a write: whenever it gets out, it frees all */
};

/* Opening a FIFO must not wait for its reader; writing may, that is the thread's business. */
static int open_file(const char *file)
{
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

static void close_file(int fd)
{
    if (fd >= 0 && fd != STDOUT_FILENO)
        close(fd);
}

/* The line whose beginning is in the old file does not go on in the new one. */
static void take_up_fresh_file(struct journal *j)
{
    int fd = atomic_exchange(&j->fresh_fd, -1);
    if (fd < 0)
        return;
    close_file(j->fd);
    j->fd = fd;
    if (j->is_torn)
        journal_ring_drop_line(&j->rings[j->at]);
    j->is_torn = false;
}

/* All lines that are there at the moment of asking. false: the file takes no more now. */
static bool write_ring(struct journal *j, struct journal_ring *r, bool *has_written)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    while (atomic_load_explicit(&r->tail, memory_order_relaxed) != head) {
        struct iovec parts[2];
        unsigned n = journal_ring_span(r, head, parts);
        ssize_t written = writev(j->fd, parts, (int)n);
        if (written < 0 && errno != EINTR)
            return false;
        if (written <= 0)
            continue;
        journal_ring_take(r, (size_t)written);
        *has_written = true;
        j->is_torn = atomic_load_explicit(&r->tail, memory_order_relaxed) != head;
    }
    return true;
}

/* One round of the rings; has anything been written? */
static bool write_all(struct journal *j)
{
    bool has_written = false;
    take_up_fresh_file(j);
    for (unsigned n = 0; n < j->n_rings; n++) {
        if (!write_ring(j, &j->rings[j->at], &has_written))
            break;
        j->at = (j->at + 1) % j->n_rings;
    }
    return has_written;
}

static bool is_empty(struct journal *j)
{
    for (unsigned i = 0; i < j->n_rings; i++)
        if (atomic_load(&j->rings[i].head) !=
            atomic_load_explicit(&j->rings[i].tail, memory_order_relaxed))
            return false;
    return atomic_load(&j->fresh_fd) < 0;
}

static struct timespec in_ms(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += (long)ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* The look at the rings comes after is_parked is set: see journal_ring_add(). */
static void park(struct journal *j)
{
    atomic_store(&j->is_parked, true);
    while (!j->is_closing && is_empty(j))
        pthread_cond_wait(&j->told, &j->lock);
    atomic_store(&j->is_parked, false);
}

/* Sleeps a little, or until there is something to do; is the journal closing? */
static bool rest(struct journal *j, unsigned n_idle)
{
    struct timespec next_look = in_ms(LOOK_EVERY_MS);
    pthread_mutex_lock(&j->lock);
    if (n_idle >= PARK_AFTER_LOOKS && is_empty(j))
        park(j);
    else if (!j->is_closing)
        pthread_cond_timedwait(&j->told, &j->lock, &next_look);
    bool is_closing = j->is_closing;
    pthread_mutex_unlock(&j->lock);
    return is_closing;
}

static bool is_abandoned(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    bool is = j->is_abandoned;
    pthread_mutex_unlock(&j->lock);
    return is;
}

/* A file that takes no more is tried until journal_close() loses patience. */
static void write_what_is_left(struct journal *j)
{
    static const struct timespec nap = {.tv_nsec = LOOK_EVERY_MS * 1000000};
    while (!is_empty(j) && !is_abandoned(j))
        if (!write_all(j))
            nanosleep(&nap, NULL);
}

static void destroy(struct journal *j)
{
    close_file(j->fd);
    close_file(atomic_load(&j->fresh_fd));
    for (unsigned i = 0; i < j->n_rings; i++)
        journal_ring_done(&j->rings[i]);
    pthread_cond_destroy(&j->told);
    pthread_mutex_destroy(&j->lock);
    free(j->rings);
    free(j->file);
    free(j);
}

static void *keep(void *context)
{
    struct journal *j = context;
    for (unsigned n_idle = 0; !rest(j, n_idle);)
        n_idle = write_all(j) ? 0 : n_idle + 1;
    write_what_is_left(j);
    pthread_mutex_lock(&j->lock);
    j->is_done = true;
    bool is_last = j->is_abandoned;
    pthread_cond_broadcast(&j->told);
    pthread_mutex_unlock(&j->lock);
    if (is_last)
        destroy(j);
    return NULL;
}

static void make_rings(struct journal *j, unsigned n)
{
    j->n_rings = n;
    j->rings = aligned_alloc(JOURNAL_RING_ALIGN, n * sizeof *j->rings);
    CHECK(j->rings);
    for (unsigned i = 0; i < n; i++)
        journal_ring_init(&j->rings[i], j);
}

/* Signals are for the threads that know what to do. */
static void start(struct journal *j)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&j->told, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&j->lock, NULL);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    CHECK(pthread_create(&j->thread, NULL, keep, j) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct journal *journal_open(const char *file, unsigned n_rings)
{
    CHECK(n_rings > 0);
    int fd = file ? open_file(file) : STDOUT_FILENO;
    if (fd < 0)
        return NULL;
    struct journal *j = memory_take_zero(1, sizeof *j);
    j->fd = fd;
    if (file) {
        j->file = strdup(file);
        CHECK(j->file);
    }
    atomic_init(&j->fresh_fd, -1);
    atomic_init(&j->is_parked, false);
    make_rings(j, n_rings);
    start(j);
    return j;
}

struct journal_ring *journal_ring(struct journal *j, unsigned i)
{
    CHECK(i < j->n_rings);
    return &j->rings[i];
}

static void wake(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    pthread_cond_broadcast(&j->told);
    pthread_mutex_unlock(&j->lock);
}

bool journal_add(struct journal_ring *r, struct slice line)
{
    if (!journal_ring_add(r, line))
        return false;
    if (atomic_load(&r->journal->is_parked))
        wake(r->journal);
    return true;
}

void journal_reopen(struct journal *j)
{
    int fd = j->file ? open_file(j->file) : -1;
    if (fd < 0)
        return;
    close_file(atomic_exchange(&j->fresh_fd, fd));
    wake(j);
}

/* Nothing interrupts a write to a pipe that nobody reads, so the thread may have to stay behind. */
void journal_close(struct journal *j)
{
    struct timespec last = in_ms(CLOSE_WITHIN_MS);
    pthread_t thread = j->thread;
    pthread_mutex_lock(&j->lock);
    j->is_closing = true;
    pthread_cond_broadcast(&j->told);
    while (!j->is_done && pthread_cond_timedwait(&j->told, &j->lock, &last) == 0)
        continue;
    bool is_done = j->is_done;
    j->is_abandoned = !is_done;
    pthread_mutex_unlock(&j->lock);
    if (!is_done) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    destroy(j);
}
