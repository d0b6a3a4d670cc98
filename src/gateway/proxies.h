/* proxies.h - which addresses are proxies that we trust, and who the client behind them is
 *
 * X-Forwarded-For is read from its end: each trusted proxy appended the address that it saw. Pure.
 */
#pragma once

#include "config/config.h"

/* address: a literal, also with a port or in brackets. What is no address is not trusted. */
bool proxies_trust(const struct config *config, struct slice address);
/* What of an address tells one client from another: of IPv6 the first 64 bits, as a network has all
 * that follow. at is NULL where it is no address; it lies in `room`. */
enum {
    PROXIES_NETWORK = 16
};
struct slice proxies_network(struct slice address, uint8_t room[PROXIES_NETWORK]);
/* The last address that no trusted proxy has; the first of all where every one is trusted. peer is
 * trusted itself and stands behind the list. */
struct slice proxies_client(const struct config *config, struct slice list, struct slice peer);
