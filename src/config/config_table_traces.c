/* config_table_traces.c - what can be said of traces */
#include <stddef.h>

#include "config/config_table.h"

static const struct option traces[] = {
    {.name = "otlp",
     .kind = &config_kind_otlp,
     .flags = OPTION_REQUIRED,
     .sentence = "Where an OTLP/HTTP collector takes traces, as JSON.",
     .example = "http://127.0.0.1:4318/v1/traces"},
    {.name = "sample",
     .kind = &option_share,
     .place = offsetof(struct config, traces.sample_permille),
     .preset = "100%",
     .max = 1000,
     .sentence = "The share of new traces that are recorded. A client's own `traceparent` says by "
                 "itself whether it is.",
     .example = "10%"},
    {.name = "headers",
     .kind = &config_kind_trace_headers,
     .otherwise = "none",
     .sentence = "Headers that the collector wants.",
     .example = "{x-scope-orgid: shop}"},
    {.name = "service_name",
     .kind = &config_kind_text,
     .place = offsetof(struct config, traces.service_name),
     .preset = "sheaf",
     .sentence = "How this gateway is called there.",
     .example = "shop-gateway"},
    {.name = "tls",
     .kind = &config_kind_trace_tls,
     .section = &config_service_tls,
     .otherwise = "the system's certificates",
     .sentence = "For `https://`; the certificate is always verified.",
     .example = "{ca: ca.pem}"},
};

const struct section config_traces_of = {
    "traces", "traces",
    "Traces are exported from a thread beside the serving ones; a collector that is slow or away "
    "costs spans, which are counted, and delays nobody.",
    traces, COUNT(traces)};
