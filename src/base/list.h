/* list.h - a ring of nodes that are members of what they link
 *
 * The head is a node too; an empty list points at itself. A node that is in no list points at
 * itself as well, so removing twice is harmless. No memory, no threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *previous;
};

/* The struct that holds this node as its given member. */
#define LIST_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
    l->next = l->previous = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_insert_after(struct list *place, struct list *node)
{
    node->previous = place;
    node->next = place->next;
    place->next->previous = node;
    place->next = node;
}

static inline void list_push_front(struct list *head, struct list *node)
{
    list_insert_after(head, node);
}

static inline void list_push_back(struct list *head, struct list *node)
{
    list_insert_after(head->previous, node);
}

static inline void list_remove(struct list *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

/* The first node, taken out; NULL where there is none. */
static inline struct list *list_pop_front(struct list *head)
{
    if (list_is_empty(head))
        return NULL;
    struct list *node = head->next;
    list_remove(node);
    return node;
}
