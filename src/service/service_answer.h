/* service_answer.h - a whole answer as it came, of which each reader makes what it wants
 *
 * From a call that was made for the cache, or from a record. What a source takes of it (its format,
 * the fields that it returns, the statuses that it passes on) is decided here, each time anew.
 */
#pragma once

#include "cache/record.h"
#include "service/outcome.h"
#include "service/service.h"
#include "service/service_request.h"

struct service_answer {
    unsigned status;
    struct slice body;
    struct blob *blob;           /* that the body lies in; NULL: none that could be shared */
    bool is_json;                /* the body was found to be */
    const struct record *record; /* whose fields they are; NULL: */
    const struct field *fields;
    unsigned n_fields;
};

/* The answer's bytes are the record's, which lies in the blob. */
struct service_answer service_answer_of_record(const struct record *r, struct blob *blob);
/* One field after the other; *at is 0 before the first. false: there are no more. */
bool service_answer_next_field(const struct service_answer *a, size_t *at, struct record_field *f);
/* Sets kind, status, value, blob, detail, the returned fields and how long to stay away. A small
 * value is copied, of a large one the blob is shared. */
void service_answer_read(const struct service_answer *a, const struct service_request *r,
                         struct service_context *c, struct outcome *o);
/* Can a reader of this format make a value of it? */
bool service_answer_is_readable(const struct service_answer *a, enum config_format format,
                                struct service_context *c, struct arena *arena);
/* Is it one JSON value, by its type and by its bytes? Then nobody needs to look again. */
bool service_answer_is_json(const struct service_answer *a, const struct service_context *c);
