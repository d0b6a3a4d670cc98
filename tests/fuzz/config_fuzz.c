/* config_fuzz.c - configurations: each is good or told, each diagnostic has its place */
#include <stdint.h>

#include "configured.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!memmem(data, n, "include", 7)) /* what lies on this machine is no input */
        configured_check((struct slice){(const char *)data, n});
    return 0;
}
