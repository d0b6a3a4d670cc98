/* redis.h - a Redis of the machine's own, for a test, and what is asked of it without a tier */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct redis {
    pid_t pid;
    uint16_t port;
    char folder[64];
    int fd;   /* our connection */
    int said; /* its log */
};

/* false: none is installed (redis-server, valkey-server). It listens when this returns. */
bool redis_start(struct redis *r, const char *password);
void redis_stop(struct redis *r);
/* What it answers to one line of words, without the type and the line's end: at most 1 KiB, good
 * until the next. */
const char *redis_ask(struct redis *r, const char *line);
