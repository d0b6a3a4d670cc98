/* node.h - a YAML document as a tree whose every node knows where it stands
 *
 * Made by libfyaml and independent of it afterwards. ${NAME} is already replaced in scalars,
 * aliases point at what they name (the tree may share branches), and no map has a key twice.
 * Everything lives in the arena of the reading.
 */
#pragma once

#include <stdint.h>

#include "config/document.h"
#include "config/scalar.h"

enum node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP
};

struct node {
    enum node_kind kind;
    bool is_plain; /* a scalar without quotes: YAML's core schema says what it is */
    bool is_flow;  /* a list or map in brackets or braces */
    struct place place;
    enum scalar_style style;
    struct slice text;    /* of a scalar, with a NUL behind it */
    struct slice written; /* the same with ${NAME} in it; at is NULL where no file has it */
    size_t text_offset;   /* where the text begins in its document: behind a quote, at the first
                             line of a block */
    size_t n_verbatim;    /* so many bytes of the text stand there as they are */
    bool is_told;         /* something is wrong with the text itself, and has been told */
    bool is_noted;        /* for the end, once for all that have it from `defaults` */
    size_t n;             /* items or pairs */
    struct node **items;
    struct node_pair *pairs;
    size_t weight;     /* of everything in it, shared branches counted each time */
    struct slice json; /* what node_json() made of it, once it was asked */
};

struct node_pair {
    struct node *key; /* a scalar */
    struct node *value;
};

struct reading;

/* The tree of a document; NULL where it cannot be read (told), or where it holds nothing (then
 * *is_empty). */
struct node *node_parse(struct reading *r, struct document *d, bool *is_empty);

/* The value of a key, NULL where the map lacks it. */
struct node *node_find(const struct node *map, struct slice key);
/* Is it null in YAML's core schema: nothing, "~" or "null" without quotes? */
bool node_is_null(const struct node *n);
bool node_is(const struct node *n, const char *text);
/* The place of a byte of a scalar's text; of the environment's, where its ${NAME} stands. The text
 * may have been escaped since (reading_escaped()). */
struct place node_place_in(struct reading *r, const struct node *n, size_t offset);
/* A scalar of ours, nowhere in a file. */
struct node node_of_text(const char *text);
/* Tells the keys that a map has twice and keeps the first of each. */
void node_drop_repeated(struct reading *r, struct node *map);

/* Keys whose value is replaced as a whole. */
struct node_whole {
    bool (*is_whole)(const void *context, struct slice key);
    const void *context;
};

/* Own, and what base has and own lacks: maps merge by key, lists and scalars of own replace.
 * whole speaks of the keys at the top and may be NULL. */
struct node *node_merge(struct reading *r, struct node *base, struct node *own,
                        const struct node_whole *whole);
/* The value as JSON text; numbers keep their digits. false: it has none (told). */
bool node_json(struct reading *r, struct node *n, struct slice *out);
/* Of all that stands in it, its order too; added to a hash before. The same in each process. */
uint64_t node_hash(const struct node *n, uint64_t before);
