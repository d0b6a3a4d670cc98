/* command_said.c - is what a command says written? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"

enum exit_code command_said(void)
{
    if (!ferror(stdout)) /* else it says why an earlier part could not be */
        errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_GOOD;
    fprintf(stderr, "sheaf: the output cannot be written: %s\n", strerror(errno ? errno : EIO));
    return EXIT_RUN_TIME;
}
