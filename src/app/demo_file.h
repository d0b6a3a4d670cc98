/* demo_file.h - the files of the demo's page: built from web/demo, carried in the binary
 *
 * The build makes the table (tools/embed_files), each file as it is and gzipped.
 */
#pragma once

#include "http/exchange.h"

struct demo_file {
    struct slice path; /* "/" is the page itself */
    struct slice type;
    struct slice plain, gzip;
};

extern const struct demo_file demo_files[];
extern const unsigned demo_files_n;

/* Answers with the file at this path; false: there is none. */
bool demo_file_answer(struct exchange *e, struct slice path);
