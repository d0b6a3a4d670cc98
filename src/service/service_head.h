/* service_head.h - the head of a request to a service, and what is read of an answer's head */
#pragma once

#include "base/buffer.h"
#include "service/service.h"
#include "service/service_request.h"
#include "wire/coding.h"
#include "wire/h1.h"
#include "wire/media.h"

/* The whole head, in place of what the buffer held. host: the rest of the request line and the
 * Host field; authorization: a line of ours, or empty; given_ms: how long we wait, which the
 * service is told. false: past the limit. */
bool service_head_write(struct buffer *out, const struct service_request *r, struct slice host,
                        struct slice authorization, uint64_t given_ms) MUST_USE;
/* What Content-Type fields say together; {0} before the first. */
struct service_head_type {
    struct media media;
    unsigned n;
};
void service_head_add_type(struct service_head_type *type, struct slice value);
/* What its Content-Type says; where there are several that disagree, nothing that we know. */
struct media service_head_media(const struct h1_head *head, const char *base);
/* What its Content-Encoding says. */
struct coding_list service_head_coding(const struct h1_head *head, const char *base);
/* Retry-After in seconds or as a date (RFC 9110 10.2.3), bounded to an hour; 0 where it is neither,
 * or the date is not ahead. wall_ms: since 1970. */
uint64_t service_head_retry_ms(struct slice value, uint64_t wall_ms);
/* Statuses with which a service may say when to come back. */
bool service_head_may_ask_back(unsigned status);
/* The same of a head; 0 where it says none. */
uint64_t service_head_retry_after(const struct h1_head *head, const char *base, uint64_t wall_ms);
/* Copies the fields of these names, in the order of the names, but what is for the connection
 * alone; none where the arena is full. */
void service_head_take_fields(struct outcome *o, const struct h1_head *head, const char *base,
                              const struct service_wanted *wanted, struct arena *arena);
/* Copies all of them. false: the arena is full. */
bool service_head_take_all(struct outcome *o, const struct h1_head *head, const char *base,
                           struct arena *arena) MUST_USE;
