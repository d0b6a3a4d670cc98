/* service_format.h - what the body of an answer becomes: one JSON value (CONTRACT 3.3)
 *
 * JSON in UTF-8 stays where it lies and is only looked at. Everything else is written anew, into
 * memory that the body then has in place of what came: bounded like a body itself, but for text
 * and base64, whose growth is bounded by their nature.
 */
#pragma once

#include "config/config.h"
#include "service/outcome.h"
#include "service/service_body.h"
#include "wire/media.h"

struct service_format {
    enum config_format kind; /* never CONFIG_FORMAT_BY_TYPE */
    enum media_charset charset;
    struct slice refusal; /* why nothing can be made of a body; empty where something can */
};

/* What the source declares decides, else the answer's Content-Type does. */
struct service_format service_format_of(enum config_format declared, struct media media);

struct service_format_value {
    enum outcome_kind kind;
    struct slice text; /* OUTCOME_OK: the value, which lies in the body; otherwise what the message
                          says, as in struct outcome */
};

/* Of a whole body of at least one byte, in a format without a refusal. */
struct service_format_value service_format_read(const struct service_format *f,
                                                struct service_body *body,
                                                struct service_context *c, struct arena *arena);
