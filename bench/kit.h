/* kit.h - what the programs of the measurements share: time, sockets, options
 *
 * Small programs for one purpose on loopback: what goes wrong ends them with a sentence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t kit_now_ns(void);

_Noreturn void kit_die(const char *what);
void *kit_memory(size_t n_items, size_t size);

/* On 127.0.0.1, non-blocking. */
int kit_listen(unsigned port);
/* -1 where there is nobody to accept. */
int kit_accept(int listener);
/* Waits until it is connected; blocking. */
int kit_connect(unsigned port);
int kit_poll_new(void);
/* what comes back as the event's data.ptr */
void kit_poll_add(int poll, int fd, void *what);
/* As many descriptors as the machine allows. */
void kit_raise_limits(void);

/* Options are words NAME=VALUE. */
const char *kit_option(char **words, const char *name, const char *otherwise);
uint64_t kit_number(char **words, const char *name, uint64_t otherwise);
