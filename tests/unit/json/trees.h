/* trees.h - jansson beside json/shape.h and json/find.h, whose kinds of values have the same names
 */
#pragma once

#define JSON_NULL FIND_NULL
#define JSON_FALSE FIND_FALSE
#define JSON_TRUE FIND_TRUE
#define JSON_STRING FIND_STRING
#define JSON_ARRAY FIND_ARRAY
#define JSON_OBJECT FIND_OBJECT
#include "json/shape.h"
#undef JSON_NULL
#undef JSON_FALSE
#undef JSON_TRUE
#undef JSON_STRING
#undef JSON_ARRAY
#undef JSON_OBJECT

/* Behind it. */
#include "jansson.h"
