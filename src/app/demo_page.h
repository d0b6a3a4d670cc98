/* demo_page.h - the page of the demo, and the listener that it sees everything through
 *
 * The page's files (demo_file.h), /sheaf.yaml, which is what the gateway runs, and the way to the
 * gateway and the services (demo_pass.h).
 */
#pragma once

#include "app/demo_pass.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"

enum {
    DEMO_PAGE_PORT = 8081
};

struct demo_page {
    struct counters counters;
    atomic_uint n_connections;
    struct server *server;
    struct listener listener;
    int fd;
    struct demo_pass pass;
    struct slice config; /* the text at /sheaf.yaml */
};

/* config stays the caller's. false: the port is in use; told on stderr. */
bool demo_page_open(struct demo_page *p, struct loop *loop, struct slice config);
