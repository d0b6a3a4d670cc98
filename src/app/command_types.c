/* command_types.c - sheaf types: the endpoints as declarations of TypeScript */
#include "app/command_describe.h"
#include "app/typescript.h"

enum exit_code command_types(const struct command_line *line)
{
    return command_describe(line, typescript_write);
}
