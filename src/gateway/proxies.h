/* proxies.h - which addresses are proxies that we trust, and who the client behind them is
 *
 * X-Forwarded-For is read from its end: each trusted proxy appended the address that it saw. Pure.
 */
#pragma once

#include "config/config.h"

/* address: a literal, also with a port or in brackets. What is no address is not trusted. */
bool proxies_trust(const struct config *config, struct slice address);
/* The last address that no trusted proxy has; the first of all where every one is trusted. peer is
 * trusted itself and stands behind the list. */
struct slice proxies_client(const struct config *config, struct slice list, struct slice peer);
