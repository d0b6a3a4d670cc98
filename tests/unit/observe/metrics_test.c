/* metrics_test.c - counters and histograms as Prometheus reads them */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "observe/metrics.h"

static void write_all(struct buffer *out, const struct counters *const *sets, unsigned n)
{
    struct metrics m;
    struct histogram h = {0};
    struct histogram_sum sum = {0};
    metrics_init(&m, out);
    metrics_counters(&m, sets, n);
    const struct metrics_label labels[] = {{"endpoint", SLICE("/a\"\\\n{id}")},
                                           {"source", SLICE("\xc3\xa4")}};
    metrics_family(&m, "sheaf_outcomes_total", "counter", "Outcomes.");
    metrics_sample(&m, "sheaf_outcomes_total", labels, 2, 3);
    metrics_family(&m, "sheaf_source_seconds", "histogram", "Times.");
    histogram_add(&h, 500);
    histogram_add(&h, 501);
    histogram_add(&h, UINT32_MAX);
    histogram_collect(&h, &sum);
    metrics_histogram(&m, "sheaf_source_seconds", labels, 2, &sum);
    assert_true(m.is_whole);
}

static bool has_line(const struct buffer *out, const char *line)
{
    return memmem(out->at, out->n, line, strlen(line)) != NULL;
}

static void counters_add_up_over_the_workers(void **state)
{
    (void)state;
    static struct counters one, other;
    const struct counters *const sets[] = {&one, &other};
    counters_add(&one, COUNT_REQUESTS, 5);
    counters_add(&other, COUNT_REQUESTS, 2);
    counters_add(&one, COUNT_CONNECTIONS_OPEN, 3);
    counters_add(&other, COUNT_CONNECTIONS_OPEN, -1);
    counters_add(&other, COUNT_ANSWERS_PARTIAL, 1);
    struct buffer out;
    buffer_init(&out, 1 << 20);
    write_all(&out, sets, 2);
    assert_true(has_line(&out, "\n# TYPE sheaf_requests_total counter\nsheaf_requests_total 7\n"));
    assert_true(
        has_line(&out, "\n# TYPE sheaf_connections_open gauge\nsheaf_connections_open 2\n"));
    assert_true(has_line(&out, "\nsheaf_answers_total{completeness=\"partial\"} 1\n"));
    buffer_done(&out);
}

static void a_family_is_announced_once(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    write_all(&out, NULL, 0);
    const char *line = "# TYPE sheaf_answers_total counter\n";
    const char *first = memmem(out.at, out.n, line, strlen(line));
    assert_non_null(first);
    assert_null(memmem(first + 1, out.n - (size_t)(first + 1 - out.at), line, strlen(line)));
    buffer_done(&out);
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    write_all(&out, NULL, 0);
    assert_true(has_line(
        &out, "\nsheaf_outcomes_total{endpoint=\"/a\\\"\\\\\\n{id}\",source=\"\xc3\xa4\"} 3\n"));
    buffer_done(&out);
}

static void histograms_are_cumulative(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    write_all(&out, NULL, 0);
    assert_true(has_line(&out, "le=\"0.000500\"} 1\n"));
    assert_true(has_line(&out, "le=\"0.001000\"} 2\n"));
    assert_true(has_line(&out, "le=\"30.000000\"} 2\n"));
    assert_true(has_line(&out, "le=\"+Inf\"} 3\n"));
    assert_true(has_line(&out, "\"} 4294.968296\n"));
    assert_true(has_line(&out, "sheaf_source_seconds_count{endpoint="));
    buffer_done(&out);
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    struct buffer out;
    struct metrics m;
    buffer_init(&out, 100);
    metrics_init(&m, &out);
    metrics_family(&m, "a", "counter", "A.");
    assert_true(m.is_whole);
    metrics_counters(&m, NULL, 0);
    assert_false(m.is_whole);
    buffer_done(&out);
}

static void promtool_has_nothing_to_say(void **state)
{
    (void)state;
    if (system("command -v promtool >/dev/null 2>&1") != 0) {
        print_message("skipped: no promtool\n");
        skip();
    }
    struct buffer out;
    buffer_init(&out, 1 << 20);
    write_all(&out, NULL, 0);
    FILE *pipe =
        popen("promtool check metrics 2>&1 | tee /dev/stderr | grep -q . && exit 1; exit 0", "w");
    assert_non_null(pipe);
    assert_int_equal(fwrite(out.at, 1, out.n, pipe), out.n);
    assert_int_equal(pclose(pipe), 0);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_add_up_over_the_workers),
        cmocka_unit_test(a_family_is_announced_once),
        cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(histograms_are_cumulative),
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(promtool_has_nothing_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
