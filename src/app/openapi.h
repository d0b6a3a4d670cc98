/* openapi.h - a description as an OpenAPI document (3.1)
 *
 * Each endpoint is an operation: its parameters, its answers and problems by status, its media
 * types, the policies that it asks for. What a configuration does not tell, such as the version of
 * the API, has a fixed value. The same configuration gives the same bytes.
 */
#pragma once

#include "app/description.h"

bool openapi_write(struct description *d, struct buffer *out) MUST_USE;
