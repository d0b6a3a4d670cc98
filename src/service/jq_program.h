/* jq_program.h - the programs that a helper knows, each in its slot
 *
 * A program stays until its slot is needed for another and no slot was unused for longer. Whether
 * it is compiled changes with the helper: a new one knows none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "service/jq_helper.h"

struct jq_program {
    struct slice text; /* owned; at is NULL: a free slot */
    bool is_compiled;
    uint64_t used; /* the larger, the later */
};

struct jq_programs { /* all zero: none */
    struct jq_program slots[JQ_HELPER_SLOTS];
    uint64_t n_uses;
};

/* The program of that text, now used; where it is new it takes a slot, but not that of `spared`. */
struct jq_program *jq_program_of(struct jq_programs *all, struct slice text,
                                 const struct jq_program *spared);
uint32_t jq_program_slot(const struct jq_programs *all, const struct jq_program *p);
/* One that is not compiled; NULL: all are. */
struct jq_program *jq_program_to_be_compiled(struct jq_programs *all);
void jq_program_drop(struct jq_program *p);
void jq_program_drop_all(struct jq_programs *all);
/* There is another helper. */
void jq_program_forget_compiled(struct jq_programs *all);
