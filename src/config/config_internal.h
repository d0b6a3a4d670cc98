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

/* The tables of config_table*.c. */
extern const struct section config_root, config_listener, config_listener_tls, config_service_of,
    config_service_tls, config_endpoint_of, config_parameter_of, config_source_of, config_bounds_of,
    config_drain, config_log, config_defaults, config_view_of, config_view_match, config_target_of,
    config_breaker_of, config_retry_of, config_hedge_of, config_concurrency_of, config_balance_of,
    config_health_of, config_credentials_of, config_basic_of, config_oauth2_of, config_secret_of,
    config_fault_of, config_cache_of, config_cache_top, config_auth_of, config_api_keys_of,
    config_cors_of, config_rate_limit_of, config_jwt_of, config_compress_of, config_traces_of,
    config_cert_of, config_security_of;

/* All of them, and NULL. */
extern const struct section *const config_sections[];

/* Kinds that know what they are for. */
extern const struct option_kind config_kind_listens, config_kind_admin, config_kind_services,
    config_kind_endpoints, config_kind_networks, config_kind_address, config_kind_listener_tls,
    config_kind_service_tls, config_kind_targets, config_kind_host, config_kind_method,
    config_kind_path, config_kind_params, config_kind_query, config_kind_headers,
    config_kind_pattern, config_kind_values, config_kind_default, config_kind_sources,
    config_kind_first, config_kind_response_headers, config_kind_name, config_kind_call,
    config_kind_forward, config_kind_set_headers, config_kind_return_headers, config_kind_include,
    config_kind_defaults_of, config_kind_server_name, config_kind_each, config_kind_batch,
    config_kind_by, config_kind_body, config_kind_form, config_kind_pick, config_kind_omit,
    config_kind_rename, config_kind_unwrap, config_kind_jq, config_kind_into, config_kind_views,
    config_kind_endpoint_views, config_kind_view_headers, config_kind_view_fields,
    config_kind_select, config_kind_pass, config_kind_when, config_kind_url, config_kind_breaker,
    config_kind_retry, config_kind_causes, config_kind_hedge, config_kind_after,
    config_kind_concurrency, config_kind_balance, config_kind_hash, config_kind_health,
    config_kind_health_path, config_kind_priority, config_kind_credentials, config_kind_bearer,
    config_kind_secret, config_kind_basic, config_kind_oauth2, config_kind_user, config_kind_text,
    config_kind_token_url, config_kind_scopes, config_kind_faults, config_kind_service_name,
    config_kind_source_cache, config_kind_endpoint_cache, config_kind_cache_key,
    config_kind_cache_vary, config_kind_cache_tags, config_kind_stores, config_kind_store_tls,
    config_kind_auth, config_kind_api_keys, config_kind_auth_header, config_kind_endpoint_auth,
    config_kind_cors, config_kind_origins, config_kind_cors_methods, config_kind_cors_headers,
    config_kind_cors_expose, config_kind_rate_limit, config_kind_rate_by, config_kind_jwt,
    config_kind_issuer, config_kind_audience, config_kind_jwks, config_kind_algorithms,
    config_kind_endpoint_scopes, config_kind_compress, config_kind_codings, config_kind_otlp,
    config_kind_trace_headers, config_kind_trace_tls, config_kind_client_cert, config_kind_subjects,
    config_kind_security, config_kind_security_value, config_kind_schema;

/* A short form as the map of that key alone; a map and a null as they are. */
struct node *config_lengthen(struct reading *r, struct node *value, const char *key);
/* What an option that is `off`, `on` or a value says: NULL, a null, the value. */
struct node *config_unless_off(struct reading *r, struct node *value);
void config_read_tls(struct reading *r, const struct section *s, struct node *value,
                     struct config_tls *tls, const struct config_service *of);
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
/* A list of names, each once; gives how many. */
unsigned config_read_header_names(struct reading *r, const struct node *value,
                                  enum config_header_use use, struct slice **out);
/* A map of names and fixed values; gives how many. */
unsigned config_read_header_fields(struct reading *r, const struct node *value,
                                   enum config_header_use use, struct config_field **out);
bool config_check_header_value(struct reading *r, const struct node *value);

/* It is freed with the configuration. */
void config_keep_pattern(struct reading *r, struct pattern *p);

/* Can a client of the endpoint have a token? */
bool config_has_claims(const struct config_endpoint *e);

/* What has no default is a map, or a list; told where it is none, or nothing. */
bool config_is_services(struct reading *r, const struct node *value);
bool config_is_endpoints(struct reading *r, const struct node *value);

const struct config_service *config_find_service(const struct config *c, struct slice name);
/* No service has the name: what was meant, or what else to do; not where they could not be read. */
void config_tell_service(struct reading *r, struct place place, struct slice name,
                         const char *otherwise);

/* Compiles and resolves a template of the source being read; skip: bytes of the scalar before it.
 */
bool config_read_template(struct reading *r, const struct node *text, size_t skip,
                          struct config_template *out);
bool config_read_text_template(struct reading *r, const struct node *text,
                               struct config_template *out);
/* Compiles a text whose variables are others' to resolve. */
bool config_compile_text(struct reading *r, const struct node *text, struct template **out);
/* What chooses the target of a call, where its service balances by a hash: compiled and resolved
 * for the source being read. */
void config_read_hash(struct reading *r, const struct node *call, struct config_source *s);

/* Resolves the n bytes at skip of a scalar, a name without braces, for the source being read: not
 * of one call of `each` but of all. false: it stands for nothing (told). */
bool config_read_variable(struct reading *r, const struct node *text, size_t skip, size_t n,
                          struct config_variable *out);

/* The same of a name in the text, where a text in quotes could stand as well. */
bool config_read_operand(struct reading *r, const struct node *text, struct slice name,
                         struct config_variable *out);

/* A path of names, data.items; told where it is none, with the example. */
bool config_read_names(struct reading *r, const struct node *value, const char *example,
                       struct json_path *out);
/* A text in the grammar of fields; NULL and told where it is none. */
const struct fields *config_read_fields(struct reading *r, const struct node *value);

/* Checks over a source whose options are read: `map` with what `defaults` say, `own` without. */
void config_check_each(struct reading *r, const struct config_source *s, const struct node *own);
void config_check_authorization(struct reading *r, const struct config_source *s,
                                const struct node *map);
void config_check_body(struct reading *r, const struct config_source *s, const struct node *own);
/* What it may have meant for booleans, for who advises. */
void config_note_words(struct reading *r, struct config_source *s, const struct node *map);
/* Only what is safe is cached. */
void config_check_source_cache(struct reading *r, struct config_source *s, const struct node *own);
void config_check_endpoint_cache(struct reading *r, struct config_endpoint *e,
                                 const struct node *own);
void config_check_shape(struct reading *r, const struct config_source *s, const struct node *map,
                        const struct node *own);

/* Checks over a whole endpoint, and over all of them. */
void config_check_places(struct reading *r, const struct config_endpoint *e);
/* Those of the top where the endpoint has none of its own. */
void config_check_views(struct reading *r, struct config_endpoint *e, const struct node *own);
/* Scopes that stand in the endpoint itself need a policy that knows of scopes. */
void config_check_scopes(struct reading *r, const struct config_endpoint *e,
                         const struct node *own);
/* Callers that the endpoint's own limit tells apart by what no policy of it can prove. */
void config_check_rate_limit(struct reading *r, const struct config_endpoint *e,
                             const struct node *whole);
void config_check_cycles(struct reading *r, const struct config_endpoint *e);
void config_check_routes(struct reading *r, struct node *const *paths);

/* Opens the next file of the reading; `from` is the include to blame, NULL for the first file. NULL
 * where it cannot be read (told). */
struct document *config_open(struct reading *r, const char *path, const char *name,
                             const struct node *from);
/* Its tree; NULL where it has none, told unless it is empty. */
struct node *config_parse(struct reading *r, struct document *d, bool *is_empty);
/* config_load_judged(); told[i] becomes true for each rule i that a diagnostic is of. May be NULL.
 */
struct config *config_load_told(const char *file, const struct config_judge *judge,
                                struct buffer *diagnostics, bool *told);
/* `tls` names files in this map, for the service or, where that is NULL, for something else; they
 * are judged in the end. */
void config_note_tls(struct reading *r, const struct node *map, const struct config_tls *tls,
                     const struct config_service *of);
/* The same of a file of authorities alone. */
void config_note_ca(struct reading *r, const struct node *map, const char *ca);
void config_judge_tls(struct reading *r);
/* A program of a source, which many sources may have from `defaults`. */
void config_note_jq(struct reading *r, struct node *program);
/* The file of a policy's keys, told of where it is named. */
void config_note_keys(struct reading *r, const struct node *file, const struct config_auth *a);
/* Once all is read: what others know better than the reading. */
void config_judge_all(struct reading *r);
/* Is it one word that may be a scope (RFC 6749 3.3)? */
bool config_is_scope(struct slice text);
