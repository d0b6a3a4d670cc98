/* loop_test.c - what runs when in a turn, and what other threads may do to it */
#include <pthread.h>
#include <stdlib.h>

#include "../unit.h"
#include "net/loop.h"

enum {
    N_THREADS = 4,
    N_MESSAGES = 2000 /* of a thread */
};

struct step {
    struct ready ready;
    struct loop *loop;
    char name;
    struct step *then; /* queued when it runs */
    unsigned n_runs;
};

static char order[16];
static unsigned n_order;

static void note(char name)
{
    if (n_order == sizeof order - 1)
        return;
    order[n_order++] = name;
    order[n_order] = '\0';
}

static void on_step(struct ready *r)
{
    struct step *s = LIST_OWNER(r, struct step, ready);
    s->n_runs++;
    note(s->name);
    if (s->then)
        loop_ready(s->loop, &s->then->ready);
}

static void step_init(struct step *s, struct loop *l, char name)
{
    *s = (struct step){.loop = l, .name = name};
    loop_ready_init(&s->ready, on_step);
}

static void setup(struct loop *l)
{
    n_order = 0;
    order[0] = '\0';
    loop_init(l, NULL, 0, NULL);
}

static void finish(struct loop *l)
{
    loop_stop(l);
    assert_true(loop_run(l));
    loop_done(l);
}

static void what_is_queued_runs_in_order_and_what_it_queues_comes_after(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    struct step a, b, c, gone;
    step_init(&a, &l, 'a');
    step_init(&b, &l, 'b');
    step_init(&c, &l, 'c');
    step_init(&gone, &l, 'x');
    a.then = &c;
    loop_ready(&l, &a.ready);
    loop_ready(&l, &gone.ready);
    loop_ready(&l, &b.ready);
    loop_ready(&l, &a.ready); /* twice is harmless */
    loop_ready_cancel(&gone.ready);
    assert_string_equal(order, "");
    finish(&l);
    assert_string_equal(order, "abc");
}

struct alarm {
    struct wheel_entry entry;
    struct loop *loop;
    struct step *makes_ready;
    uint64_t rung_ms;
    bool is_last;
};

static void on_ring(struct wheel_entry *e)
{
    struct alarm *a = LIST_OWNER(e, struct alarm, entry);
    a->rung_ms = uv_hrtime() / 1000000;
    note('!');
    if (a->makes_ready)
        loop_ready(a->loop, &a->makes_ready->ready);
    if (a->is_last)
        loop_stop(a->loop);
}

static void deadlines_ring_in_order_and_not_before_their_time(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    static const uint64_t delays[] = {7, 0, 3, 12, 3};
    struct alarm alarms[5];
    uint64_t begun = l.now_ms;
    for (unsigned i = 0; i < 5; i++) {
        alarms[i] = (struct alarm){.loop = &l, .is_last = delays[i] == 12};
        wheel_entry_init(&alarms[i].entry, on_ring);
        loop_arm(&l, &alarms[i].entry, begun + delays[i]);
    }
    assert_true(loop_run(&l));
    for (unsigned i = 0; i < 5; i++)
        assert_true(alarms[i].rung_ms >= begun + delays[i]);
    assert_true(alarms[1].rung_ms <= alarms[2].rung_ms);
    assert_true(alarms[2].rung_ms <= alarms[0].rung_ms);
    assert_true(l.now_ms >= begun + 12);
    loop_done(&l);
}

static void a_deadline_taken_back_does_not_ring(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    struct alarm gone = {.loop = &l}, last = {.loop = &l, .is_last = true};
    wheel_entry_init(&gone.entry, on_ring);
    wheel_entry_init(&last.entry, on_ring);
    loop_arm(&l, &gone.entry, l.now_ms + 1);
    loop_arm(&l, &last.entry, l.now_ms + 5);
    loop_disarm(&l, &gone.entry);
    assert_true(loop_run(&l));
    assert_string_equal(order, "!");
    loop_done(&l);
}

static void what_a_deadline_leaves_to_do_runs_in_the_same_turn(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    struct step s;
    step_init(&s, &l, 's');
    struct alarm a = {.loop = &l, .makes_ready = &s, .is_last = true};
    wheel_entry_init(&a.entry, on_ring);
    loop_arm(&l, &a.entry, l.now_ms + 2);
    assert_true(loop_run(&l));
    assert_string_equal(order, "!s");
    loop_done(&l);
}

/* Two that queue each other for ever must not starve the poll. */
static void an_endless_ready_queue_lets_deadlines_and_events_through(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    struct alarm last = {.loop = &l, .is_last = true};
    wheel_entry_init(&last.entry, on_ring);
    loop_arm(&l, &last.entry, l.now_ms + 3);
    struct step ping;
    step_init(&ping, &l, 'p');
    ping.then = &ping;
    loop_ready(&l, &ping.ready);
    for (unsigned turn = 0; turn < 1000000 && !last.rung_ms; turn++)
        uv_run(&l.uv, UV_RUN_NOWAIT);
    loop_ready_cancel(&ping.ready);
    assert_true(last.rung_ms != 0);
    loop_done(&l);
}

struct mail {
    struct loop_message base;
    unsigned thread;
    unsigned number;
};

struct mailbox {
    struct loop loop;
    unsigned n_got;
    unsigned next[N_THREADS];
    struct mail mails[N_THREADS][N_MESSAGES];
};

static void on_mail(struct loop_message *m, void *owner)
{
    struct mail *mail = (struct mail *)m;
    struct mailbox *box = owner;
    assert_int_equal(mail->number, box->next[mail->thread]);
    box->next[mail->thread]++;
    if (++box->n_got == N_THREADS * N_MESSAGES)
        loop_stop(&box->loop);
}

struct sender {
    pthread_t thread;
    struct mailbox *box;
    unsigned number;
};

static void *send_all(void *context)
{
    struct sender *s = context;
    for (unsigned i = 0; i < N_MESSAGES; i++) {
        struct mail *m = &s->box->mails[s->number][i];
        *m = (struct mail){.base.run = on_mail, .thread = s->number, .number = i};
        loop_post(&s->box->loop, &m->base);
    }
    return NULL;
}

static void messages_of_many_threads_arrive_once_and_in_each_ones_order(void **state)
{
    (void)state;
    struct mailbox *box = calloc(1, sizeof *box);
    loop_init(&box->loop, box, 0, NULL);
    struct sender senders[N_THREADS];
    for (unsigned i = 0; i < N_THREADS; i++) {
        senders[i] = (struct sender){.box = box, .number = i};
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    assert_true(loop_run(&box->loop));
    for (unsigned i = 0; i < N_THREADS; i++)
        pthread_join(senders[i].thread, NULL);
    assert_int_equal(box->n_got, N_THREADS * N_MESSAGES);
    loop_done(&box->loop);
    free(box);
}

static void on_note_mail(struct loop_message *m, void *owner)
{
    (void)m;
    (void)owner;
    note('m');
}

static void a_message_posted_before_the_end_is_run(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    struct loop_message m = {.run = on_note_mail};
    loop_stop(&l);
    loop_post(&l, &m);
    assert_true(loop_run(&l));
    assert_string_equal(order, "m");
    loop_done(&l);
}

static void time_is_read_anew_after_a_poll(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    l.now_ns = l.now_ms = l.wall_us = 0;
    struct loop_message m = {.run = on_note_mail};
    loop_post(&l, &m);
    uv_run(&l.uv, UV_RUN_NOWAIT);
    assert_true(l.now_ns > 0);
    assert_int_equal(l.now_ms, l.now_ns / 1000000);
    assert_true(l.wall_us > UINT64_C(1600000000000000));
    finish(&l);
}

static void free_handle(uv_handle_t *h)
{
    note('c');
    h->data = NULL;
}

static void the_loop_waits_for_handles_that_are_closing(void **state)
{
    (void)state;
    struct loop l;
    setup(&l);
    uv_idle_t idle;
    uv_idle_init(&l.uv, &idle);
    uv_close((uv_handle_t *)&idle, free_handle);
    loop_stop(&l);
    assert_true(loop_run(&l));
    assert_string_equal(order, "c");
    loop_done(&l);
}

struct work {
    struct loop *loop;
    struct wheel_entry hard, end;
};

static void on_hard_work(struct wheel_entry *e)
{
    struct work *w = LIST_OWNER(e, struct work, hard);
    uint64_t until_ns = uv_hrtime() + 150000000;
    while (uv_hrtime() < until_ns)
        ;
    loop_arm(w->loop, &w->end, w->loop->now_ms + 1);
}

static void on_work_end(struct wheel_entry *e)
{
    loop_stop(LIST_OWNER(e, struct work, end)->loop);
}

static void long_turns_are_lag(void **state)
{
    (void)state;
    struct loop l;
    struct work w = {.loop = &l};
    setup(&l);
    assert_int_equal(l.lag_ns, 0);
    wheel_entry_init(&w.hard, on_hard_work);
    wheel_entry_init(&w.end, on_work_end);
    loop_arm(&l, &w.hard, l.now_ms);
    assert_true(loop_run(&l));
    assert_true(l.lag_ns > 0);
    loop_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_turns_are_lag),
        cmocka_unit_test(what_is_queued_runs_in_order_and_what_it_queues_comes_after),
        cmocka_unit_test(deadlines_ring_in_order_and_not_before_their_time),
        cmocka_unit_test(a_deadline_taken_back_does_not_ring),
        cmocka_unit_test(what_a_deadline_leaves_to_do_runs_in_the_same_turn),
        cmocka_unit_test(an_endless_ready_queue_lets_deadlines_and_events_through),
        cmocka_unit_test(messages_of_many_threads_arrive_once_and_in_each_ones_order),
        cmocka_unit_test(a_message_posted_before_the_end_is_run),
        cmocka_unit_test(time_is_read_anew_after_a_poll),
        cmocka_unit_test(the_loop_waits_for_handles_that_are_closing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
