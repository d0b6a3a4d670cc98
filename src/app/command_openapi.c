/* command_openapi.c - sheaf openapi: the endpoints as OpenAPI has them */
#include "app/command_describe.h"
#include "app/openapi.h"

enum exit_code command_openapi(const struct command_line *line)
{
    return command_describe(line, openapi_write);
}
