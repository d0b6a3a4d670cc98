/* config_table_auth.c - the options of policies of who may ask */
#include "config/config_table.h"

static const struct option api_keys[] = {
    {.name = "header",
     .kind = &config_kind_auth_header,
     .place = offsetof(struct config_auth, header),
     .preset = "x-api-key",
     .sentence = "The client's header that has the key.",
     .example = "x-partner-key"},
    {.name = "file",
     .kind = &option_file,
     .place = offsetof(struct config_auth, file),
     .flags = OPTION_REQUIRED,
     .sentence =
         "A YAML map of `name: key` or `name: sha256:HEX`; it is read again when it changes.",
     .example = "keys.yaml"},
};

static const struct option auth[] = {
    {.name = "api_keys",
     .kind = &config_kind_api_keys,
     .section = &config_api_keys_of,
     .flags = OPTION_ONE_OF,
     .otherwise = "one of them is due",
     .sentence = "Keys that stand in a file.",
     .example = "{header: x-api-key, file: keys.yaml}"},
};

const struct section config_auth_of = {
    "auth", "a policy",
    "What a client must prove. A client that proves nothing is answered 401, and what it proves by "
    "is not passed on to services unless `forward` names it.",
    auth, COUNT(auth)};
const struct section config_api_keys_of = {
    "api_keys", "a set of API keys", "The `api_keys` of a policy.", api_keys, COUNT(api_keys)};
