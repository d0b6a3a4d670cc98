/* identity.h - what a request has proved of who asks
 *
 * Set once, when a policy of the endpoint was satisfied, and read by what comes after: limits,
 * templates, the access log. Its texts live as long as the request.
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

struct identity {
    struct slice policy; /* name of the satisfied policy; empty: nobody proved anything */
    struct slice name;   /* of the key, the certificate's subject, or the token's sub */
    bool is_key;         /* the name is that of an API key or a certificate */
    struct slice claims; /* of a verified token: a JSON object, checked; empty: none */
    struct slice scopes; /* of an API key, with a space between; empty: none */
};
