/* credentials.h - how we tell a service who we are: header lines, and the asking for tokens
 *
 * Bearer tokens (RFC 6750), Basic (RFC 7617), and the client credentials grant of OAuth 2.0 (RFC
 * 6749 section 4.4): what is sent to a token service and what is read of its answer. Pure; when a
 * token is asked for is credentials_life.h, who asks is app/control_grant.h.
 *
 * What these functions write is secret: its buffers end by credentials_forget(), which leaves no
 * copy behind for a core dump or for the next user of the memory.
 */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "config/config.h"

enum {
    CREDENTIALS_SECRET_MAX = 16 * 1024, /* bytes of a token, a password, a client's secret */
    CREDENTIALS_LIMIT = 128 * 1024      /* for buffers that these functions write to */
};

/* A whole header line, "authorization: Bearer ...", with its CRLF, in place of what the buffer
 * held. false: the token is empty, too long, or has bytes that no header takes. */
bool credentials_write_bearer(struct buffer *line, struct slice token) MUST_USE;
/* The same with "Basic"; the user has no colon. */
bool credentials_write_basic(struct buffer *line, struct slice user,
                             struct slice password) MUST_USE;

/* The request for a token, as it is sent; its body begins at *body_at. */
bool credentials_write_ask(struct buffer *out, const struct config_credentials *c,
                           struct slice secret, size_t *body_at) MUST_USE;

enum credentials_verdict {
    CREDENTIALS_GOOD,
    CREDENTIALS_NOT_JSON,
    CREDENTIALS_NO_TOKEN,     /* none, or one that no header takes */
    CREDENTIALS_FOREIGN_TYPE, /* token_type is not bearer */
    CREDENTIALS_BAD_LIFE,     /* expires_in is no time */
};

/* The body of a token service's answer 200 (RFC 6749 section 5.1). GOOD: the line, as above, and
 * how long it is good; CREDENTIALS_NO_END where the answer does not say. */
enum credentials_verdict credentials_read_token(struct slice body, struct buffer *line,
                                                uint64_t *life_ms) MUST_USE;
/* The word of the standard for what is wrong in a refusal's body (RFC 6749 section 5.2); NULL:
 * another, or none. */
const char *credentials_read_error(struct slice body);

/* Have two services the same credentials, so that what was got for the one holds for the other? */
bool credentials_are_alike(const struct config_service *a, const struct config_service *b);

/* Wipes and frees. */
void credentials_forget(struct buffer *b);
