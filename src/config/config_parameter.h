/* config_parameter.h - what a client may send with a request */
#pragma once

#include "config/config_internal.h"

/* A new parameter of the endpoint with the key's text as its name; NULL where there are too many
 * (told). It may move the ones before it. */
struct config_parameter *config_add_parameter(struct reading *r, struct config_endpoint *e,
                                              const struct node *key, enum config_place place);
