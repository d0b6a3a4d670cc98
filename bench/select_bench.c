/* select_bench.c - what it costs to leave things out of a body, in units of checking that it is
 * JSON
 *
 * usage: select_bench [ROUNDS]
 *
 * For each rule both take turns on one document within one process; the figure is the median of the
 * rounds' ratios of CPU time. A goal is the most that a rule may cost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "json/scan.h"
#include "json/shape.h"

enum {
    TURNS = 20, /* in a row: short beside the slices of time that the kernel gives */
    ROUNDS_MAX = 9999,
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void refuse(const char *what)
{
    fprintf(stderr, "select_bench: %s\n", what);
    exit(1);
}

static bool write_items(struct buffer *b, size_t want)
{
    bool is_good = true;
    for (unsigned k = 0; is_good && b->n + 60 < want; k++)
        is_good = buffer_print(b, "%s{\"sku\":\"S-%06u\",\"qty\":%u,\"ok\":true}", k ? "," : "", k,
                               k % 97);
    return is_good;
}

/* What the services of the other measurements answer. */
static void write_product(struct buffer *b, size_t want)
{
    if (!buffer_print(b,
                      "{\"service\":\"product\",\"id\":\"p-1042\",\"name\":\"Trail running shoe\","
                      "\"price\":129.95,\"tags\":[\"a\",\"b\"],\"stock\":17,\"items\":[") ||
        !write_items(b, want) || !buffer_print(b, "]}"))
        refuse("no document");
}

/* The same in lines, with names of objects and not in an array. */
static void write_pretty(struct buffer *b, size_t want)
{
    bool is_good = buffer_print(b, "{\n    \"id\": \"p-1042\",\n    \"variants\": {");
    for (unsigned k = 0; is_good && b->n + 200 < want; k++)
        is_good = buffer_print(b,
                               "%s\n        \"v%u\": {\n            \"size\": %u,\n"
                               "            \"stock\": {\n                \"here\": %u,\n"
                               "                \"there\": [1, 2]\n            }\n        }",
                               k ? "," : "", k, k % 12 + 36, k % 97);
    if (!is_good || !buffer_print(b, "\n    },\n    \"price\": 129.95\n}\n"))
        refuse("no document");
}

static double ns_of_scan(struct slice json)
{
    double began = now_ns();
    for (unsigned i = 0; i < TURNS; i++) {
        if (scan_json(json, 64).verdict != SCAN_OK)
            refuse("the document is refused");
    }
    return (now_ns() - began) / (double)TURNS;
}

static double ns_of_shape(const struct shape *shape, const struct fields *selected,
                          struct slice json, struct arena *arena)
{
    double began = now_ns();
    for (unsigned i = 0; i < TURNS; i++) {
        arena_reset(arena);
        struct pieces out = pieces_in(arena);
        if (shape_apply(shape, selected, json, &out) != SHAPE_GOOD || out.n_bytes == 0)
            refuse("the document is not shaped");
    }
    return (now_ns() - began) / (double)TURNS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n / 2];
}

enum document {
    PRODUCT,
    PRETTY,
    N_DOCUMENTS,
};

static const struct {
    const char *name;
    void (*write)(struct buffer *b, size_t want);
} documents[] = {[PRODUCT] = {"product", write_product}, [PRETTY] = {"pretty", write_pretty}};

enum kind {
    SELECT,
    PICK,
    OMIT,
};

struct rule {
    enum kind kind;
    enum document document;
    const char *fields;
    double goal; /* 0: none */
};

static const struct rule rules[] = {
    {SELECT, PRODUCT, "id,price", 0.3}, {PICK, PRODUCT, "id,price", 0.3},
    {OMIT, PRODUCT, "tags", 0.3},       {SELECT, PRODUCT, "items/sku", 0},
    {SELECT, PRETTY, "id,price", 0},    {SELECT, PRETTY, "variants/*/size", 0},
};

static const char *const kinds[] = {[SELECT] = "select", [PICK] = "pick", [OMIT] = "omit"};

static void measure(const struct rule *rule, struct slice json, unsigned n_rounds)
{
    static double scans[ROUNDS_MAX], shapes[ROUNDS_MAX], ratios[ROUNDS_MAX];
    struct arena trees, arena;
    arena_init(&trees, 4096, 1 << 16);
    arena_init(&arena, 1 << 20, 1 << 22);
    struct fields_result r = fields_parse(slice_of(rule->fields), &trees);
    struct shape shape = {
        .pick = rule->kind == PICK ? r.fields : NULL,
        .omit = rule->kind == OMIT ? r.fields : NULL,
    };
    const struct fields *selected = rule->kind == SELECT ? r.fields : NULL;
    for (unsigned i = 0; i < n_rounds; i++) {
        scans[i] = ns_of_scan(json);
        shapes[i] = ns_of_shape(&shape, selected, json, &arena);
        ratios[i] = shapes[i] / scans[i];
    }
    double ratio = median(ratios, n_rounds);
    printf("%-7s %-16s of %-8s %6zu B  check %7.0f ns  shape %7.0f ns  x %.2f", kinds[rule->kind],
           rule->fields, documents[rule->document].name, json.n, median(scans, n_rounds),
           median(shapes, n_rounds), ratio);
    if (rule->goal > 0)
        printf("  goal %.1f %s", rule->goal, ratio <= rule->goal ? "met" : "NOT MET");
    printf("\n");
    arena_done(&arena);
    arena_done(&trees);
}

int main(int argc, char **argv)
{
    unsigned long n_rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 501;
    n_rounds = n_rounds == 0 ? 1 : n_rounds > ROUNDS_MAX ? ROUNDS_MAX : n_rounds;
    struct buffer texts[N_DOCUMENTS];
    for (unsigned i = 0; i < N_DOCUMENTS; i++) {
        buffer_init(&texts[i], 1 << 16);
        documents[i].write(&texts[i], 19000);
    }
    printf("scanner: %s\n", scan_level_name(scan_best_level()));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        measure(&rules[i], buffer_slice(&texts[rules[i].document]), (unsigned)n_rounds);
    for (unsigned i = 0; i < N_DOCUMENTS; i++)
        buffer_done(&texts[i]);
    return 0;
}
