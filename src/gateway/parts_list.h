/* parts_list.h - lists that stream, in parts: an array first, then each element at its place in it
 *
 * The array is as long as the list and has null everywhere, so that the place of an element is
 * there whichever comes first. It is told once the list is known, of a batch once its answer is
 * there: from then on the source fails only for want of memory, and then has one more part, at its
 * own path.
 *
 * An empty list is a part as any other. For framings that take the elements in order (struct parts,
 * in_order) the array is empty.
 */
#pragma once

#include "gateway/parts.h"

enum parts_kind {
    PARTS_NOTHING, /* nothing of it is known that was not told */
    PARTS_WHOLE,   /* its value */
    PARTS_LIST,    /* the array that waits for its elements */
    PARTS_ELEMENT,
};

/* What the source's next part is, by what is known of it. */
enum parts_kind parts_find_kind(const struct parts *p, unsigned source);
/* Is the value of that part a stale entry of the cache, or made of one? The array of a list is
 * where one answer was had for all of it: a batch. */
bool parts_find_stale(const struct parts *p, unsigned source);
/* Of the kind PARTS_LIST: appends the array, and counts it as told. */
bool parts_add_list(struct parts *p, unsigned source, struct assembly *a) MUST_USE;
/* Of the kind PARTS_ELEMENT: which one it is. It counts as told. */
unsigned parts_take_element(struct parts *p, unsigned source);
/* Of a list that streams: as parts_release(), of the last element that was taken. */
void parts_release_element(const struct parts *p, unsigned source);
/* Are elements of it to be told yet? */
bool parts_is_listed(const struct parts *p, unsigned source);
/* Appends the place of an element, as an array; its value. */
bool parts_add_element_path(struct assembly *a, unsigned source, unsigned element) MUST_USE;
bool parts_add_element(struct assembly *a, unsigned source, unsigned element) MUST_USE;
/* What went wrong with it, as an entry of errors; empty: nothing; at is NULL where there is no
 * room. */
struct slice parts_error_of_element(struct run *r, unsigned source, unsigned element);
/* As parts_add(), of an element. */
bool parts_add_next_element(struct parts *p, unsigned source, struct assembly *a) MUST_USE;
