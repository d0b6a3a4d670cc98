/* service_key.h - where an answer is kept: under the request's key, whose it is, and what it varies
 * by
 *
 * The base is what the floor above says of the request, and the credentials that it has; an answer
 * that its origin calls public may stand under the base without them. Where the origin's Vary names
 * request fields, a record of these names alone stands at the base, and the answer at the base with
 * the fields as they were sent (RFC 9111 4.1). Texts are written behind what the buffer holds.
 */
#pragma once

#include "cache/cache_key.h"
#include "service/service_request.h"

/* false: the buffer is full. */
bool service_key_put_base(struct buffer *out, const struct service_caching *c,
                          bool has_credentials) MUST_USE;
/* names: lower case, commas between; fields: of the request, whole lines. */
bool service_key_put_vary(struct buffer *out, struct slice names, struct slice fields) MUST_USE;
/* Could this request's answer stand at `key`, where the origin's Vary names these? */
bool service_key_is_of(struct slice key, const struct service_caching *c, struct slice names,
                       struct slice fields, struct buffer *scratch);
/* May an answer to this request stand where others find it who have other credentials? */
bool service_key_has_public(const struct service_caching *c);
/* Do these names, as above, have one of a field that the credentials are in? */
bool service_key_is_varied_by_credentials(const struct service_caching *c, struct slice names);
/* May its answer be others', too? Not where a `key:` leaves out conditions or a range of the
 * client's own: what is answered to these (304, 206, 412) is nothing to who has not sent them. */
bool service_key_may_share(const struct service_caching *c, struct slice fields);
/* Is a header of this name a condition, or a range? */
bool service_key_is_condition(struct slice name);
/* Has a request of these fields conditions, or a range? (RFC 9110 13.1, 14.2) */
bool service_key_has_conditions(struct slice fields);
/* The next header line of some, without its end; false: there is none. */
bool service_key_next_line(struct slice *fields, struct slice *line);
