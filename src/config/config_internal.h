/* config_internal.h - what the files that read a configuration share: sections, kinds, checks */
#pragma once

#include "config/option_kind.h"

enum {
    CONFIG_MAX_LISTENS = 64,
    CONFIG_MAX_SERVICES = 1000,
    CONFIG_MAX_TARGETS = 256,
    CONFIG_MAX_ENDPOINTS = 10000,
    CONFIG_MAX_PARAMETERS = 128, /* of one endpoint */
    CONFIG_MAX_ITEMS = 1024,     /* of other lists and maps */
};

/* The tables of config_table.c. */
extern const struct section config_root, config_listener, config_listener_tls, config_service_of,
    config_service_tls, config_endpoint_of, config_parameter_of, config_source_of, config_bounds_of,
    config_drain, config_log, config_defaults;

/* All of them, and NULL. */
extern const struct section *const config_sections[];

/* Kinds that know what they are for. */
extern const struct option_kind config_kind_listens, config_kind_admin, config_kind_services,
    config_kind_endpoints, config_kind_networks, config_kind_address, config_kind_listener_tls,
    config_kind_service_tls, config_kind_targets, config_kind_host, config_kind_method,
    config_kind_path, config_kind_params, config_kind_query, config_kind_headers,
    config_kind_pattern, config_kind_values, config_kind_default, config_kind_sources,
    config_kind_response_headers, config_kind_name, config_kind_call, config_kind_forward,
    config_kind_set_headers, config_kind_return_headers, config_kind_include,
    config_kind_defaults_of, config_kind_server_name, config_kind_pass;

/* Joins what the root includes; NULL where a file cannot be read (told). */
struct node *config_join_includes(struct reading *r, struct node *root);

/* Names: grammar, reserved words; told at the node. dashes: "-" may stand in it. */
bool config_check_name(struct reading *r, const struct node *name, const char *what, bool dashes);

/* A header's name, in lower case; false and told where it is none or not theirs to set. */
enum config_header_use {
    CONFIG_HEADER_FORWARD,
    CONFIG_HEADER_SET,
    CONFIG_HEADER_RETURN,
    CONFIG_HEADER_READ
};
bool config_read_header_name(struct reading *r, const struct node *name, enum config_header_use use,
                             struct slice *out);
bool config_check_header_value(struct reading *r, const struct node *value);

const struct config_service *config_find_service(const struct config *c, struct slice name);

/* Compiles and resolves a template of the source being read; skip: bytes of the scalar before it.
 */
bool config_read_template(struct reading *r, const struct node *text, size_t skip,
                          struct config_template *out);
bool config_read_text_template(struct reading *r, const struct node *text,
                               struct config_template *out);

/* Checks over a whole endpoint, and over all of them. */
void config_check_cycles(struct reading *r, const struct config_endpoint *e);
void config_check_routes(struct reading *r, struct node *const *paths);

/* Opens the next file of the reading; `from` is the include to blame, NULL for the first file. NULL
 * where it cannot be read (told). */
struct document *config_open(struct reading *r, const char *path, const char *name,
                             const struct node *from);
/* Its tree; NULL where it has none, told unless it is empty. */
struct node *config_parse(struct reading *r, struct document *d, bool *is_empty);
/* config_load(); told[i] becomes true for each rule i that a diagnostic is of. May be NULL. */
struct config *config_load_told(const char *file, struct buffer *diagnostics, bool *told);
