/* kernel.c - system calls by their numbers */
#include "net/kernel.h"

#include <sys/syscall.h>
#include <unistd.h>

ssize_t kernel_recv(int fd, void *at, size_t n, int flags)
{
    return syscall(SYS_recvfrom, fd, at, n, flags, NULL, NULL);
}

ssize_t kernel_send(int fd, const void *at, size_t n)
{
    return syscall(SYS_sendto, fd, at, n, MSG_NOSIGNAL, NULL, 0);
}

ssize_t kernel_sendmsg(int fd, const struct msghdr *message)
{
    return syscall(SYS_sendmsg, fd, message, MSG_NOSIGNAL);
}
