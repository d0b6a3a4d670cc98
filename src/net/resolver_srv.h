/* resolver_srv.h - the targets of a name, by SRV records
 *
 * Asked for like addresses (resolver.h): at start, at the end of the time to live, and 5 s after a
 * failure. A name that stops resolving, or whose records lead nowhere, keeps its last targets. The
 * targets' own names are the owner's to watch.
 */
#pragma once

#include "net/resolver.h"
#include "net/srv.h"

struct resolver_srv;

/* Comes for each change, never inside resolver_srv_watch(); there is at least one target. They are
 * the callee's to copy, who may unwatch the name. */
typedef void resolver_srv_changed(void *context, const struct srv_answer *a);

/* name: _http._tcp.catalog; it ends with resolver_close() at the latest. */
struct resolver_srv *resolver_srv_watch(struct resolver *r, const char *name,
                                        resolver_srv_changed *on_change, void *context);
void resolver_srv_unwatch(struct resolver_srv *s);
