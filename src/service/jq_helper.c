/* jq_helper.c - a process with nothing but a socket */
#include "service/jq_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

static void choose_files(posix_spawn_file_actions_t *files, int fd)
{
    CHECK(posix_spawn_file_actions_init(files) == 0);
    CHECK(posix_spawn_file_actions_adddup2(files, fd, STDIN_FILENO) == 0);
    CHECK(posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0);
    CHECK(posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0);
    CHECK(posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1) == 0);
}

/* Ours block some signals and ignore others, which a new program would inherit. */
static void choose_signals(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    CHECK(posix_spawnattr_init(attributes) == 0);
    CHECK(posix_spawnattr_setsigmask(attributes, &none) == 0);
    CHECK(posix_spawnattr_setsigdefault(attributes, &all) == 0);
    CHECK(posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) ==
          0);
}

static pid_t spawn(const char *const *command, int fd)
{
    char *environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    pid_t pid = -1;
    choose_files(&files, fd);
    choose_signals(&attributes);
    if (posix_spawn(&pid, command[0], &files, &attributes, (char *const *)command, environment) !=
        0)
        pid = -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

pid_t jq_helper_spawn(const char *const *command, int *fd)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    pid_t pid = spawn(command, pair[1]);
    close(pair[1]);
    if (pid < 0)
        close(pair[0]);
    else
        *fd = pair[0];
    return pid;
}

void jq_helper_kill(pid_t pid)
{
    CHECK(pid > 0);
    kill(pid, SIGKILL);
}

/* Where the system keeps no record of children that end, there is none to wait for. */
static bool has_ended(pid_t pid, int options)
{
    pid_t got = waitpid(pid, NULL, options);
    return got == pid || (got < 0 && errno == ECHILD);
}

bool jq_helper_has_ended(pid_t pid)
{
    return has_ended(pid, WNOHANG);
}

void jq_helper_await(pid_t pid)
{
    while (!has_ended(pid, 0))
        CHECK(errno == EINTR);
}
