/* etag.h - the name of a document, and whether a client has it already (RFC 9110 8.8.3, 13.1.2)
 *
 * Strong, and made of the document's bytes alone: equal on all instances and in all releases. Pure.
 */
#pragma once

#include "base/digest.h"
#include "http/exchange.h"

enum {
    ETAG_SIZE = DIGEST_SIZE + 2 /* with its quotes */
};

/* Of the parts as if they were one text. */
void etag_write(char out[ETAG_SIZE], const struct slice *parts, size_t n);
/* Does an If-None-Match have it? Weak comparison; "*" has all, a malformed rest of a list none. */
bool etag_is_listed(struct slice list, struct slice etag);
/* The same of all If-None-Match fields of a request. */
bool etag_is_had(const struct request *r, struct slice etag);
