/* journal_test.c - whole lines, in order, or counted losses; never a wait for the one who adds */
#include <stdio.h>
#include <sys/stat.h>

#include "../unit.h"
#include "base/journal.c"
#include "base/random.h"

enum {
    N_RINGS = 3,
    N_LINES = 5000 /* of a ring */
};

static char directory[] = "/tmp/journal-XXXXXX";
static char file[64], old_file[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(file, sizeof file, "%s/lines", directory);
    snprintf(old_file, sizeof old_file, "%s/lines.1", directory);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(file);
    unlink(old_file);
    return 0;
}

static int teardown(void **state)
{
    remove_files(state);
    return rmdir(directory);
}

static uint64_t now_ms(void)
{
    struct timespec t = in_ms(0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* "RING NUMBER xxx...\n", of a length that follows from the number. */
static struct slice make_line(char *at, size_t capacity, unsigned ring, unsigned number)
{
    int n = snprintf(at, capacity, "%u %u ", ring, number);
    size_t padding = number * 37 % 400;
    memset(at + n, 'x', padding);
    at[(size_t)n + padding] = '\n';
    return (struct slice){at, (size_t)n + padding + 1};
}

/* Every line of the file is one that was made, and each ring's are in order; how many there are. */
static unsigned check_lines(FILE *f, unsigned next[N_RINGS])
{
    char line[600], expected[600];
    unsigned n = 0;
    for (; fgets(line, sizeof line, f); n++) {
        unsigned ring, number;
        assert_int_equal(sscanf(line, "%u %u ", &ring, &number), 2);
        assert_true(ring < N_RINGS && number >= next[ring]);
        struct slice whole = make_line(expected, sizeof expected, ring, number);
        assert_memory_equal(line, whole.at, whole.n);
        next[ring] = number + 1;
    }
    return n;
}

static unsigned check_file(const char *name, unsigned next[N_RINGS])
{
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    unsigned n = check_lines(f, next);
    fclose(f);
    return n;
}

struct adder {
    pthread_t thread;
    struct journal_ring *ring;
    unsigned number;
    unsigned n_lost;
};

static void *add_all(void *context)
{
    struct adder *a = context;
    char at[600];
    for (unsigned i = 0; i < N_LINES; i++)
        a->n_lost += !journal_add(a->ring, make_line(at, sizeof at, a->number, i));
    return NULL;
}

static void lines_of_many_threads_arrive_whole_and_in_order_or_are_counted(void **state)
{
    (void)state;
    struct journal *j = journal_open(file, N_RINGS);
    assert_non_null(j);
    struct adder adders[N_RINGS];
    for (unsigned i = 0; i < N_RINGS; i++) {
        adders[i] = (struct adder){.ring = journal_ring(j, i), .number = i};
        assert_int_equal(pthread_create(&adders[i].thread, NULL, add_all, &adders[i]), 0);
    }
    unsigned n_lost = 0, next[N_RINGS] = {0};
    for (unsigned i = 0; i < N_RINGS; i++) {
        pthread_join(adders[i].thread, NULL);
        n_lost += adders[i].n_lost;
    }
    journal_close(j);
    assert_int_equal(check_file(file, next), N_RINGS * N_LINES - n_lost);
}

static void closing_writes_what_is_left_and_the_file_is_appended_to(void **state)
{
    (void)state;
    unsigned next[N_RINGS] = {0};
    char at[600];
    for (unsigned i = 0; i < 3; i++) {
        struct journal *j = journal_open(file, 1);
        assert_non_null(j);
        assert_true(journal_add(journal_ring(j, 0), make_line(at, sizeof at, 0, i)));
        journal_close(j);
    }
    assert_int_equal(check_file(file, next), 3);
}

static void a_file_that_cannot_be_opened_is_told(void **state)
{
    (void)state;
    assert_null(journal_open("/nonexistent/lines", 1));
    assert_int_equal(errno, ENOENT);
}

static void a_line_wider_than_the_ring_is_lost_and_harms_no_other(void **state)
{
    (void)state;
    char *wide = calloc(1, JOURNAL_RING_SIZE + 1);
    char at[600];
    unsigned next[N_RINGS] = {0};
    struct journal *j = journal_open(file, 1);
    assert_non_null(wide);
    assert_false(journal_add(journal_ring(j, 0), (struct slice){wide, JOURNAL_RING_SIZE + 1}));
    assert_true(journal_add(journal_ring(j, 0), SLICE_NONE));
    assert_true(journal_add(journal_ring(j, 0), make_line(at, sizeof at, 0, 0)));
    journal_close(j);
    assert_int_equal(check_file(file, next), 1);
    free(wide);
}

/* Somebody has the FIFO open and does not read. */
static int open_reader(void)
{
    assert_int_equal(mkfifo(file, 0600), 0);
    int reader = open(file, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    return reader;
}

/* Adds until the first line is lost; how many were taken. */
static unsigned fill(struct journal_ring *r)
{
    char at[600];
    unsigned i = 0;
    while (journal_add(r, make_line(at, sizeof at, 0, i)))
        i++;
    return i;
}

static void a_reader_that_does_not_read_costs_lines_and_no_time(void **state)
{
    (void)state;
    int reader = open_reader();
    struct journal *j = journal_open(file, 1);
    assert_non_null(j);
    uint64_t begun = now_ms();
    unsigned n_taken = fill(journal_ring(j, 0));
    assert_true(now_ms() - begun < 1000);
    assert_true(n_taken > 500 && n_taken < 5000);

    /* It reads again: what was taken comes, and the journal goes on. */
    fcntl(reader, F_SETFL, 0);
    FILE *f = fdopen(reader, "r");
    unsigned next[N_RINGS] = {0};
    char line[600];
    for (unsigned i = 0; i < n_taken; i++)
        assert_non_null(fgets(line, sizeof line, f));
    char at[600];
    assert_true(journal_add(journal_ring(j, 0), make_line(at, sizeof at, 0, n_taken + 7)));
    journal_close(j);
    assert_int_equal(check_lines(f, next), 1);
    assert_int_equal(next[0], n_taken + 8);
    fclose(f);
}

static void closing_does_not_wait_for_ever_for_a_reader(void **state)
{
    (void)state;
    int reader = open_reader();
    struct journal *j = journal_open(file, 1);
    assert_non_null(j);
    unsigned n_taken = fill(journal_ring(j, 0)), next[N_RINGS] = {0};
    uint64_t begun = now_ms();
    journal_close(j);
    assert_true(now_ms() - begun < 3000);

    /* What was stuck ends in order once it can: all that it had begun to write, and the file. */
    fcntl(reader, F_SETFL, 0);
    FILE *f = fdopen(reader, "r");
    unsigned n = check_lines(f, next);
    assert_true(n > 0 && n <= n_taken);
    fclose(f);
}

static void after_a_rotation_lines_go_to_the_new_file(void **state)
{
    (void)state;
    struct journal *j = journal_open(file, 1);
    assert_non_null(j);
    char at[600];
    struct stat fresh = {.st_size = 0};
    unsigned n = 0, next[N_RINGS] = {0};
    assert_true(journal_add(journal_ring(j, 0), make_line(at, sizeof at, 0, n++)));
    assert_int_equal(rename(file, old_file), 0);
    journal_reopen(j);
    for (uint64_t begun = now_ms(); fresh.st_size == 0; stat(file, &fresh)) {
        assert_true(now_ms() - begun < 5000);
        n += journal_add(journal_ring(j, 0), make_line(at, sizeof at, 0, n));
    }
    journal_reopen(j);
    journal_reopen(j);
    journal_close(j);
    unsigned n_old = check_file(old_file, next);
    assert_int_equal(n_old + check_file(file, next), n);
}

static void a_reopening_that_fails_keeps_the_old_file(void **state)
{
    (void)state;
    struct journal *j = journal_open(file, 1);
    assert_non_null(j);
    char at[600];
    unsigned next[N_RINGS] = {0};
    assert_int_equal(rename(file, old_file), 0);
    assert_int_equal(mkdir(file, 0700), 0);
    journal_reopen(j);
    assert_true(journal_add(journal_ring(j, 0), make_line(at, sizeof at, 0, 0)));
    journal_close(j);
    assert_int_equal(check_file(old_file, next), 1);
    assert_int_equal(rmdir(file), 0);
}

static void a_parked_journal_wakes_with_the_next_line(void **state)
{
    (void)state;
    struct journal *j = journal_open(file, 1);
    assert_non_null(j);
    char at[600];
    uint64_t begun = now_ms();
    while (!atomic_load(&j->is_parked)) {
        assert_true(now_ms() - begun < 10000);
        sched_yield();
    }
    assert_true(journal_add(journal_ring(j, 0), make_line(at, sizeof at, 0, 0)));
    for (struct stat s = {.st_size = 0}; s.st_size == 0; stat(file, &s))
        assert_true(now_ms() - begun < 15000);
    journal_close(j);
}

/* The ring against the plainest reference: a long text of which windows are taken. */
static void a_ring_gives_back_what_was_added_however_it_wraps(void **state)
{
    (void)state;
    struct journal_ring *r = aligned_alloc(JOURNAL_RING_ALIGN, sizeof *r);
    assert_non_null(r);
    journal_ring_init(r, NULL);
    struct random random;
    random_init_seeded(&random, 7);
    char line[3000], got[3000];
    uint8_t in = 0, out = 0;
    for (unsigned step = 0; step < 2000; step++) {
        size_t n = random_below(&random, sizeof line);
        for (size_t i = 0; i < n; i++)
            line[i] = (char)in++;
        if (!journal_ring_add(r, (struct slice){line, n}))
            in = (uint8_t)(in - n);
        size_t head = atomic_load(&r->head), tail = atomic_load(&r->tail);
        struct iovec parts[2];
        unsigned n_parts = journal_ring_span(r, head, parts);
        assert_int_equal(parts[0].iov_len + (n_parts > 1 ? parts[1].iov_len : 0), head - tail);
        size_t taken = random_below(&random, sizeof got);
        taken = taken < head - tail ? taken : head - tail;
        size_t first = taken < parts[0].iov_len ? taken : parts[0].iov_len;
        memcpy(got, parts[0].iov_base, first);
        memcpy(got + first, parts[1].iov_base, taken - first);
        for (size_t i = 0; i < taken; i++)
            assert_int_equal((uint8_t)got[i], out++);
        journal_ring_take(r, taken);
    }
    journal_ring_done(r);
    free(r);
}

static void the_rest_of_a_torn_line_is_dropped_and_no_more(void **state)
{
    (void)state;
    struct journal_ring *r = aligned_alloc(JOURNAL_RING_ALIGN, sizeof *r);
    assert_non_null(r);
    journal_ring_init(r, NULL);
    assert_true(journal_ring_add(r, SLICE("torn line\n")));
    assert_true(journal_ring_add(r, SLICE("next\n")));
    journal_ring_take(r, 3);
    journal_ring_drop_line(r);
    struct iovec parts[2];
    journal_ring_span(r, atomic_load(&r->head), parts);
    assert_int_equal(parts[0].iov_len, 5);
    assert_memory_equal(parts[0].iov_base, "next\n", 5);
    journal_ring_drop_line(r);
    journal_ring_drop_line(r);
    assert_int_equal(atomic_load(&r->tail), atomic_load(&r->head));
    journal_ring_done(r);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lines_of_many_threads_arrive_whole_and_in_order_or_are_counted,
                                  remove_files),
        cmocka_unit_test_teardown(closing_writes_what_is_left_and_the_file_is_appended_to,
                                  remove_files),
        cmocka_unit_test_teardown(a_file_that_cannot_be_opened_is_told, remove_files),
        cmocka_unit_test_teardown(a_line_wider_than_the_ring_is_lost_and_harms_no_other,
                                  remove_files),
        cmocka_unit_test_teardown(a_reader_that_does_not_read_costs_lines_and_no_time,
                                  remove_files),
        cmocka_unit_test_teardown(closing_does_not_wait_for_ever_for_a_reader, remove_files),
        cmocka_unit_test_teardown(after_a_rotation_lines_go_to_the_new_file, remove_files),
        cmocka_unit_test_teardown(a_reopening_that_fails_keeps_the_old_file, remove_files),
        cmocka_unit_test_teardown(a_parked_journal_wakes_with_the_next_line, remove_files),
        cmocka_unit_test(a_ring_gives_back_what_was_added_however_it_wraps),
        cmocka_unit_test(the_rest_of_a_torn_line_is_dropped_and_no_more),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
