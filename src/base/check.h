/* check.h - promises that our own code makes to itself
 *
 * CHECK() stays in release builds: a broken promise ends the process instead of an answer that
 * nobody can trust. It never judges input from outside; that gets an error (see fault.h).
 */
#pragma once

#define CHECK(promise) ((promise) ? (void)0 : check_failed(#promise, __FILE__, __LINE__))

/* Says on stderr which promise broke, and aborts. */
_Noreturn void check_failed(const char *promise, const char *file, int line);
