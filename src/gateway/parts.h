/* parts.h - a document in parts: which part is next, and what stands in it (CONTRACT 3.6)
 *
 * The first part is a document of some sources; each of the others has one more, at its path. Who
 * puts them one after the other into what the first one was has the document that the plain request
 * gives. So a part waits for the one that its place lies in, and of equal names at the top level
 * the earlier declared source's counts here too: a later part replaces what an earlier one put
 * there, or leaves out what would replace it; and it waits for an earlier one that may have the
 * name and nothing there that is selected. A source that is left without a place has no part.
 *
 * Texts of parts have no line breaks. How parts are told apart is the framing's business
 * (gateway/framing.h). Lives in the exchange's arena; nothing of a value is copied.
 */
#pragma once

#include "gateway/assemble.h"
#include "gateway/names.h"

struct parts {
    struct run *run;
    uint64_t sent;      /* bits of the sources that have their part, or will have none */
    uint64_t told;      /* of these: the first part's, and those that have one */
    uint64_t pending;   /* announced and not yet told; the framing's, where it announces */
    uint64_t lost;      /* their names at the top level are those of joined sources' members */
    uint64_t dropped;   /* they have failed, as what they lie in is no object */
    uint64_t standing;  /* bits of places at the top level, by their order: parts stand there */
    uint64_t occupied;  /* the same: a member of a joined source stood there first */
    struct names names; /* that joined sources have brought */
    unsigned joining;   /* the source that is looked at */
    uint64_t listed;    /* lists that stream: their array is told, and not each of their elements */
    uint64_t stale;     /* of the sources that have a part, those with a stale one */
    bool is_stale;      /* the part that parts_next() has found: its value the cache had so */
    bool in_order;      /* elements follow each other as they do in the list; the framing's */
};

/* Nothing is sent yet. */
void parts_init(struct parts *p, struct run *r);
/* Has all of the first part settled? */
bool parts_is_first_due(const struct parts *p);

/* Appends the document of the first part, of its sources those that have settled; with their errors
 * as its last member, or without. */
enum assemble_verdict parts_add_first(struct parts *p, bool has_errors,
                                      struct assembly *a) MUST_USE;
/* The next source whose part can be told; -1: none can, now. Lists that stream have several
 * (parts_list.h). */
int parts_next(struct parts *p);
/* Appends `"source":...,"path":...,"value":...`, whether it is stale, and what went wrong; no
 * braces. false: no room. */
bool parts_add(struct parts *p, unsigned source, struct assembly *a) MUST_USE;
/* Sources that may have a part yet. */
uint64_t parts_find_pending(const struct parts *p);
/* The same by places, for framings that merge: how many names of the source's path lead to an
 * object that is there; the path of the first n names, as an array; what is merged into that
 * object: objects of ours for the other names, and the value. Of a source that joins there are no
 * names. */
unsigned parts_find_container(const struct parts *p, unsigned source);
bool parts_add_path(struct assembly *a, unsigned source, unsigned n) MUST_USE;
/* The same without its brackets. */
bool parts_add_names(struct assembly *a, unsigned source, unsigned n) MUST_USE;
bool parts_add_data(struct parts *p, unsigned source, unsigned n, struct assembly *a) MUST_USE;
/* The array of all that went wrong; empty: nothing; at is NULL where there is no room. What has
 * lost its place to another's name, as it has in the plain document, is not missed. */
struct slice parts_find_errors(struct parts *p);
/* Appends `,"stale":[...]`: the names of all whose values are stale, shown or not; nothing where
 * there is none. After parts_find_errors(). */
bool parts_add_stale(const struct parts *p, struct assembly *a) MUST_USE;
/* Appends `"complete":...`, all errors, and what is stale; no braces. */
bool parts_add_done(struct parts *p, struct assembly *a) MUST_USE;
/* The source's last part is with the outbox, which has its own shares of the bytes. */
void parts_release(struct parts *p, unsigned source);
