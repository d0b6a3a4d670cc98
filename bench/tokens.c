/* tokens.c - a key set and tokens of its key, for gateways that verify them
 *
 * usage: tokens keys=FILE [algorithm=ES256] [n=1]
 *
 * Writes the key set to the file, and to standard output n fields with a token each, all different.
 */
#include <stdio.h>

#include "issuer.h"
#include "kit.h"

int main(int n_words, char **words)
{
    char text[ISSUER_KEYS_MAX > ISSUER_TOKEN_MAX ? ISSUER_KEYS_MAX : ISSUER_TOKEN_MAX];
    (void)n_words;
    struct issuer *i = issuer_new(kit_option(words, "algorithm", "ES256"));
    FILE *keys = fopen(kit_option(words, "keys", ""), "w");
    if (!keys || fwrite(text, issuer_write_keys(i, text), 1, keys) != 1 || fclose(keys) != 0)
        kit_die("keys=FILE");
    for (unsigned k = 0; k < kit_number(words, "n", 1); k++) {
        issuer_write_token(i, k, text);
        printf("Authorization: Bearer %s\n", text);
    }
    issuer_free(i);
    return 0;
}
