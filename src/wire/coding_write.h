/* coding_write.h - bodies put into a content coding, piece by piece
 *
 * Made for answers that are written once: quick levels, and windows that fit what is announced. One
 * piece is bounded by the caller, so that no call takes longer than a moment. Pure.
 */
#pragma once

#include <stdint.h>

#include "base/fault.h"
#include "wire/coding.h"

struct coding_writer;

/* Nobody knows: the answer comes bit by bit, and its writer may wait for long, so it takes little
 * memory. */
#define CODING_SIZE_UNKNOWN UINT64_MAX

/* gzip, br or zstd; size: bytes that will come. */
struct coding_writer *coding_writer_new(enum coding coding, uint64_t size);
void coding_writer_free(struct coding_writer *w);
/* What comes of these bytes goes to the sink, now or later, with the last ones all of it. false:
 * the sink wanted no more. */
bool coding_write(struct coding_writer *w, struct slice bytes, bool is_last, coding_sink *sink,
                  void *owner) MUST_USE;
/* What was written so far goes to the sink, so that a reader has all of it. */
bool coding_flush(struct coding_writer *w, coding_sink *sink, void *owner) MUST_USE;
/* Bytes of memory that it has now. */
size_t coding_writer_memory(const struct coding_writer *w);
