/* config_table_security.c - the options of what answers tell browsers of how careful to be */
#include "config/config_table.h"

#define VALUE(header) offsetof(struct config_security, values[header])

static const struct option security[] = {
    {.name = "x-content-type-options",
     .kind = &config_kind_security_value,
     .place = VALUE(CONFIG_SECURITY_SNIFFING),
     .preset = "nosniff",
     .sentence = "Whether an answer may be taken for another type than it says.",
     .example = "nosniff"},
    {.name = "x-frame-options",
     .kind = &config_kind_security_value,
     .place = VALUE(CONFIG_SECURITY_FRAME),
     .preset = "DENY",
     .sentence =
         "Whether a page may show it in a frame; for browsers that do not know of policies.",
     .example = "SAMEORIGIN"},
    {.name = "content-security-policy",
     .kind = &config_kind_security_value,
     .place = VALUE(CONFIG_SECURITY_CONTENT),
     .preset = "default-src 'none'; frame-ancestors 'none'",
     .sentence = "What an answer may load and do where a browser shows it as a page.",
     .example = "\"default-src 'self'\""},
    {.name = "referrer-policy",
     .kind = &config_kind_security_value,
     .place = VALUE(CONFIG_SECURITY_REFERRER),
     .preset = "no-referrer",
     .sentence = "What requests that come of it tell of its URL.",
     .example = "same-origin"},
    {.name = "cross-origin-resource-policy",
     .kind = &config_kind_security_value,
     .place = VALUE(CONFIG_SECURITY_RESOURCE),
     .preset = "same-origin",
     .sentence = "Which sites may load it without asking by CORS.",
     .example = "cross-origin"},
    {.name = "permissions-policy",
     .kind = &config_kind_security_value,
     .place = VALUE(CONFIG_SECURITY_PERMISSIONS),
     .otherwise = "not sent",
     .sentence = "Which of a browser's abilities it may use where it is shown as a page.",
     .example = "\"camera=(), microphone=()\""},
    {.name = "strict-transport-security",
     .kind = &config_kind_security_value,
     .place = VALUE(CONFIG_SECURITY_TRANSPORT),
     .preset = "max-age=31536000",
     .sentence = "For how long a browser asks by TLS alone; told over TLS only.",
     .example = "\"max-age=63072000; includeSubDomains\""},
};

const struct section config_security_of = {
    "security_headers", "security_headers",
    "The `security_headers` of an endpoint, or at the top for all that do not say; `off` in place "
    "of "
    "a value leaves that header out. One that is given replaces that of the top whole.",
    security, COUNT(security)};
