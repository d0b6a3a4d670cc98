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

static const struct option jwt[] = {
    {.name = "issuer",
     .kind = &config_kind_issuer,
     .place = offsetof(struct config_auth, jwt.issuer),
     .otherwise = "any",
     .sentence = "What a token's `iss` must be, exactly.",
     .example = "https://login.internal"},
    {.name = "audience",
     .kind = &config_kind_audience,
     .otherwise = "any",
     .sentence = "What a token's `aud` must be or hold; of a list, one of them.",
     .example = "shop"},
    {.name = "jwks",
     .kind = &config_kind_jwks,
     .flags = OPTION_REQUIRED,
     .sentence = "The issuer's keys, a JSON Web Key Set: a URL, which is asked again and again, or "
                 "a file, which is read again when it changes.",
     .example = "https://login.internal/jwks"},
    {.name = "algorithms",
     .kind = &config_kind_algorithms,
     .otherwise = "RS256, ES256, EdDSA",
     .sentence = "How tokens may be signed: `RS256` `RS384` `RS512` `PS256` `PS384` `PS512` "
                 "`ES256` `ES384` `ES512` `EdDSA`, and with a secret in a file `HS256` `HS384` "
                 "`HS512`.",
     .example = "[ES256]"},
    {.name = "ca",
     .kind = &option_file,
     .place = offsetof(struct config_auth, jwt.ca),
     .otherwise = "the system's",
     .sentence = "Certificates that the one of the URL must go back to, in PEM.",
     .example = "ca.pem"},
};

static const struct option client_cert[] = {
    {.name = "ca",
     .kind = &option_file,
     .place = offsetof(struct config_auth, client_cert.ca),
     .flags = OPTION_REQUIRED,
     .sentence = "Certificates, in PEM, to one of which a client's must go back.",
     .example = "clients-ca.pem"},
    {.name = "subjects",
     .kind = &config_kind_subjects,
     .otherwise = "any",
     .sentence = "Of which a certificate must be for one: its subject as RFC 4514 writes it, or a "
                 "`DNS:` or `URI:` name that it has.",
     .example = "[\"CN=mobile,O=Shop\", \"URI:spiffe://shop/billing\"]"},
};

static const struct option auth[] = {
    {.name = "api_keys",
     .kind = &config_kind_api_keys,
     .section = &config_api_keys_of,
     .flags = OPTION_ONE_OF,
     .otherwise = "one of them is due",
     .sentence = "Keys that stand in a file.",
     .example = "{header: x-api-key, file: keys.yaml}"},
    {.name = "jwt",
     .kind = &config_kind_jwt,
     .section = &config_jwt_of,
     .flags = OPTION_ONE_OF,
     .otherwise = "one of them is due",
     .sentence = "Tokens that an issuer has signed, as `authorization: Bearer`.",
     .example = "{issuer: \"https://login.internal\", audience: shop, jwks: "
                "\"https://login.internal/jwks\"}"},
    {.name = "client_cert",
     .kind = &config_kind_client_cert,
     .section = &config_cert_of,
     .flags = OPTION_ONE_OF,
     .otherwise = "one of them is due",
     .sentence = "Certificates that clients show on a listener with `tls`.",
     .example = "{ca: clients-ca.pem, subjects: [\"CN=mobile,O=Shop\"]}"},
};

const struct section config_auth_of = {
    "auth", "a policy",
    "What a client must prove. A client that proves nothing is answered 401, and what it proves by "
    "is not passed on to services unless `forward` names it.",
    auth, COUNT(auth)};
const struct section config_api_keys_of = {
    "api_keys", "a set of API keys", "The `api_keys` of a policy.", api_keys, COUNT(api_keys)};
const struct section config_jwt_of = {"jwt", "a policy of tokens", "The `jwt` of a policy.", jwt,
                                      COUNT(jwt)};
const struct section config_cert_of = {"client_cert", "a policy of certificates",
                                       "The `client_cert` of a policy.", client_cert,
                                       COUNT(client_cert)};
