/* counters.h - what a worker counts, from one table
 *
 * Each row is a counter or a gauge with its Prometheus name and sentence. A worker adds to its own
 * set (relaxed atomics, no sharing); the admin listener reads them all and adds up.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* X(ID, prometheus_name, labels or "", COUNTER|GAUGE, "sentence"): rows of one name stand together.
 */
#define COUNTERS(X)                                                                                \
    X(CONNECTIONS_ACCEPTED, "sheaf_connections_accepted_total", "", COUNTER,                       \
      "Client connections accepted.")                                                              \
    X(CONNECTIONS_OPEN, "sheaf_connections_open", "", GAUGE, "Client connections open now.")       \
    X(CONNECTIONS_REFUSED, "sheaf_connections_refused_total", "", COUNTER,                         \
      "Client connections closed at once because bounds.connections was reached.")                 \
    X(REQUESTS, "sheaf_requests_total", "", COUNTER, "Requests answered, of any kind.")            \
    X(REQUESTS_IN_FLIGHT, "sheaf_requests_in_flight", "", GAUGE, "Requests being answered now.")   \
    X(WEBSOCKETS_OPEN, "sheaf_websockets_open", "", GAUGE, "WebSockets of clients open now.")      \
    X(REQUESTS_MALFORMED, "sheaf_requests_malformed_total", "", COUNTER,                           \
      "Requests refused because they are not HTTP or past a bound.")                               \
    X(ANSWERS_COMPLETE, "sheaf_answers_total", "completeness=\"complete\"", COUNTER,               \
      "Aggregated answers by completeness.")                                                       \
    X(ANSWERS_PARTIAL, "sheaf_answers_total", "completeness=\"partial\"", COUNTER,                 \
      "Aggregated answers by completeness.")                                                       \
    X(ANSWERS_FAILED, "sheaf_answers_total", "completeness=\"failed\"", COUNTER,                   \
      "Aggregated answers by completeness.")                                                       \
    X(CLIENTS_GONE, "sheaf_clients_gone_total", "", COUNTER,                                       \
      "Clients that left before their answer.")                                                    \
    X(CALLS_STARTED, "sheaf_calls_started_total", "", COUNTER, "Calls to services begun.")         \
    X(CALLS_IN_FLIGHT, "sheaf_calls_in_flight", "", GAUGE, "Calls to services under way now.")     \
    X(CALLS_RETRIED, "sheaf_calls_retried_total", "", COUNTER,                                     \
      "Calls made again after a failure.")                                                         \
    X(CALLS_HEDGED, "sheaf_calls_hedged_total", "", COUNTER,                                       \
      "Calls doubled on another target because the first was late.")                               \
    X(CALLS_CANCELLED, "sheaf_calls_cancelled_total", "", COUNTER,                                 \
      "Calls given up because nobody waited any more.")                                            \
    X(UPSTREAM_OPENED, "sheaf_upstream_connections_opened_total", "", COUNTER,                     \
      "Connections to services opened.")                                                           \
    X(UPSTREAM_OPEN, "sheaf_upstream_connections_open", "", GAUGE,                                 \
      "Connections to services open now, idle ones included.")                                     \
    X(UPSTREAM_REPLACED, "sheaf_upstream_connections_replaced_total", "", COUNTER,                 \
      "Kept connections that a service had closed and that a call replaced by a fresh one.")       \
    X(SHED_SOURCES_LAG, "sheaf_shed_total", "what=\"source\",reason=\"lag\"", COUNTER,             \
      "Sources left out, and requests refused, under pressure or for want of a place.")            \
    X(SHED_SOURCES_MEMORY, "sheaf_shed_total", "what=\"source\",reason=\"memory\"", COUNTER,       \
      "Sources left out, and requests refused, under pressure or for want of a place.")            \
    X(SHED_SOURCES_CONNECTIONS, "sheaf_shed_total", "what=\"source\",reason=\"connections\"",      \
      COUNTER, "Sources left out, and requests refused, under pressure or for want of a place.")   \
    X(SHED_SOURCES_CONCURRENCY, "sheaf_shed_total", "what=\"source\",reason=\"concurrency\"",      \
      COUNTER, "Sources left out, and requests refused, under pressure or for want of a place.")   \
    X(SHED_REQUESTS_LAG, "sheaf_shed_total", "what=\"request\",reason=\"lag\"", COUNTER,           \
      "Sources left out, and requests refused, under pressure or for want of a place.")            \
    X(SHED_REQUESTS_MEMORY, "sheaf_shed_total", "what=\"request\",reason=\"memory\"", COUNTER,     \
      "Sources left out, and requests refused, under pressure or for want of a place.")            \
    X(LIMITED_RATE, "sheaf_rate_limited_total", "what=\"request\",reason=\"rate\"", COUNTER,       \
      "Requests and sources refused because their caller had no permit left.")                     \
    X(LIMITED_CONCURRENT, "sheaf_rate_limited_total", "what=\"request\",reason=\"concurrent\"",    \
      COUNTER, "Requests and sources refused because their caller had no permit left.")            \
    X(LIMITED_SOURCES, "sheaf_rate_limited_total", "what=\"source\",reason=\"rate\"", COUNTER,     \
      "Requests and sources refused because their caller had no permit left.")                     \
    X(STORE_HITS, "sheaf_store_reads_total", "result=\"hit\"", COUNTER,                            \
      "Entries asked of a shared store, by what came of it.")                                      \
    X(STORE_MISSES, "sheaf_store_reads_total", "result=\"miss\"", COUNTER,                         \
      "Entries asked of a shared store, by what came of it.")                                      \
    X(STORE_LATE, "sheaf_store_reads_total", "result=\"late\"", COUNTER,                           \
      "Entries asked of a shared store, by what came of it.")                                      \
    X(STORE_FAILED, "sheaf_store_reads_total", "result=\"failed\"", COUNTER,                       \
      "Entries asked of a shared store, by what came of it.")                                      \
    X(STORE_PASSED_OVER, "sheaf_store_reads_total", "result=\"passed_over\"", COUNTER,             \
      "Entries asked of a shared store, by what came of it.")                                      \
    X(STORE_WRITES, "sheaf_store_writes_total", "result=\"written\"", COUNTER,                     \
      "Entries written to a shared store, by what came of it.")                                    \
    X(STORE_WRITES_PURGED, "sheaf_store_writes_total", "result=\"purged\"", COUNTER,               \
      "Entries written to a shared store, by what came of it.")                                    \
    X(STORE_WRITES_FAILED, "sheaf_store_writes_total", "result=\"failed\"", COUNTER,               \
      "Entries written to a shared store, by what came of it.")                                    \
    X(STORE_PURGES, "sheaf_store_purges_total", "result=\"done\"", COUNTER,                        \
      "Purges in shared stores, one for each store, by what came of it.")                          \
    X(STORE_PURGES_FAILED, "sheaf_store_purges_total", "result=\"failed\"", COUNTER,               \
      "Purges in shared stores, one for each store, by what came of it.")                          \
    X(LIMITS_SHARED, "sheaf_limits_shared_total", "result=\"answered\"", COUNTER,                  \
      "Charges of limits that a shared store was wanted for, by what came of it.")                 \
    X(LIMITS_LATE, "sheaf_limits_shared_total", "result=\"late\"", COUNTER,                        \
      "Charges of limits that a shared store was wanted for, by what came of it.")                 \
    X(LIMITS_FAILED, "sheaf_limits_shared_total", "result=\"failed\"", COUNTER,                    \
      "Charges of limits that a shared store was wanted for, by what came of it.")                 \
    X(LIMITS_ALONE, "sheaf_limits_shared_total", "result=\"passed_over\"", COUNTER,                \
      "Charges of limits that a shared store was wanted for, by what came of it.")                 \
    X(CACHE_SOURCE_HITS, "sheaf_cache_lookups_total", "cache=\"source\",result=\"hit\"", COUNTER,  \
      "What came of looking into the cache, of a source or of an endpoint.")                       \
    X(CACHE_SOURCE_STALE, "sheaf_cache_lookups_total", "cache=\"source\",result=\"stale\"",        \
      COUNTER, "What came of looking into the cache, of a source or of an endpoint.")              \
    X(CACHE_SOURCE_MISSES, "sheaf_cache_lookups_total", "cache=\"source\",result=\"miss\"",        \
      COUNTER, "What came of looking into the cache, of a source or of an endpoint.")              \
    X(CACHE_SOURCE_COALESCED, "sheaf_cache_lookups_total",                                         \
      "cache=\"source\",result=\"coalesced\"", COUNTER,                                            \
      "What came of looking into the cache, of a source or of an endpoint.")                       \
    X(CACHE_SOURCE_REVALIDATED, "sheaf_cache_lookups_total",                                       \
      "cache=\"source\",result=\"revalidated\"", COUNTER,                                          \
      "What came of looking into the cache, of a source or of an endpoint.")                       \
    X(CACHE_ENDPOINT_HITS, "sheaf_cache_lookups_total", "cache=\"endpoint\",result=\"hit\"",       \
      COUNTER, "What came of looking into the cache, of a source or of an endpoint.")              \
    X(CACHE_ENDPOINT_STALE, "sheaf_cache_lookups_total", "cache=\"endpoint\",result=\"stale\"",    \
      COUNTER, "What came of looking into the cache, of a source or of an endpoint.")              \
    X(CACHE_ENDPOINT_MISSES, "sheaf_cache_lookups_total", "cache=\"endpoint\",result=\"miss\"",    \
      COUNTER, "What came of looking into the cache, of a source or of an endpoint.")              \
    X(CACHE_ENDPOINT_COALESCED, "sheaf_cache_lookups_total",                                       \
      "cache=\"endpoint\",result=\"coalesced\"", COUNTER,                                          \
      "What came of looking into the cache, of a source or of an endpoint.")                       \
    X(SPANS_LOST, "sheaf_spans_lost_total", "", COUNTER,                                           \
      "Spans that found no room on their way to the collector.")                                   \
    X(LOG_LINES_LOST, "sheaf_log_lines_lost_total", "", COUNTER,                                   \
      "Access lines dropped because the log was blocked.")

enum counter_id {
#define X(id, name, labels, kind, sentence) COUNT_##id,
    COUNTERS(X)
#undef X
    N_COUNTERS
};

struct counters {
    atomic_int_fast64_t values[N_COUNTERS];
};

static inline void counters_add(struct counters *c, enum counter_id id, int64_t n)
{
    /* One writer: a load and a store, no locked instruction. */
    int64_t v = atomic_load_explicit(&c->values[id], memory_order_relaxed);
    atomic_store_explicit(&c->values[id], v + n, memory_order_relaxed);
}
