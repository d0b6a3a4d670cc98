/* jq_helper.h - the helper process: started, ended, and what is said to it
 *
 * Both ends hold one socket of a pair; the helper's is its standard input. Each says frames: a
 * head, then n bytes. Every COMPILE and every RUN has one answer; nothing else is said. The two are
 * one program, so numbers go as they lie in memory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

enum {
    JQ_HELPER_SLOTS = 64,   /* programs that a helper keeps compiled */
    JQ_HELPER_MESSAGE = 512 /* bytes of a message, at most */
};

enum jq_helper_kind {
    JQ_HELPER_LIMITS,  /* struct jq_helper_limits; the first, and without an answer */
    JQ_HELPER_COMPILE, /* a program for the slot, in place of the one there */
    JQ_HELPER_RUN,     /* a document for the program of the slot */
    JQ_HELPER_GOOD,    /* compiled; or the result */
    JQ_HELPER_FAILED,  /* a message */
    JQ_HELPER_TOO_LARGE,
};

struct jq_helper_frame {
    uint32_t kind; /* enum jq_helper_kind */
    uint32_t slot; /* of what failed to compile, the line that is wrong; 0: nobody knows */
    uint64_t n;    /* bytes behind it */
};

struct jq_helper_limits {
    uint64_t memory; /* bytes of address space, more than there is at the start */
    uint64_t result; /* bytes */
};

/* With an empty environment, no open file but its socket, and signals as a fresh process has them.
 * *fd is ours and blocks. The process that it makes is -1 where there is none. */
pid_t jq_helper_spawn(const char *const *command, int *fd) MUST_USE;
/* Kills it. */
void jq_helper_kill(pid_t pid);
/* Has a killed one ended? Then its number is forgotten by the system. */
bool jq_helper_has_ended(pid_t pid);
/* Waits for the end of a killed one. */
void jq_helper_await(pid_t pid);
