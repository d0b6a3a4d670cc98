/* caching.h - what the cache is told of one call (CONTRACT 3.7): its key, whose it is, its names
 *
 * Everything that would be sent is in the default key: method and target, all header lines but
 * those that differ in each request (ids, traces, where the client is), the body; the scheme and
 * the host that the client asked for, as services make links of them. A `key:` stands
 * in place of all that, behind the service and the method. The client's credentials are apart in
 * both: without them the key is where an answer stands that its origin calls public.
 */
#pragma once

#include "gateway/compose_internal.h"
#include "service/service_request.h"

/* What the client wants of caches. */
void caching_read_wish(struct freshness_wish *w, const struct request *q);

/* Writes it behind the request, which is whole. Nothing is remembered of a call whose key has a
 * value that is missing. */
void caching_compose(struct composing *c, struct composed *out);

/* The same as the service is told; lives as long as the call that it is told with. */
struct caching {
    struct service_caching told;
    struct slice tags[CONFIG_MAX_TAGS];
    struct freshness_wish wish;
};
/* false: nothing is remembered of it. */
bool caching_read(struct caching *to, const struct run *r, unsigned source,
                  const struct composed *c) MUST_USE;
