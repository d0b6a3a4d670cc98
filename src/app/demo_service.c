/* demo_service.c - believable answers after a believable time */
#include "app/demo_service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/demo_answer.h"
#include "base/check.h"
#include "wire/target.h"

enum {
    SLOW_MS = 2000,
    HEAD_MAX = 16 * 1024,
    ARENA_MAX = 256 * 1024,
    TIMEOUT_MS = 60000
};
enum {
    CONNECTIONS_MAX = 10000
};

/* The document is `before`, the id from the path, `after`. */
static const struct demo_row {
    const char *name;
    struct slice prefix; /* of the path, before the id */
    unsigned min_ms, max_ms;
    struct slice before, after;
} rows[DEMO_N_SERVICES] = {
    {"product", SLICE_INIT("/products/"), 8, 25, SLICE_INIT("{\"id\":\""),
     SLICE_INIT(
         "\",\"name\":\"Trail running shoe\",\"brand\":{\"name\":\"Fells\",\"country\":\"GB\"},"
         "\"summary\":\"Light on long climbs, sure on wet rock.\","
         "\"colours\":[\"moss\",\"slate\"],\"seller\":{\"id\":\"s-77\"},\"weight_g\":268}")},
    {"inventory", SLICE_INIT("/inventory/"), 5, 15, SLICE_INIT("{\"sku\":\""),
     SLICE_INIT("\",\"in_stock\":true,\"available\":17,\"warehouses\":[{\"id\":\"ber\",\"n\":11},"
                "{\"id\":\"ams\",\"n\":6}]}")},
    {"pricing", SLICE_INIT("/prices/"), 10, 30, SLICE_INIT("{\"sku\":\""),
     SLICE_INIT("\",\"amount\":129.90,\"currency\":\"EUR\",\"was\":149.00,\"tax_included\":true}")},
    {"reviews", SLICE_INIT("/reviews/"), 30, 90, SLICE_INIT("{\"product\":\""),
     SLICE_INIT(
         "\",\"average\":4.6,\"count\":212,\"items\":[{\"author\":\"Ines\",\"stars\":5,\"text\":"
         "\"Grips on wet rock.\"},{\"author\":\"Tom\",\"stars\":4,\"text\":\"Runs small.\"}]}")},
    {"shipping", SLICE_INIT("/shipping/"), 15, 45, SLICE_INIT("{\"sku\":\""),
     SLICE_INIT("\",\"options\":[{\"name\":\"standard\",\"days\":3,\"price\":4.90},{\"name\":"
                "\"express\",\"days\":1,\"price\":12.50}]}")},
    {"media", SLICE_INIT("/media/"), 10, 35, SLICE_INIT("{\"product\":\""),
     SLICE_INIT("\",\"images\":[{\"url\":\"/img/shoe-1.svg\",\"alt\":\"The shoe in moss, from the "
                "side\"},{\"url\":"
                "\"/img/shoe-2.svg\",\"alt\":\"The shoe in slate, from the side\"}]}")},
    {"related", SLICE_INIT("/related/"), 25, 70, SLICE_INIT("{\"to\":\""),
     SLICE_INIT("\",\"items\":[{\"id\":\"1043\",\"name\":\"Gaiter\"},{\"id\":\"1077\",\"name\":"
                "\"Merino sock\"},{\"id\":\"1101\",\"name\":\"Soft flask\"}]}")},
    {"seller", SLICE_INIT("/sellers/"), 10, 30, SLICE_INIT("{\"id\":\""),
     SLICE_INIT(
         "\",\"name\":\"Fells outdoor\",\"rating\":4.8,\"since\":2011,\"city\":\"Kendal\"}")},
};

/* An answer that waits for its time. */
struct serving {
    struct exchange *exchange;
    unsigned service;
    bool is_broken;
    struct slice id, max_age;
    uint64_t began_ns;
    struct wheel_entry due;
};

/* What the server of one service hands to its exchanges. */
struct demo_context {
    struct demo_services *services;
    unsigned service;
};

static struct demo_context contexts[DEMO_N_SERVICES];

const char *demo_service_name(unsigned service)
{
    return rows[service].name;
}

static void put(struct exchange *e, struct slice s)
{
    /* An answer is far below the outbox's bound. */
    CHECK(exchange_put(e, s, NULL));
}

/* The document, and how long it took. */
static void answer(const struct serving *s)
{
    struct exchange *e = s->exchange;
    const struct demo_row *row = &rows[s->service];
    double ms = (double)(uv_hrtime() - s->began_ns) / 1e6;
    struct slice timing = arena_print(&e->arena, "%s;dur=%.1f", row->name, ms);
    struct slice freshness = s->max_age.n
                                 ? arena_print(&e->arena, "max-age=%.*s", SLICE_ARG(s->max_age))
                                 : SLICE("no-store");
    const struct field fields[] = {{SLICE("Content-Type"), SLICE("application/json")},
                                   {SLICE("Cache-Control"), freshness},
                                   {SLICE("Server-Timing"), timing},
                                   {SLICE("Access-Control-Allow-Origin"), SLICE("*")},
                                   {SLICE("Timing-Allow-Origin"), SLICE("*")}};
    CHECK(timing.at && freshness.at); /* an arena is far larger than a head */
    exchange_begin(e, 200, fields, sizeof fields / sizeof *fields,
                   (int64_t)(row->before.n + s->id.n + row->after.n));
    put(e, row->before);
    put(e, s->id);
    put(e, row->after);
    exchange_end(e);
}

static void on_due(struct wheel_entry *w)
{
    struct serving *s = LIST_OWNER(w, struct serving, due);
    s->exchange->run = NULL;
    if (s->is_broken)
        demo_answer_error(s->exchange, 503, SLICE("broken on request"));
    else
        answer(s);
}

/* Does the query say word=NAME for this service? */
static bool is_asked(struct slice query, const char *word, const char *name)
{
    struct slice key, value;
    while (target_next_pair(&query, &key, &value))
        if (slice_equal(key, slice_of(word)) && slice_equal(value, slice_of(name)))
            return true;
    return false;
}

static bool is_number(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return true;
}

/* The digits behind max_age= in the query; none where it says nothing of use. */
static struct slice find_max_age(struct slice query)
{
    struct slice key, value;
    while (target_next_pair(&query, &key, &value))
        if (slice_equal(key, SLICE("max_age")) && value.n < 6 && is_number(value))
            return value;
    return SLICE_NONE;
}

static bool is_id(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", s.at[i]))
            return false;
    return s.n > 0 && s.n <= 64;
}

static void wait_and_answer(struct exchange *e, unsigned service, const struct target *t)
{
    struct demo_context *context = e->context;
    const struct demo_row *row = &rows[service];
    struct serving *s = arena_take_zero(&e->arena, 1, sizeof *s);
    CHECK(s); /* the first thing in a fresh arena */
    *s = (struct serving){
        .exchange = e,
        .service = service,
        .is_broken = is_asked(t->query, "break", row->name),
        .id = slice_after(t->path, row->prefix.n),
        .max_age = find_max_age(t->query),
        .began_ns = uv_hrtime(),
    };
    uint64_t ms =
        row->min_ms + random_next(&context->services->random) % (row->max_ms - row->min_ms);
    if (is_asked(t->query, "slow", row->name))
        ms += SLOW_MS;
    e->run = s;
    wheel_entry_init(&s->due, on_due);
    loop_arm(e->loop, &s->due, e->loop->now_ms + ms);
}

static enum exchange_interest on_head(struct exchange *e)
{
    (void)e;
    return EXCHANGE_WANT_BODY;
}

static void on_request(struct exchange *e)
{
    struct demo_context *context = e->context;
    const struct demo_row *row = &rows[context->service];
    struct target t;
    const char *why;
    if (!target_split(e->request.target, &t, &why))
        demo_answer_error(e, 400, SLICE("bad target"));
    else if (slice_starts(t.path, row->prefix) && is_id(slice_after(t.path, row->prefix.n)))
        wait_and_answer(e, context->service, &t);
    else
        demo_answer_error(e, 404, SLICE("not found"));
}

static void on_gone(struct exchange *e)
{
    struct serving *s = e->run;
    if (!s)
        return;
    e->run = NULL;
    loop_disarm(e->loop, &s->due);
}

static void on_finished(struct exchange *e)
{
    (void)e;
}

static void on_refused(struct exchange *e, unsigned status, const char *detail)
{
    (void)detail;
    demo_answer_error(e, status, SLICE("bad request"));
}

static const struct exchange_handlers handlers = {
    .on_head = on_head,
    .on_request = on_request,
    .on_gone = on_gone,
    .on_finished = on_finished,
    .on_refused = on_refused,
};

static void on_accept(struct listener *l, int fd)
{
    server_accept(l->owner, fd, NULL, NULL);
}

static bool open_port(struct demo_services *d, unsigned service)
{
    char text[32];
    struct listener_address address;
    const char *why;
    snprintf(text, sizeof text, "127.0.0.1:%u", DEMO_FIRST_PORT + service);
    CHECK(listener_parse(slice_of(text), &address, &why) == FAULT_NONE);
    if (listener_open(&address, &d->fds[service], 1) == FAULT_NONE)
        return true;
    fprintf(stderr, "sheaf: the demo's %s service cannot listen on %s: %s\n", rows[service].name,
            text, strerror(errno));
    return false;
}

bool demo_service_open(struct demo_services *d, struct loop *loop)
{
    const struct server_bounds bounds = {
        .request_header = HEAD_MAX,
        .request_body = HEAD_MAX,
        .output = ARENA_MAX,
        .arena = ARENA_MAX,
        .connections = CONNECTIONS_MAX,
        .n_open = &d->n_connections,
        .header_timeout_ms = TIMEOUT_MS,
        .send_timeout_ms = TIMEOUT_MS,
        .idle_timeout_ms = TIMEOUT_MS,
    };
    d->loop = loop;
    random_init(&d->random);
    for (unsigned i = 0; i < DEMO_N_SERVICES; i++) {
        if (!open_port(d, i))
            return false;
        contexts[i] = (struct demo_context){d, i};
        d->servers[i] = server_new(loop, &bounds, &handlers, &d->counters, &contexts[i]);
        listener_start(&d->listeners[i], loop, d->fds[i], on_accept, d->servers[i]);
    }
    return true;
}
