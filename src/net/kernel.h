/* kernel.h - reading and writing a socket: the system call and nothing around it
 *
 * In the C library these calls are points of cancellation, which in a program with threads cost two
 * locked operations each. Nobody here cancels threads. As the functions of the same names there
 * they give what came, or -1 with errno; no SIGPIPE.
 */
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

ssize_t kernel_recv(int fd, void *at, size_t n, int flags);
ssize_t kernel_send(int fd, const void *at, size_t n);
ssize_t kernel_sendmsg(int fd, const struct msghdr *message);
