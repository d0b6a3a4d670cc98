/* fixture.c - a service and the other side of its connections */
#include "fixture.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_address(struct fixture *f, unsigned target)
{
    struct addresses a = {.n = 1};
    memcpy(&a.at[0], &f->at[target], sizeof f->at[target]);
    service_set_addresses(f->service, target, &a);
}

void fixture_remake(struct fixture *f)
{
    service_free(f->service);
    service_shared_free(f->shared, &f->of_all);
    f->shared = service_shared_new(&f->of_all);
    f->service = service_new(&f->context, &f->config, f->shared, NULL);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    rig_init(&f->rig);
    f->fd = -1;
    f->bounds = (struct config_bounds){
        .response_body = 1 << 20, .memory = 64 << 20, .json_depth = 8, .request_header = 16384};
    for (unsigned i = 0; i < 2; i++) {
        f->listening[i] = rig_listen(&f->at[i], 8);
        f->targets[i] = (struct config_target){.host = "127.0.0.1", .authority = SLICE("a:1")};
    }
    f->config = (struct config_service){
        .name = SLICE("catalog"),
        .targets = f->targets,
        .n_targets = 1,
        .timeout_ms = 1000,
        .connect_timeout_ms = 1000,
    };
    f->context = (struct service_context){
        .loop = &f->rig.loop,
        .counters = &f->rig.counters,
        .random = &f->random,
        .bounds = &f->bounds,
        .n_held = &f->rig.n_held,
    };
    service_decoding_init(&f->context.decoding, &f->rig.loop);
    random_init_seeded(&f->random, 7);
    f->of_all = (struct config){.services = &f->config, .n_services = 1};
    f->shared = service_shared_new(&f->of_all);
    f->service = service_new(&f->context, &f->config, f->shared, NULL);
    set_address(f, 0);
    arena_init(&f->arena, 4096, 1 << 20);
    f->request = (struct service_request){
        .line = SLICE("GET /x"),
        .fields = SLICE("accept: application/json\r\n"),
        .is_safe = true,
        .is_idempotent = true,
        .timeout_ms = 300,
        .left_ms = 2000,
        .arena = &f->arena,
    };
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    fixture_drop(f);
    service_free(f->service);
    service_shared_free(f->shared, &f->of_all);
    service_call_free_kept(&f->context);
    arena_done(&f->arena);
    for (unsigned i = 0; i < 2; i++)
        close(f->listening[i]);
    if (f->fd >= 0)
        close(f->fd);
    rig_done(&f->rig);
    assert_int_equal(rig_count(&f->rig, COUNT_CALLS_IN_FLIGHT), 0);
    free(f);
    return 0;
}

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct fixture *f = owner;
    f->outcome = *outcome;
    f->n_ended++;
    f->call = NULL;
}

void fixture_start(struct fixture *f)
{
    fixture_drop(f);
    f->n_ended = 0;
    f->outcome = (struct outcome){0};
    f->began_ms = f->rig.loop.now_ms;
    f->call = service_call_start(f->service, &f->request, on_ended, f);
    assert_int_equal(f->n_ended, 0);
}

static int try_accept(const struct fixture *f)
{
    return accept4(f->listening[0], NULL, NULL, SOCK_NONBLOCK);
}

void fixture_accept(struct fixture *f)
{
    int fd = try_accept(f);
    rig_begin(&f->rig);
    while (fd < 0) {
        rig_go_on(&f->rig, "a connection");
        fd = try_accept(f);
    }
    if (f->fd >= 0)
        close(f->fd);
    f->fd = fd;
    f->heard = (struct rig_text){0};
}

void fixture_begin(struct fixture *f)
{
    fixture_start(f);
    if (f->fd < 0)
        fixture_accept(f);
    f->heard.n = 0;
    rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
}

void fixture_say(struct fixture *f, struct slice bytes)
{
    rig_begin(&f->rig);
    while (bytes.n) {
        ssize_t n = send(f->fd, bytes.at, bytes.n, MSG_NOSIGNAL);
        if (n > 0)
            bytes = slice_after(bytes, (size_t)n);
        if (bytes.n)
            rig_go_on(&f->rig, "room for the answer");
        if (f->n_ended)
            return;
    }
}

void fixture_await(struct fixture *f)
{
    RIG_UNTIL(&f->rig, f->n_ended);
    assert_int_equal(f->n_ended, 1);
}

void fixture_serve(struct fixture *f, const char *answer)
{
    fixture_begin(f);
    fixture_say(f, slice_of(answer));
    fixture_await(f);
}

void fixture_pass_ms(struct fixture *f, uint64_t ms)
{
    wheel_advance(&f->rig.loop.wheel, f->began_ms + ms);
}

void fixture_drop(struct fixture *f)
{
    if (f->outcome.blob)
        blob_release(&f->rig.loop.blobs, f->outcome.blob);
    f->outcome.blob = NULL;
}

void fixture_expect_failure(struct fixture *f, enum outcome_kind kind, const char *detail)
{
    assert_string_equal(outcome_kind_name(f->outcome.kind), outcome_kind_name(kind));
    assert_int_equal(f->outcome.detail.n, strlen(detail));
    assert_memory_equal(f->outcome.detail.at, detail, strlen(detail));
    assert_null(f->outcome.blob);
    assert_int_equal(f->outcome.value.n, 0);
}

void fixture_expect_value(struct fixture *f, const char *value)
{
    assert_string_equal(outcome_kind_name(f->outcome.kind), "ok");
    assert_int_equal(f->outcome.value.n, strlen(value));
    assert_memory_equal(f->outcome.value.at, value, strlen(value));
}
