/* config.h - the configuration, read, checked and resolved; immutable from then on
 *
 * Everything lives in one arena and is freed together. Names have become pointers and indexes,
 * texts have become templates and patterns; whoever uses it trusts it without looking again.
 * Durations are milliseconds, sizes bytes; numbers mean the whole process.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "json/find.h"
#include "wire/pattern.h"
#include "wire/template.h"

struct config_position {
    const char *file;
    unsigned line, column; /* from 1; columns count characters */
};

struct config_tls {
    const char *ca, *cert, *key; /* file names, relative ones already joined to the file's folder;
                                    NULL where not given */
    const char *server_name;
};

struct config_listen {
    struct slice address; /* as written */
    bool has_tls;
    struct config_tls tls;
    struct config_position position;
};

struct config_target {
    bool is_tls;
    const char *host; /* a name or an address literal, without brackets */
    uint16_t port;
    struct slice authority; /* for Host: host[:port] as a client would write it */
    struct config_position position;
};

struct config_service {
    struct slice name;
    struct config_target *targets;
    unsigned n_targets;
    uint64_t timeout_ms;         /* default 1000 */
    uint64_t connect_timeout_ms; /* default 250 */
    struct slice host;           /* Host sent; empty: the target's authority */
    unsigned warm;               /* connections a target and worker opened ahead; default 0 */
    struct config_tls tls;
    struct config_position position;
    unsigned index;
};

enum config_place {
    CONFIG_IN_PATH,
    CONFIG_IN_QUERY,
    CONFIG_IN_HEADER
};
enum config_type {
    CONFIG_STRING,
    CONFIG_INTEGER,
    CONFIG_NUMBER,
    CONFIG_BOOLEAN
};

struct config_parameter {
    struct slice name;
    enum config_place place;
    enum config_type type;
    bool is_required;
    bool is_list;
    bool has_default, has_min, has_max;
    struct slice default_text; /* one value, or for a list see default_items */
    struct slice *default_items;
    unsigned n_default_items;
    double min, max;
    struct slice *allowed; /* enum */
    unsigned n_allowed;
    struct pattern *pattern; /* NULL where none; whole match */
    struct slice pattern_text;
    struct config_position position;
};

/* One segment of an endpoint's path: a literal (decoded), a parameter, or the tail "*". */
enum config_segment_kind {
    CONFIG_LITERAL,
    CONFIG_PARAMETER,
    CONFIG_TAIL
};
struct config_segment {
    enum config_segment_kind kind;
    struct slice text;  /* of a literal, decoded */
    unsigned parameter; /* index into the endpoint's parameters */
};

/* Where a template's variable has its value from. */
enum config_origin {
    CONFIG_FROM_PARAMETER,
    CONFIG_FROM_HEADER,
    CONFIG_FROM_SOURCE
};
struct config_variable {
    enum config_origin origin;
    unsigned index;        /* of the parameter or the source in its endpoint */
    struct slice header;   /* CONFIG_FROM_HEADER: the field's name */
    struct json_path path; /* CONFIG_FROM_SOURCE */
};

struct config_template {
    struct template *compiled;
    struct config_variable *variables; /* template_n_variables() of them */
};

struct config_field { /* a fixed header */
    struct slice name, value;
};
struct config_set_header {
    struct slice name;
    struct config_template value;
};

enum {
    CONFIG_MAX_SOURCES = 64
};

struct config_source {
    struct slice name;
    struct slice method; /* "GET", ... */
    bool is_safe;        /* GET or HEAD */
    const struct config_service *service;
    struct config_template path;
    struct slice path_text; /* as written, with the service: "catalog:/products/{id}" */
    bool is_required;
    uint64_t timeout_ms; /* one attempt; the service's where the source does not say */
    bool has_fallback;
    struct slice fallback; /* JSON text */
    struct slice *forward; /* names of client headers, lower case */
    unsigned n_forward;
    struct config_set_header *set_headers;
    unsigned n_set_headers;
    struct slice *return_headers; /* lower case */
    unsigned n_return_headers;
    unsigned *pass; /* statuses that reach the client as they are, 400 to 599 */
    unsigned n_pass;
    uint64_t needs; /* bit i: source i of the endpoint must have settled before */
    struct config_position position;
};

struct config_endpoint {
    struct slice method; /* default "GET", which answers HEAD too */
    struct slice path;   /* as written */
    struct config_segment *segments;
    unsigned n_segments;
    struct config_parameter *parameters; /* of path, query and headers, in this order */
    unsigned n_parameters;
    uint64_t timeout_ms;           /* default 2000 */
    struct config_source *sources; /* in declared order */
    unsigned n_sources;
    bool errors_as_text;
    unsigned status; /* of a success, 200 to 299 */
    struct config_field *response_headers;
    unsigned n_response_headers;
    struct config_position position;
};

struct config_bounds {
    size_t request_header, request_body, response_body, memory;
    unsigned json_depth, connections, calls;
    uint64_t header_timeout_ms, send_timeout_ms, idle_timeout_ms;
};

struct config_network { /* of trusted_proxies */
    uint8_t bytes[16];  /* IPv4 as ::ffff:a.b.c.d */
    unsigned prefix;    /* bits of the 128 */
};

enum config_level {
    CONFIG_LEVEL_ERROR,
    CONFIG_LEVEL_WARN,
    CONFIG_LEVEL_INFO,
    CONFIG_LEVEL_DEBUG
};

struct config {
    struct arena arena;
    const char *file;
    struct config_listen *listens;
    unsigned n_listens;
    bool has_admin;
    struct config_listen admin;
    unsigned workers; /* 0: one a core */
    struct config_service *services;
    unsigned n_services;
    struct config_endpoint *endpoints;
    unsigned n_endpoints;
    bool errors_as_text; /* of endpoints that do not say; each has its own */
    struct config_bounds bounds;
    uint64_t drain_delay_ms, drain_grace_ms;
    struct config_network *trusted_proxies;
    unsigned n_trusted_proxies;
    struct {
        bool access;      /* one JSON line a request */
        const char *file; /* NULL: stdout */
        enum config_level level;
    } log;
};

/* Reads and checks the file and what it includes. NULL after errors: `diagnostics` (growing, owned
 * by the caller) has them all as text, FILE:LINE:COL and a caret each. */
struct buffer;
struct config *config_load(const char *file, struct buffer *diagnostics);
void config_free(struct config *c);
