/* service_head.h - the head of a request to a service, and what is read of an answer's head */
#pragma once

#include "base/buffer.h"
#include "service/service_call.h"
#include "wire/h1.h"

/* The whole head, in place of what the buffer held. host: the rest of the request line and the
 * Host field; given_ms: how long we wait, which the service is told. false: past the limit. */
bool service_head_write(struct buffer *out, const struct service_request *r, struct slice host,
                        uint64_t given_ms) MUST_USE;
/* By its media type: application/json, anything that ends with +json, or none given. */
bool service_head_is_json(const struct h1_head *head, const char *base);
/* Copies the fields of these names, in the order of the names; none where the arena is full. */
void service_head_take_fields(struct outcome *o, const struct h1_head *head, const char *base,
                              const struct service_wanted *wanted, struct arena *arena);
