/* demo_page.h - a plain page that shows one answer beside the calls it is made of
 *
 * GET / is the page. GET /try?QUERY asks the gateway for the product page with that query, and
 * answers {"ms":..,"status":..,"calls":[..],"answer":..}: times are measured, none is made up.
 */
#pragma once

#include "app/demo_service.h"
#include "http/pool.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"

enum {
    DEMO_PAGE_PORT = 8081
};

struct demo_page {
    struct loop *loop;
    struct demo_services *services;
    struct counters counters;
    atomic_uint n_connections;
    struct server *server;
    struct listener listener;
    int fd;
    struct pool *gateway;
    unsigned n_asked; /* makes the request ids */
};

/* false: the port is in use; told on stderr. */
bool demo_page_open(struct demo_page *p, struct loop *loop, struct demo_services *services);
