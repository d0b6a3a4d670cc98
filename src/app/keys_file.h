/* keys_file.h - the API keys of a policy, from its file */
#pragma once

#include "base/buffer.h"
#include "config/config.h"

struct api_keys;

/* Of the file's text. Held once. NULL: something in it is wrong, and `wrong` says what. */
struct api_keys *keys_file_read(const struct config_auth *a, struct slice text,
                                struct buffer *wrong);
/* The same; reads the file first. Blocks meanwhile. */
struct api_keys *keys_file_load(const struct config_auth *a, struct buffer *wrong);
