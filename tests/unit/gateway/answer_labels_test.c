/* answer_labels_test.c - each name once, and where they are too many every purge is meant */
#include <stdio.h>

#include "../unit.h"
#include "gateway/answer_labels.h"
#include "service/service_tags.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void add_shown(struct answer_labels *l, struct slice name, struct slice url)
{
    answer_labels_add_shown(l, &(struct record_shown){name, url}, &arena);
}

static struct record told(const struct answer_labels *l)
{
    struct record r = {0};
    answer_labels_tell(l, 7, &r);
    return r;
}

static void each_is_told_once(void **state)
{
    (void)state;
    struct answer_labels l = {0};
    for (unsigned i = 0; i < 2; i++) {
        answer_labels_add_tag(&l, SLICE("a"));
        answer_labels_add_tag(&l, SLICE("b"));
        add_shown(&l, SLICE("n"), SLICE("s:/1"));
        add_shown(&l, SLICE("n"), SLICE("s:/2"));
        add_shown(&l, SLICE("m"), SLICE("s:/2"));
    }
    const struct record r = told(&l);
    assert_int_equal(r.n_tags, 2);
    assert_int_equal(r.n_shown, 3);
    assert_true(slice_equal(r.tags[1], SLICE("b")));
    assert_true(slice_equal(r.shown[2].name, SLICE("m")));
    assert_false(r.is_brittle);
}

static void a_tag_that_no_entry_has_is_passed_over(void **state)
{
    (void)state;
    static char text[SERVICE_TAG_MAX + 1];
    struct answer_labels l = {0};
    answer_labels_add_tag(&l, SLICE(""));
    answer_labels_add_tag(&l, (struct slice){memset(text, 'x', sizeof text), sizeof text});
    assert_int_equal(told(&l).n_tags, 0);
    assert_false(told(&l).is_brittle);
}

static void assert_brittle(const struct answer_labels *l)
{
    const struct record r = told(l);
    assert_true(r.is_brittle);
    assert_int_equal(r.purges, 7);
    assert_int_equal(r.n_tags + r.n_shown, 0);
}

static void what_has_more_tags_than_are_kept_is_brittle(void **state)
{
    (void)state;
    static char texts[RECORD_TAGS_MAX + 1][8];
    struct answer_labels l = {0};
    for (unsigned i = 0; i <= RECORD_TAGS_MAX; i++) {
        assert_false(told(&l).is_brittle);
        int n = snprintf(texts[i], sizeof texts[i], "%u", i);
        answer_labels_add_tag(&l, (struct slice){texts[i], (size_t)n});
    }
    assert_brittle(&l);
}

static void what_shows_more_than_is_kept_is_brittle(void **state)
{
    (void)state;
    struct answer_labels l = {0};
    char text[8];
    for (unsigned i = 0; i <= RECORD_SHOWN_MAX; i++) {
        assert_false(told(&l).is_brittle);
        int n = snprintf(text, sizeof text, "%u", i);
        add_shown(&l, (struct slice){text, (size_t)n}, SLICE("s:/"));
    }
    assert_brittle(&l);
}

static void what_has_long_names_is_brittle_too(void **state)
{
    (void)state;
    static char text[20000];
    struct answer_labels l = {0};
    memset(text, 'x', sizeof text);
    add_shown(&l, (struct slice){text, sizeof text}, SLICE("s:/"));
    assert_brittle(&l);
}

static void what_finds_no_room_is_brittle_too(void **state)
{
    (void)state;
    struct arena full;
    struct answer_labels l = {0};
    arena_init(&full, 64, 64);
    while (arena_take(&full, 1))
        ;
    answer_labels_add_shown(&l, &(struct record_shown){SLICE("n"), SLICE("s:/")}, &full);
    assert_brittle(&l);
    arena_done(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(what_shows_more_than_is_kept_is_brittle, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_long_names_is_brittle_too, setup, teardown),
        cmocka_unit_test(what_has_more_tags_than_are_kept_is_brittle),
        cmocka_unit_test(a_tag_that_no_entry_has_is_passed_over),
        cmocka_unit_test(what_finds_no_room_is_brittle_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
