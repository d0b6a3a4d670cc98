/* reading.h - one run over a configuration: what it makes, what it has found wrong
 *
 * Nodes and diagnostics live in the scratch arena and die with the reading; what the program keeps
 * is copied into the configuration's own. Both have limits that a sane file never sees: the first
 * to reach one is told, and everybody soon stops (is_over).
 */
#pragma once

#include "config/config.h"
#include "config/diagnostic.h"
#include "config/node.h"
#include "config/reading_mask.h"
#include "config/suggestion.h"

enum {
    READING_BYTES_MAX = 4 * 1024 * 1024, /* of all files together */
    READING_FILES_MAX = 256
};

/* What could not be read, which is told: nothing is held against that, which would be an error of
 * ours. */
enum reading_unread {
    READING_SERVICES = 1,
    READING_ENDPOINTS = 2,
    READING_POLICIES = 4,
    READING_TOKENS = 8, /* whether the endpoint's clients show tokens or keys */
    READING_METHOD = 16,
    READING_NAMES = 32, /* of the endpoint's parameters and sources */
    READING_LISTS = 64, /* which of its parameters are lists */
    READING_TYPE = 128, /* of a parameter */
    READING_EACH = 256,
};

/* A file that a source's `schema` names. */
struct reading_schema {
    struct reading_schema *next;
    const char *path;
    struct slice json; /* empty where something is wrong with it */
};

/* Files of TLS that somebody names. */
struct reading_tls {
    struct reading_tls *next;
    const struct node *map; /* where they are named */
    const struct config_tls *tls;
    const struct config_service *service; /* that they are for; NULL: for something else */
};

/* A program of jq. */
struct reading_jq {
    struct reading_jq *next;
    const struct node *program;
};

/* A file of a policy's keys. */
struct reading_keys {
    struct reading_keys *next;
    struct place place; /* of its name */
    const char *file;   /* NULL where it is wrong */
    const struct config_auth *auth;
};

struct reading {
    struct config *config;
    struct arena scratch;
    struct diagnostics diagnostics;
    struct reading_masked *masked[READING_MASK_SLOTS];
    struct scalar walked; /* the last that node_place_in() was asked of */
    struct reading_schema *schemas;
    struct reading_tls *tls;
    struct reading_jq *jq;
    struct reading_keys *keys;
    const struct config_judge *judge;
    bool is_over;
    unsigned unread; /* of what is being read and what it is part of */
    size_t n_bytes;  /* read so far */
    unsigned n_documents;
    struct document *documents[READING_FILES_MAX];

    /* What `defaults` say, NULL where they do not. */
    struct node *defaults_endpoint, *defaults_service, *defaults_source;

    /* Being read; templates are resolved against them. */
    struct config_endpoint *endpoint;
    struct config_source *source;
    /* [i][k]: where source i first speaks of k; of templates of the endpoint's own, i is n_sources.
     */
    struct place (*needed_at)[CONFIG_MAX_SOURCES];
    struct place placed_at[CONFIG_MAX_SOURCES]; /* where source i says where it stands */
};

/* Cleared memory, never NULL: of what the configuration keeps, and of what goes. */
void *reading_keep(struct reading *r, size_t n_items, size_t size);
void *reading_scratch(struct reading *r, size_t n_items, size_t size);
/* A copy with a NUL behind it, of either kind; what is masked in a text is masked in its copy. */
struct slice reading_copy(struct reading *r, struct slice text);
struct slice reading_note(struct reading *r, struct slice text);
/* printf into scratch memory; what does not fit a message is cut. */
const char *reading_print(struct reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A limit is reached: told once, and the reading is over. */
void reading_end(struct reading *r, struct place place);

void reading_complain(struct reading *r, enum rule rule, struct place place, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
/* A text as a message may show it: short, as it was written, without control characters. */
const char *reading_show(struct reading *r, struct slice text);
/* "did you mean 'x'?" or, where nothing is near, `otherwise`. */
const char *reading_hint(struct reading *r, const struct suggestion *s, const char *otherwise);
