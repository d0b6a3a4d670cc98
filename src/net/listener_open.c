/* listener_open.c - claims an address and opens its listening sockets */
#include <errno.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "net/listener.h"

enum {
    BACKLOG = 4096
};

/* Closing must not hide why. */
static int give_up(int fd)
{
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

static bool share(int fd)
{
    static const int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

static bool set_options(int fd, int family, bool is_shared)
{
    static const int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return false;
    if (is_shared && !share(fd))
        return false;
    return family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
}

static int open_ip(const struct sockaddr_storage *at, socklen_t n, bool is_shared)
{
    int fd = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !set_options(fd, at->ss_family, is_shared) ||
        bind(fd, (const struct sockaddr *)at, n) != 0 || listen(fd, BACKLOG) != 0)
        return give_up(fd);
    return fd;
}

static void close_all(const int *fds, unsigned n)
{
    int error = errno;
    for (unsigned i = 0; i < n; i++)
        close(fds[i]);
    errno = error;
}

/* With SO_REUSEPORT alone a second process of ours would share the port silently, so the first
 * socket claims the address without it, and has the others beside it once it listens: closed and
 * opened again it would reset who came meanwhile. The claim tells which port 0 became. */
static enum fault open_ips(const struct listener_address *a, int *fds, unsigned n)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t n_at = sizeof at;
    fds[0] = open_ip(&a->at, a->n, false);
    if (fds[0] < 0)
        return FAULT_SYSTEM;
    CHECK(getsockname(fds[0], (struct sockaddr *)&at, &n_at) == 0);
    bool is_open = n == 1 || share(fds[0]);
    unsigned n_open = 1;
    for (; is_open && n_open < n; n_open += is_open) {
        fds[n_open] = open_ip(&at, n_at, true);
        is_open = fds[n_open] >= 0;
    }
    if (!is_open)
        close_all(fds, n_open);
    return is_open ? FAULT_NONE : FAULT_SYSTEM;
}

/* A socket's file that nobody listens on any more: whoever made it ended without removing it. */
static bool is_stale(const struct listener_address *a)
{
    struct stat file;
    const char *path = ((const struct sockaddr_un *)&a->at)->sun_path;
    if (lstat(path, &file) != 0 || !S_ISSOCK(file.st_mode))
        return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return false;
    bool is_refused =
        connect(probe, (const struct sockaddr *)&a->at, a->n) != 0 && errno == ECONNREFUSED;
    close(probe);
    return is_refused;
}

static bool bind_unix(int fd, const struct listener_address *a)
{
    if (bind(fd, (const struct sockaddr *)&a->at, a->n) == 0)
        return true;
    if (errno != EADDRINUSE)
        return false;
    if (is_stale(a)) {
        listener_unlink(a);
        return bind(fd, (const struct sockaddr *)&a->at, a->n) == 0;
    }
    errno = EADDRINUSE;
    return false;
}

/* As for any file that everybody may use: what the umask leaves of it. */
static bool set_mode(const struct listener_address *a)
{
    mode_t mask = umask(0);
    umask(mask);
    return chmod(((const struct sockaddr_un *)&a->at)->sun_path, 0666 & ~mask) == 0;
}

static enum fault open_unix(const struct listener_address *a, int *fds, unsigned n)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !bind_unix(fd, a)) {
        give_up(fd);
        return FAULT_SYSTEM;
    }
    if (!set_mode(a) || listen(fd, BACKLOG) != 0) {
        give_up(fd);
        listener_unlink(a);
        return FAULT_SYSTEM;
    }
    fds[0] = fd;
    for (unsigned i = 1; i < n; i++)
        fds[i] = -1;
    return FAULT_NONE;
}

enum fault listener_open(const struct listener_address *a, int *fds, unsigned n)
{
    CHECK(n > 0);
    return a->is_unix ? open_unix(a, fds, n) : open_ips(a, fds, n);
}

void listener_unlink(const struct listener_address *a)
{
    if (a->is_unix)
        unlink(((const struct sockaddr_un *)&a->at)->sun_path);
}
