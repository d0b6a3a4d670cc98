/* config_method.c - the idempotent ones of the methods that a source may have */
#include "config/config_method.h"

bool config_method_is_idempotent(const struct config_source *s)
{
    return s->is_safe || slice_equal(s->method, SLICE("PUT")) ||
           slice_equal(s->method, SLICE("DELETE"));
}
