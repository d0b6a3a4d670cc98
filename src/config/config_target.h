/* config_target.h - where a URL of the configuration leads */
#pragma once

#include "config/config_internal.h"

/* Reads an origin, http or https, and what stands behind it, from the first "/", "?" or
 * "#" on. NULL, or what would be right. */
const char *config_split_url(struct reading *r, struct slice url, struct config_target *t,
                             struct slice *behind);
/* Splits host[:port], the brackets of an IPv6 address being part of the host; the port stays as it
 * is where none stands. false: it is no such thing. */
bool config_split_authority(struct slice authority, struct slice *host, unsigned *port);
/* The URL as a message may show it: one with a user in it may have a password too, and is hidden.
 */
const char *config_show_url(struct reading *r, const struct node *value);
/* A whole URL that is asked: where it leads, and its path and query. NULL, or what would be right.
 */
const char *config_read_url(struct reading *r, const struct node *value, struct config_target *t,
                            struct slice *path);
