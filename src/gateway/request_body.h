/* request_body.h - the client's JSON body, for endpoints that speak of it */
#pragma once

#include "gateway/visit.h"

/* Checks it and makes it the visit's. What is no JSON becomes a violation that says where. false:
 * the arena is full. */
bool request_body_read(struct visit *v) MUST_USE;
