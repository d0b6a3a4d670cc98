/* listener_address.c - reads what people write as an address to listen on */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "net/listener.h"

static enum fault refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return FAULT_CONFIG;
}

static bool read_port(struct slice digits, in_port_t *port)
{
    unsigned value = 0;
    if (digits.n == 0 || digits.n > 5)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        value = value * 10 + (unsigned)(digits.at[i] - '0');
    }
    *port = htons((uint16_t)value);
    return value <= UINT16_MAX;
}

static enum fault read_unix(struct slice path, struct listener_address *out, const char **why)
{
    struct sockaddr_un *to = (struct sockaddr_un *)&out->at;
    if (path.n == 0)
        return refuse(why, "the path of the Unix socket is missing");
    if (path.n >= sizeof to->sun_path)
        return refuse(why, "the path of the Unix socket is too long; it may have 107 bytes");
    if (memchr(path.at, '\0', path.n))
        return refuse(why, "the path of the Unix socket has a NUL in it");
    to->sun_family = AF_UNIX;
    memcpy(to->sun_path, path.at, path.n);
    out->n = sizeof *to;
    out->is_unix = true;
    return FAULT_NONE;
}

static bool read_host(const char *host, in_port_t port, struct listener_address *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->at;
    v4->sin_family = AF_INET;
    v4->sin_port = port;
    out->n = sizeof *v4;
    return host[0] == '\0' || inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

static bool read_bracketed(const char *host, in_port_t port, struct listener_address *out)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->at;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    out->n = sizeof *v6;
    return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
}

enum fault listener_parse(struct slice text, struct listener_address *out, const char **why)
{
    *out = (struct listener_address){.n = 0};
    if (slice_starts(text, SLICE("unix:")))
        return read_unix(slice_after(text, strlen("unix:")), out, why);

    const char *colon = text.n > 0 ? memrchr(text.at, ':', text.n) : NULL;
    if (!colon)
        return refuse(why, "the port is missing; write host:port or unix:/path");
    size_t n_host = (size_t)(colon - text.at);
    in_port_t port;
    if (!read_port(slice_after(text, n_host + 1), &port))
        return refuse(why, "the port is not a number from 0 to 65535");

    char host[INET6_ADDRSTRLEN + 2] = "";
    if (n_host >= sizeof host)
        return refuse(why, "the host is not an IP address");
    memcpy(host, text.at, n_host);
    bool is_bracketed = n_host >= 2 && host[0] == '[' && host[n_host - 1] == ']';
    if (!is_bracketed)
        return read_host(host, port, out)
                   ? FAULT_NONE
                   : refuse(why, "the host is not an IP address (an IPv6 one stands in brackets)");
    host[n_host - 1] = '\0';
    return read_bracketed(host + 1, port, out) ? FAULT_NONE
                                               : refuse(why, "the host is not an IPv6 address");
}
