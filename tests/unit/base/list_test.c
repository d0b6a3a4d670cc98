/* list_test.c - rings of nodes */
#include "../unit.h"
#include "base/list.h"

struct item {
    int number;
    struct list node;
};

static int pop(struct list *head)
{
    struct list *node = list_pop_front(head);
    return node ? LIST_OWNER(node, struct item, node)->number : -1;
}

static void nodes_keep_their_order(void **state)
{
    (void)state;
    struct list head;
    struct item items[4] = {{0, {0}}, {1, {0}}, {2, {0}}, {3, {0}}};
    list_init(&head);
    assert_true(list_is_empty(&head));
    assert_null(list_pop_front(&head));
    list_push_back(&head, &items[1].node);
    list_push_back(&head, &items[3].node);
    list_push_front(&head, &items[0].node);
    list_insert_after(&items[1].node, &items[2].node);
    assert_false(list_is_empty(&head));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pop(&head), i);
    assert_int_equal(pop(&head), -1);
}

static void removing_twice_is_harmless(void **state)
{
    (void)state;
    struct list head;
    struct item one = {1, {0}}, two = {2, {0}};
    list_init(&head);
    list_push_back(&head, &one.node);
    list_push_back(&head, &two.node);
    list_remove(&one.node);
    list_remove(&one.node);
    assert_true(list_is_empty(&one.node));
    assert_int_equal(pop(&head), 2);
    list_remove(&two.node);
    assert_true(list_is_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_keep_their_order),
        cmocka_unit_test(removing_twice_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
