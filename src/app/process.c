/* process.c - starts the threads, waits for signals, ends in order */
#include "app/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "app/control.h"
#include "app/listening.h"
#include "app/restart.h"
#include "app/worker.h"
#include "base/check.h"
#include "base/journal.h"
#include "base/memory.h"
#include "base/random.h"
#include "cache/cache.h"
#include "edge/rate_table.h"

enum {
    LAST_WAIT_MS = 1000, /* after a cut, for a worker that is at something long */
    LAST_LINES_MS = 50,
    STEP_MS = 5,
};

struct process {
    const struct command_line *line;
    struct snapshot *snapshot;
    struct journal *journal;
    struct listening listening;
    struct listening admin; /* of one listener, or none */
    struct restart restart; /* what stays until the process ends */
    struct worker_shared shared;
    struct rate_table *rates; /* NULL while no configuration has asked for it */
    struct control control;
};

/* As many descriptors as the machine allows: each answer holds several. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static sigset_t awaited_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

/* The next signal within that time; 0 where none came. */
static int wait_signal(uint64_t ms)
{
    const sigset_t set = awaited_signals();
    const struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    int got = sigtimedwait(&set, NULL, &time);
    return got > 0 ? got : 0;
}

static bool open_admin(struct process *p)
{
    const struct config *c = p->snapshot->config;
    if (!c->has_admin)
        return true;
    const struct config only = {.listens = (struct config_listen *)&c->admin, .n_listens = 1};
    return listening_open(&p->admin, &only, 1);
}

static bool open_sockets(struct process *p)
{
    if (!listening_open(&p->listening, p->snapshot->config, p->shared.n_workers))
        return false;
    if (open_admin(p))
        return true;
    listening_close(&p->listening);
    return false;
}

static bool open_journal(struct process *p)
{
    const struct config *c = p->snapshot->config;
    if (!c->log.access)
        return true;
    p->journal = journal_open(c->log.file, p->shared.n_workers);
    if (!p->journal)
        fprintf(stderr, "sheaf: cannot open the log %s: %s\n", c->log.file ? c->log.file : "stdout",
                strerror(errno));
    return p->journal;
}

static void wait_names(struct process *p)
{
    const struct timespec step = {0, STEP_MS * 1000000};
    for (int ms = 0; ms < CONTROL_NAMES_WAIT_MS && atomic_load(&p->control.n_unresolved);
         ms += STEP_MS)
        nanosleep(&step, NULL);
}

/* Its size stays until the process ends. */
static void open_cache(struct process *p)
{
    struct worker_shared *s = &p->shared;
    s->cache = cache_new(p->snapshot->config->cache_memory, &s->n_held);
    s->crew = (struct crew){calloc(s->n_workers, sizeof *s->crew.seats), s->n_workers};
    CHECK(s->crew.seats);
}

static void close_cache(struct process *p)
{
    cache_free(p->shared.cache);
    free(p->shared.crew.seats);
}

static bool has_limits(const struct config *c)
{
    for (unsigned i = 0; i < c->n_endpoints; i++)
        if (c->endpoints[i].rate_limit.is_on)
            return true;
    return false;
}

/* What callers have used outlives reloads. Only before s is shared. */
static void give_rates(struct process *p, struct snapshot *s)
{
    struct random random;
    if (!has_limits(s->config))
        return;
    random_init(&random);
    if (!p->rates)
        p->rates = rate_table_new(RATE_TABLE_SLOTS, random_next(&random));
    s->rates = p->rates;
}

/* Workers can be sent addresses before they run, so names are known when the first client comes. */
static void start_threads(struct process *p)
{
    p->shared.workers = memory_take_zero(p->shared.n_workers, sizeof *p->shared.workers);
    open_cache(p);
    give_rates(p, p->snapshot);
    for (unsigned i = 0; i < p->shared.n_workers; i++) {
        struct worker *w = &p->shared.workers[i];
        w->index = i;
        w->shared = &p->shared;
        w->journal = p->journal ? journal_ring(p->journal, i) : NULL;
        worker_init(w, p->snapshot);
    }
    int admin_fd = p->admin.n_listeners ? p->admin.fds[0] : -1;
    control_start(&p->control, &p->shared, p->snapshot, admin_fd);
    wait_names(p);
    for (unsigned i = 0; i < p->shared.n_workers; i++)
        worker_start(&p->shared.workers[i], listening_fds(&p->listening, i), p->listening.hands_on);
    atomic_store(&p->control.is_ready, true);
}

/* A bad file changes nothing: its diagnostics are on stderr, the old configuration serves on. */
static void reload(struct process *p)
{
    if (p->journal)
        journal_reopen(p->journal);
    const char *file = p->line->config_file;
    struct snapshot *s = snapshot_load(file, p->shared.n_workers);
    if (!s || !snapshot_may_serve(s, p->line->allows_faults)) {
        fprintf(stderr, "sheaf: %s was not taken; the configuration before it stays\n", file);
        if (s)
            snapshot_release(s);
        return;
    }
    if (s->config->log.level >= CONFIG_LEVEL_WARN)
        restart_tell(&p->restart, s->config, file, stderr);
    if (!restart_has_listeners(&p->restart, s->config))
        snapshot_keep_listeners(s, p->snapshot);
    snapshot_keep_admin(s, p->snapshot);
    snapshot_keep_services(s, p->snapshot);
    if (!config_remembers_paths_of(s->config, p->snapshot->config))
        atomic_store(&p->shared.cache->is_of_other_paths, true);
    give_rates(p, s);
    control_reload(&p->control, s);
    snapshot_release(p->snapshot);
    p->snapshot = s;
    if (s->config->log.level >= CONFIG_LEVEL_INFO)
        fprintf(stderr, "sheaf: %s reloaded\n", file);
}

static bool all_done(const struct process *p)
{
    for (unsigned i = 0; i < p->shared.n_workers; i++)
        if (!atomic_load(&p->shared.workers[i].is_done))
            return false;
    return true;
}

static uint64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool somebody_accepts(const struct process *p)
{
    for (unsigned i = 0; i < p->shared.n_workers; i++)
        if (atomic_load(&p->shared.workers[i].n_open))
            return true;
    return false;
}

/* Until all workers have ended or the time is over; a signal to end shortens it. As soon as nobody
 * accepts the sockets are closed, so that new clients are refused and not left in a queue. */
static bool wait_done(struct process *p, uint64_t ms)
{
    uint64_t until = clock_ms() + ms;
    while (!all_done(p)) {
        if (!somebody_accepts(p))
            listening_close(&p->listening);
        if (clock_ms() >= until)
            return false;
        int signal = wait_signal(STEP_MS);
        if (signal == SIGTERM || signal == SIGINT)
            return false;
    }
    return true;
}

static void each_worker(struct process *p, void (*tell)(struct worker *))
{
    for (unsigned i = 0; i < p->shared.n_workers; i++)
        tell(&p->shared.workers[i]);
}

/* /readyz turns 503, after `delay` accepting ends, after `grace` what is left is cut. */
static void drain(struct process *p)
{
    const struct config *c = p->snapshot->config;
    atomic_store(&p->control.is_ready, false);
    uint64_t until = clock_ms() + c->drain_delay_ms;
    for (uint64_t now = clock_ms(); now < until; now = clock_ms()) {
        int signal = wait_signal(until - now);
        if (signal == SIGTERM || signal == SIGINT)
            break;
    }
    each_worker(p, worker_drain);
    if (wait_done(p, c->drain_grace_ms))
        return;
    each_worker(p, worker_cut);
    wait_done(p, LAST_WAIT_MS);
}

/* A worker does not end, whatever it is at. It may write to the journal at any moment, which
 * therefore stays; what is in it has a moment to reach the file. */
static void leave(void)
{
    const struct timespec moment = {0, LAST_LINES_MS * 1000000};
    nanosleep(&moment, NULL);
    _exit(EXIT_GOOD);
}

static void end(struct process *p)
{
    control_join(&p->control);
    bool is_over = all_done(p);
    listening_close(&p->listening);
    listening_close(&p->admin);
    if (!is_over)
        leave();
    each_worker(p, worker_join);
    if (p->journal)
        journal_close(p->journal);
    free(p->shared.workers);
    close_cache(p);
    rate_table_free(p->rates);
    restart_done(&p->restart);
    snapshot_release(p->snapshot);
}

void process_hold_signals(void)
{
    const sigset_t set = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

enum exit_code process_serve(struct snapshot *s, const struct command_line *line,
                             void (*on_listening)(const struct snapshot *s))
{
    struct process p = {.line = line, .snapshot = s};
    raise_descriptor_limit();
    process_hold_signals();
    p.shared.n_workers = s->n_workers;
    if (!open_journal(&p) || !open_sockets(&p)) {
        if (p.journal)
            journal_close(p.journal);
        snapshot_release(s);
        return EXIT_RUN_TIME;
    }
    restart_init(&p.restart, s->config);
    if (on_listening)
        on_listening(s);
    start_threads(&p);
    int signal = 0;
    while (signal != SIGTERM && signal != SIGINT) {
        signal = wait_signal(UINT32_MAX);
        if (signal == SIGHUP)
            reload(&p);
    }
    drain(&p);
    end(&p);
    return EXIT_GOOD;
}
