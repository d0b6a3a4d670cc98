/* report.h - what a scenario says, as JSON on the standard output */
#pragma once

#include <stddef.h>

/* An object; the outermost one has no name (NULL). */
void report_begin(const char *name);
void report_end(void);
void report_number(const char *name, double value);
void report_series(const char *name, const double *values, size_t n);
