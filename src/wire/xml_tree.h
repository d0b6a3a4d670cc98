/* xml_tree.h - the elements of one XML document, on their way to JSON
 *
 * Built from the root down as tags come. What an element becomes is known when it ends: the text
 * between its tags is joined, and its children of one name are linked, so that writing it is one
 * walk. Everything lies in an arena whose limit bounds it.
 */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/map.h"

struct xml_attribute {
    struct slice name; /* with its "@" */
    struct slice value;
};

/* White space alone is none. */
struct xml_run {
    struct xml_run *next;
    struct slice text;
};

/* One a name of the document, and what linking the children of one element needs of it. */
struct xml_name {
    struct slice text;
    const struct xml_element *parent; /* whose children were linked last */
    struct xml_element *last;         /* of them by this name */
};

struct xml_element {
    struct xml_name *name;
    struct xml_element *parent, *next, *first, *last;
    struct xml_element *alike; /* the next sibling of the same name */
    bool is_later;             /* an earlier sibling has the same name */
    struct xml_attribute *attributes;
    unsigned n_attributes;
    struct xml_run *runs, *last_run;
    struct xml_element *before_text; /* the child that its first text stands behind; NULL: none */
};

struct xml_tree {
    struct arena arena;
    struct map names;  /* struct xml_name by text */
    struct buffer run; /* the text since the last tag */
    struct xml_element *root;
    struct xml_element *open; /* NULL before the root and behind it */
    unsigned depth;           /* of elements that are open */
};

void xml_tree_init(struct xml_tree *t, size_t limit);
void xml_tree_done(struct xml_tree *t);

/* A tag begins, with expat's NULL-ended pairs; false past the limit, as with the others. */
bool xml_tree_begin(struct xml_tree *t, const char *name, const char *const *attributes) MUST_USE;
bool xml_tree_text(struct xml_tree *t, struct slice text) MUST_USE;
bool xml_tree_end(struct xml_tree *t) MUST_USE;

enum xml_written {
    XML_WRITTEN,
    XML_WRITTEN_TOO_DEEP,
    XML_WRITTEN_TOO_MUCH
};
/* The whole tree as one JSON object, nested at most that deep. */
enum xml_written xml_tree_write(const struct xml_tree *t, unsigned depth, struct buffer *out);
