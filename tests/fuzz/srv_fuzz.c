/* srv_fuzz.c - DNS messages with SRV records: what is read of any bytes is good for a request */
#include <string.h>

#include "base/check.h"
#include "net/srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_host(const char *host)
{
    size_t length = strlen(host);
    CHECK(length > 0 && length < SRV_HOST_SIZE);
    CHECK(strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == length);
    CHECK(host[0] != '.' && host[length - 1] != '.' && !strstr(host, ".."));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct srv_answer answer, again;
    if (!srv_read(data, n, &answer))
        return 0;
    CHECK(answer.n <= SRV_MAX);
    for (unsigned i = 0; i < answer.n; i++) {
        const struct srv_record *r = &answer.at[i];
        check_host(r->host);
        CHECK(r->port && r->weight && r->weight <= SRV_WEIGHT_MAX);
        CHECK(r->priority == answer.at[0].priority);
        CHECK(i == 0 || strcmp(r[-1].host, r->host) < 0 ||
              (strcmp(r[-1].host, r->host) == 0 && r[-1].port < r->port));
    }
    CHECK(srv_read(data, n, &again) && srv_is_same(&answer, &again));
    return 0;
}
