/* advice.h - what is legal in a configuration and yet unwise */
#pragma once

#include <stdio.h>

#include "config/config.h"

/* Prints each piece of advice as FILE:LINE:COL: advice: ...; the number of them. */
unsigned advice_print(FILE *to, const struct config *c);
