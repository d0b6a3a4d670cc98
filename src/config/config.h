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
#include "json/shape.h"
#include "policy/breaker.h"
#include "policy/budget.h"
#include "policy/gcra.h"
#include "policy/limit.h"
#include "wire/coding.h"
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

/* Can this file be used for that? */
enum config_tls_file {
    CONFIG_TLS_CA,
    CONFIG_TLS_CERT,
    CONFIG_TLS_KEY,
};
struct config_tls_question {
    enum config_tls_file which;
    const char *file;
    const char *cert; /* of a key, whose it must be; NULL: not known */
};

struct buffer;
struct config;
struct config_auth;
/* Why program i does not compile, and in which of its lines, from 1; 0: nobody knows. */
typedef void config_tell_jq(void *context, unsigned i, unsigned line, const char *why);

/* What a configuration names and others must judge, who know it; NULL: it is not looked at. */
struct config_judge {
    /* false: the file cannot be used, and `why` (n bytes) says so without its name. */
    bool (*is_tls_good)(const struct config_tls_question *q, char *why, size_t n);
    /* Are there keys in the file of the policy? false: `wrong` says why not, the name of the file
     * first, or is empty. */
    bool (*has_keys)(const struct config_auth *a, struct buffer *wrong);
    /* Tells of each program that does not compile. Of `c` the bounds are known. */
    void (*judge_jq)(const struct config *c, const struct slice *programs, unsigned n,
                     config_tell_jq *tell, void *context);
};

struct config_listen {
    struct slice address; /* as written */
    bool has_tls;
    struct config_tls tls;
    struct config_position position;
};

struct config_target {
    bool is_tls;
    bool is_srv;      /* host is the name of SRV records, which tell hosts, ports and weights */
    const char *host; /* a name or an address literal, without brackets */
    uint16_t port;    /* 0 of SRV records */
    struct slice authority; /* for Host: host[:port] as a client would write it; of SRV records the
                               domain that they are of */
    unsigned weight;        /* 1 to 1000 */
    struct config_position position;
};

/* When a call is made again (CONTRACT 3.8). */
struct config_retry {
    unsigned attempts;      /* the first one counts; 1: never again */
    bool after_unreachable; /* causes, */
    bool after_timeout;
    unsigned *statuses; /* and statuses */
    unsigned n_statuses;
    struct budget_settings budget;
};

/* When a second call is sent beside one that is late. */
struct config_hedge {
    bool is_on;
    uint64_t after_ms;       /* 0: at the quantile */
    unsigned after_permille; /* 950 is p95 */
    struct budget_settings budget;
};

struct config_concurrency {
    struct limit_settings limit; /* is_on false: without a limit */
    unsigned queue;              /* calls that wait for a place */
};

enum config_balance {
    CONFIG_LEAST_LATENCY,
    CONFIG_ROUND_ROBIN,
    CONFIG_HASH, /* by the source's own template, config_source.hash */
};

struct config_health {
    bool is_on;
    struct slice path;
    uint64_t every_ms, timeout_ms;
    unsigned fall, rise; /* checks in a row that take a target out, and back */
};

/* A text of the configuration, or the name of a file that is read again when it changes. */
struct config_secret {
    struct slice text; /* empty where there is a file */
    const char *file;  /* NULL where there is a text */
    bool is_written;   /* the text stands in the configuration as it is */
};
enum config_credentials_kind {
    CONFIG_NO_CREDENTIALS,
    CONFIG_BEARER,
    CONFIG_BASIC,
    CONFIG_OAUTH2,
};
struct config_credentials {
    enum config_credentials_kind kind;
    struct config_secret bearer;
    struct slice user; /* of basic */
    struct config_secret password;
    struct config_target token_target; /* of oauth2: where token_url leads, */
    struct slice token_path;           /* and the rest of it */
    struct slice client_id;
    struct config_secret client_secret;
    struct slice scopes; /* with spaces between them; empty: none */
};

struct config_service {
    struct slice name;
    struct config_target *targets;
    unsigned n_targets;
    uint64_t timeout_ms;         /* default 1000 */
    bool has_timeout;            /* it was given */
    uint64_t connect_timeout_ms; /* default 250 */
    struct slice host;           /* Host sent; empty: the target's authority */
    unsigned warm;               /* connections a target and worker opened ahead; default 0 */
    struct breaker_settings breaker;
    struct config_retry retry;
    struct config_hedge hedge;
    struct config_concurrency concurrency;
    enum config_balance balance;
    struct slice hash_text; /* CONFIG_HASH: the template as written */
    struct config_health health;
    struct config_credentials credentials;
    struct config_tls tls;
    struct config_position position;
    unsigned index;
};

/* A named policy of who may ask (CONTRACT 3.9). */
enum config_auth_kind {
    CONFIG_AUTH_KEYS, /* api_keys */
    CONFIG_AUTH_JWT,  /* jwt */
    CONFIG_AUTH_CERT, /* client_cert */
};
/* Tokens that an issuer has signed. */
struct config_jwt {
    struct slice issuer; /* empty: any */
    struct slice *audiences;
    unsigned n_audiences;        /* 0: any */
    unsigned algorithms;         /* 1 << enum jwa each */
    const char *file;            /* of the issuer's keys; NULL: */
    struct config_target target; /* they are had from there */
    struct slice path;
    const char *ca; /* that the target is trusted by; NULL: the system's */
};
/* Certificates that clients show on a TLS listener. */
struct config_client_cert {
    const char *ca;         /* they must go back to one in that file */
    struct slice *subjects; /* one of them is the certificate's; RFC 4514, or DNS: or URI: */
    unsigned n_subjects;    /* 0: any */
};
struct config_auth {
    struct slice name;
    enum config_auth_kind kind;
    struct slice header;   /* where the client's credentials stand, lower case; empty: in none */
    const char *file;      /* CONFIG_AUTH_KEYS: of names and keys */
    struct config_jwt jwt; /* CONFIG_AUTH_JWT */
    struct config_client_cert client_cert; /* CONFIG_AUTH_CERT */
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
    bool has_default;
    struct slice default_text; /* one value, or for a list see default_items */
    struct slice *default_items;
    unsigned n_default_items;
    struct slice min, max; /* JSON numbers, as written; empty: none */
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
    CONFIG_FROM_SOURCE,
    CONFIG_FROM_BODY,   /* the request's, which is JSON */
    CONFIG_FROM_CLAIMS, /* a verified token's */
    CONFIG_FROM_ITEM,   /* the element that a call of `each` is for */
    CONFIG_FROM_ITEMS,  /* the list of a batch */
};
struct config_variable {
    enum config_origin origin;
    unsigned index;        /* of the parameter or the source in its endpoint */
    struct slice header;   /* CONFIG_FROM_HEADER: the field's name */
    struct json_path path; /* CONFIG_FROM_SOURCE, _BODY, _CLAIMS, _ITEM: from there on */
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

/* A request's body as pieces that are written one after the other. */
enum config_piece_kind {
    CONFIG_PIECE_TEXT,   /* as it stands */
    CONFIG_PIECE_VALUE,  /* one variable alone: the value's JSON */
    CONFIG_PIECE_STRING, /* a text with variables in it, as one JSON string */
};
struct config_piece {
    enum config_piece_kind kind;
    struct slice text;               /* CONFIG_PIECE_TEXT; of a form the name, encoded already */
    struct config_template template; /* otherwise, by template_compile_text() */
};
enum config_body_kind {
    CONFIG_BODY_NONE,
    CONFIG_BODY_JSON,
    CONFIG_BODY_FORM, /* each piece is one field, CONFIG_PIECE_TEXT never stands alone */
};
struct config_body {
    enum config_body_kind kind;
    struct config_piece *pieces;
    unsigned n_pieces;
};

/* One call an item, or one for all (CONTRACT 3.2). */
struct config_each {
    bool is_given;
    struct config_variable list; /* what the list is, or what it is found through */
    struct json_path *through; /* variants[].sku: from each element on; where another follows, into
                                  the array whose elements it begins at */
    unsigned n_through;
    unsigned parallel;   /* calls at once; default 8 */
    unsigned max;        /* elements; default 64 */
    bool has_max;        /* it was given */
    bool is_streamed;    /* in a progressive answer each element has a part of its own */
    struct slice batch;  /* the name that the list has in the one call; empty: a call an item */
    struct json_path by; /* the member that tells which element an answer is for */
};

enum config_format {
    CONFIG_FORMAT_BY_TYPE, /* as the Content-Type says */
    CONFIG_FORMAT_JSON,
    CONFIG_FORMAT_XML,
    CONFIG_FORMAT_TEXT,
    CONFIG_FORMAT_BASE64,
};

/* Where a source's value stands in the answer. */
struct config_into {
    bool is_joined;      /* `into: .`: its members join the top level */
    struct slice *names; /* otherwise at least one; the source's name where nothing is said */
    unsigned n_names;
};

enum {
    CONFIG_MAX_SOURCES = 64,
    CONFIG_MAX_TAGS = 32
};

/* What is remembered of a source's answers, or of an endpoint's (CONTRACT 3.7). */
struct config_cache {
    bool is_on;
    uint64_t ttl_ms;
    uint64_t stale_while_revalidate_ms, stale_if_error_ms; /* UINT64_MAX: not given */
    uint64_t negative_ms;       /* of 404 and 410; 0: they are not kept */
    struct slice key_text;      /* as written; empty: the default key */
    struct config_template key; /* template_compile_text(); compiled NULL: the default key */
    struct slice *vary;         /* names of client headers, lower case */
    unsigned n_vary;
    struct config_template *tags; /* template_compile_text() */
    unsigned n_tags;
    bool respects_origin; /* of a source; default on */
    bool respects_client; /* Cache-Control of the request; default off */
    bool takes_tags;      /* origin_tags: Cache-Groups, Surrogate-Key, Cache-Tag; default off */
    struct config_position position;
};

/* How much each caller may ask (CONTRACT 3.9). */
enum config_rate_by {
    CONFIG_BY_IP,
    CONFIG_BY_HEADER,
    CONFIG_BY_KEY,   /* the name of the API key or certificate, */
    CONFIG_BY_CLAIM, /* or what a verified token says; whoever has none, by address */
};
struct config_rate_limit {
    bool is_on;
    bool is_top; /* that of the top: one allowance for all endpoints that have it */
    enum config_rate_by by;
    struct slice header; /* CONFIG_BY_HEADER: its name, lower case */
    struct slice claim;  /* CONFIG_BY_CLAIM: the path as written, */
    struct json_path claim_path;
    uint64_t per_hour;         /* the rate; 0: none */
    unsigned burst;            /* 0: not given */
    bool counts_calls;         /* a permit for each call, not for each request */
    unsigned concurrent;       /* requests at once; 0: no bound */
    struct gcra_settings gcra; /* of rate and burst */
    struct config_position position;
};

enum {
    CONFIG_MAX_WORDS = 16
};
/* A text that may have been meant for a boolean. */
struct config_word {
    struct slice text;
    struct config_position position;
};

struct config_source {
    struct slice name;
    struct slice method; /* "GET", ... */
    bool is_safe;        /* GET or HEAD */
    const struct config_service *service;
    struct config_template path;
    struct slice path_text; /* as written, with the service: "catalog:/products/{id}" */
    bool is_required;
    int priority;                /* under pressure the lowest are left out first; default 0 */
    struct config_template hash; /* of a service that balances by hash; compiled NULL: none */
    uint64_t timeout_ms;         /* one attempt; the service's where the source does not say */
    bool has_timeout;            /* the source, or `defaults`, gave it */
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
    const struct condition *when; /* config/condition.h; NULL: always called */
    struct config_body body;
    struct config_each each;
    enum config_format format;
    struct json_path unwrap; /* no step: nothing is unwrapped */
    bool has_shape;          /* pick, omit or rename is given */
    struct shape shape;
    struct slice jq; /* the program; empty: none */
    uint64_t jq_time_ms;
    struct config_into into;
    struct slice schema; /* of what the service answers, as JSON; empty: nothing is said. Only for
                            who describes the endpoint */
    struct config_word *words; /* on, off, yes and no without quotes in its fallback and its body;
                                  the first of them */
    unsigned n_words;
    bool is_hidden;
    bool is_kept; /* called whatever the client selects */
    struct config_cache cache;
    uint64_t needs; /* bit i: source i of the endpoint must have settled before; of templates,
                       `body`, `each` and `when` together */
    struct config_position position;
};

/* Which pages of other origins may read an answer (CONTRACT 3.9). */
struct config_cors {
    bool is_on;
    bool any_origin;       /* "*" */
    struct slice *origins; /* in lower case, as browsers write them; "null" */
    unsigned n_origins;
    struct slice *methods; /* none: the endpoint's own */
    unsigned n_methods;
    bool any_header;       /* "*": whichever are asked for */
    struct slice *headers; /* lower case; that a request may have */
    unsigned n_headers;
    struct slice *expose; /* lower case; of an answer, that a page may read */
    unsigned n_expose;
    bool credentials;
    bool has_max_age;
    uint64_t max_age_ms;
};

enum {
    CONFIG_MAX_CODINGS = 3
};

/* Into which codings answers are put (CONTRACT 3.9). */
struct config_compress {
    bool is_on;
    enum coding codings[CONFIG_MAX_CODINGS]; /* the one that is liked best first */
    unsigned n_codings;
    size_t min_size;
};

/* A header that a view is chosen by: searched, not matched whole. */
struct config_view_header {
    struct slice name; /* lower case */
    struct pattern *pattern;
};
struct config_view {
    struct slice name;
    struct config_view_header *headers; /* all must match; none: only by name */
    unsigned n_headers;
    const struct fields *fields;
    struct config_position position;
};

/* What answers tell browsers of how careful to be; empty values are not sent. */
enum config_security_header {
    CONFIG_SECURITY_SNIFFING,
    CONFIG_SECURITY_FRAME,
    CONFIG_SECURITY_CONTENT,
    CONFIG_SECURITY_REFERRER,
    CONFIG_SECURITY_RESOURCE,
    CONFIG_SECURITY_PERMISSIONS,
    CONFIG_SECURITY_TRANSPORT, /* over TLS only */
    CONFIG_SECURITY_N
};
struct config_security {
    bool is_on;
    struct slice values[CONFIG_SECURITY_N];
};

struct config_endpoint {
    struct slice method; /* default "GET", which answers HEAD too */
    struct slice path;   /* as written */
    struct config_segment *segments;
    unsigned n_segments;
    struct config_parameter *parameters; /* of path, query and headers, in this order */
    unsigned n_parameters;
    const struct config_auth **auth; /* one of them must be satisfied; none: anybody may ask */
    unsigned n_auth;
    struct slice *scopes; /* one of them must be a token's; none: any token will do */
    unsigned n_scopes;
    uint64_t timeout_ms;           /* default 2000 */
    struct config_source *sources; /* in declared order */
    unsigned n_sources;
    bool errors_as_text;
    bool server_timing; /* answers tell how long each source took */
    unsigned status;    /* of a success, 200 to 299 */
    struct config_field *response_headers;
    unsigned n_response_headers;
    struct slice select;       /* the parameter that names fields, default "fields"; empty: off */
    struct config_view *views; /* those of the top with what the endpoint says of them, in order,
                                  then its own */
    unsigned n_views;
    uint64_t first;  /* bits of the sources of a progressive answer's first part, */
    bool has_first;  /* where the endpoint says which; else the required ones */
    bool reads_body; /* a variable is of the request's body */
    struct config_cache cache;
    struct config_cors cors; /* the top's where the endpoint says nothing */
    struct config_rate_limit rate_limit;
    struct config_compress compress; /* the same */
    struct config_security security; /* the same */
    uint64_t hash; /* of all that is written of it: where it changes, so may its answers */
    struct config_position position;
};

/* A shared tier of the cache: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// */
struct config_store {
    bool is_tls;
    const char *host;
    uint16_t port;
    unsigned database;
    struct slice user, password; /* empty: none */
    struct config_position position;
};
enum {
    CONFIG_MAX_STORES = 16
};

/* Where spans go: an OTLP/HTTP collector */
struct config_traces {
    bool is_on;
    struct config_target target;
    struct slice path; /* of the collector's URL */
    unsigned sample_permille;
    struct config_field *headers;
    unsigned n_headers;
    struct slice service_name;
    struct config_tls tls;
    struct config_position position;
};

/* What a rehearsal makes go wrong (run --allow-faults). */
struct config_fault {
    const struct config_service *service;
    uint64_t delay_ms;       /* before the call; 0: none */
    unsigned fail_status;    /* answered in place of the service, 400 to 599; 0: it is called */
    unsigned share_permille; /* of the service's calls */
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

struct config_pattern { /* one that is freed with the configuration */
    struct pattern *pattern;
    struct config_pattern *next;
};

struct config {
    struct arena arena;
    struct config_pattern *patterns;
    const char *file;
    struct config_listen *listens;
    unsigned n_listens;
    bool has_admin;
    struct config_listen admin;
    unsigned workers; /* 0: one a core */
    struct config_service *services;
    unsigned n_services;
    struct config_auth *auth; /* policies */
    unsigned n_auth;
    struct config_fault *faults; /* in declared order */
    unsigned n_faults;
    struct config_endpoint *endpoints;
    unsigned n_endpoints;
    bool errors_as_text; /* of endpoints that do not say; each has its own, */
    bool server_timing;  /* and so it is here */
    struct config_view *views;
    unsigned n_views;
    struct config_rate_limit rate_limit; /* of endpoints that do not say; each has its own */
    struct config_bounds bounds;
    uint64_t drain_delay_ms, drain_grace_ms;
    size_t cache_memory;         /* bytes; default 256 MiB */
    struct config_store *stores; /* none: memory alone */
    unsigned n_stores;
    uint64_t store_timeout_ms; /* default 20 */
    struct config_tls store_tls;
    struct config_compress compress; /* of endpoints that do not say */
    struct config_cors cors;         /* of endpoints that do not say, and of paths without one */
    struct config_security security; /* the same */
    struct config_traces traces;
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
struct config *config_load(const char *file, struct buffer *diagnostics);
/* The same, and what others know is judged, too. */
struct config *config_load_judged(const char *file, const struct config_judge *judge,
                                  struct buffer *diagnostics);
void config_free(struct config *c);

/* Is there a path that both match? */
bool config_has_path_of(const struct config_endpoint *a, const struct config_endpoint *b);
/* Are whole answers of the same paths remembered by both, in the same order? */
bool config_remembers_paths_of(const struct config *a, const struct config *b);
/* Is anything of the service called by TLS? */
bool config_has_tls_target(const struct config_service *s);
/* The client's header that it is read from, declared or not; empty: from none. */
struct slice config_variable_header(const struct config_endpoint *e,
                                    const struct config_variable *v);
/* What an element is sent as, the whole list of `each` is; any other variable is what it is. */
const struct config_variable *config_variable_sent(const struct config_source *s,
                                                   const struct config_variable *v);
/* Does `set_headers` have it? Then it is not forwarded as well. */
bool config_header_is_set(const struct config_source *s, struct slice name);
/* May an answer of the endpoint be asked for a member of this name at its top? Of a source that
 * joins it and has no pick, for any. */
bool config_has_place(const struct config_endpoint *e, struct slice name);
/* Can what a source joins there, `into: .`, have a member of this name: its answer as the shape
 * leaves it, or its fallback? */
bool config_may_join(const struct config_source *s, struct slice name);
