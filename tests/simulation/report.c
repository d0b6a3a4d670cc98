/* report.c - objects in objects, with a comma where one is due */
#include "report.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_first = true; /* in its object */

static void name_it(const char *name)
{
    printf("%s\n", is_first ? "" : ",");
    is_first = false;
    if (name)
        printf("\"%s\": ", name);
}

void report_begin(const char *name)
{
    name_it(name);
    printf("{");
    is_first = true;
}

void report_end(void)
{
    printf("}");
    is_first = false;
}

void report_number(const char *name, double value)
{
    name_it(name);
    printf("%.6g", value);
}

void report_series(const char *name, const double *values, size_t n)
{
    name_it(name);
    printf("[");
    for (size_t i = 0; i < n; i++)
        printf("%s%.5g", i ? ", " : "", values[i]);
    printf("]");
}
