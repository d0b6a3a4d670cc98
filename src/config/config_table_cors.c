/* config_table_cors.c - the options of what pages of other origins may do */
#include "config/config_table.h"

static const struct option cors[] = {
    {.name = "origins",
     .kind = &config_kind_origins,
     .flags = OPTION_REQUIRED,
     .sentence =
         "The origins, `scheme://host[:port]`, compared whole; `\"*\"` is all of them. `null`"
         " matches only where it is named.",
     .example = "[https://shop.example]"},
    {.name = "methods",
     .kind = &config_kind_cors_methods,
     .otherwise = "the endpoint's",
     .sentence = "The methods that a preflight is told.",
     .example = "[GET, POST]"},
    {.name = "headers",
     .kind = &config_kind_cors_headers,
     .otherwise = "none but those that are always allowed",
     .sentence = "Headers that a page may send; `\"*\"` is whichever it asks for.",
     .example = "[content-type, authorization]"},
    {.name = "expose",
     .kind = &config_kind_cors_expose,
     .otherwise = "none but those that are always readable",
     .sentence = "Headers of an answer that a page may read.",
     .example = "[sheaf-complete, x-request-id]"},
    {.name = "credentials",
     .kind = &option_boolean,
     .place = offsetof(struct config_cors, credentials),
     .preset = "false",
     .sentence = "A page may send cookies and the like; not with `\"*\"`.",
     .example = "true"},
    {.name = "max_age",
     .kind = &option_duration,
     .place = offsetof(struct config_cors, max_age_ms),
     .given = offsetof(struct config_cors, has_max_age),
     .otherwise = "what browsers do without it, 5 s",
     .max = HOURS(24),
     .sentence = "How long a browser may remember what a preflight was told.",
     .example = "10m"},
};

const struct section config_cors_of = {
    "cors", "cors",
    "The `cors` of an endpoint, or at the top for all that do not say. One that is given replaces "
    "that of the top whole.",
    cors, COUNT(cors)};
