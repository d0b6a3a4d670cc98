/* redis.c - a Redis of the machine's own, for a test */
#include "redis.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"

enum {
    STARTS_WITHIN_MS = 10000, /* without a word */
};

static const char *find(void)
{
    static const char *const places[] = {"/usr/bin/redis-server", "/usr/bin/valkey-server"};
    for (unsigned i = 0; i < 2; i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

static int open_socket(uint16_t port, bool listens, uint16_t *bound)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    int result =
        listens ? bind(fd, (struct sockaddr *)&at, n) : connect(fd, (struct sockaddr *)&at, n);
    if (result != 0) {
        close(fd);
        return -1;
    }
    if (bound) {
        assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
        *bound = ntohs(at.sin_port);
    }
    return fd;
}

/* says: where its log goes. */
static void become(const char *program, const struct redis *r, const char *password, int says)
{
    char port[8];
    snprintf(port, sizeof port, "%u", r->port);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever ends the test */
    dup2(says, 1);
    dup2(open("/dev/null", O_RDWR), 2);
    execl(program, program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly",
          "no", "--dir", r->folder, "--requirepass", password, (char *)NULL);
    _exit(1);
}

/* It says so when it listens. The pipe's end stays open for what it says later. */
static bool is_ready(int said)
{
    struct pollfd at = {.fd = said, .events = POLLIN};
    char log[16 * 1024];
    size_t n = 0;
    while (n < sizeof log - 1 && poll(&at, 1, STARTS_WITHIN_MS) == 1) {
        ssize_t got = read(said, log + n, sizeof log - 1 - n);
        if (got <= 0)
            return false;
        n += (size_t)got;
        log[n] = '\0';
        if (strstr(log, "Ready to accept connections"))
            return true;
    }
    return false;
}

bool redis_start(struct redis *r, const char *password)
{
    int says[2];
    const char *program = find();
    if (!program)
        return false;
    snprintf(r->folder, sizeof r->folder, "/tmp/sheaf-redis-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    int free_port = open_socket(0, true, &r->port);
    close(free_port);
    assert_int_equal(pipe2(says, O_CLOEXEC), 0);
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0)
        become(program, r, password, says[1]);
    close(says[1]);
    r->said = says[0];
    assert_true(is_ready(r->said));
    r->fd = open_socket(r->port, false, NULL);
    assert_true(r->fd >= 0);
    return true;
}

void redis_stop(struct redis *r)
{
    close(r->fd);
    close(r->said);
    kill(r->pid, SIGKILL);
    waitpid(r->pid, NULL, 0);
    rmdir(r->folder);
}

const char *redis_ask(struct redis *r, const char *line)
{
    static char answer[1024];
    size_t n = 0;
    assert_int_equal(write(r->fd, line, strlen(line)), (ssize_t)strlen(line));
    assert_int_equal(write(r->fd, "\r\n", 2), 2);
    do {
        ssize_t got = read(r->fd, answer + n, sizeof answer - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
        answer[n] = '\0';
    } while (!strstr(answer, "\r\n"));
    *strstr(answer, "\r\n") = '\0';
    return answer + 1;
}
