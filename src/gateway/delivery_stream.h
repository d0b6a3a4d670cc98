/* delivery_stream.h - an answer part by part, as its sources become known (CONTRACT 3.6)
 *
 * The head goes out with the first part, and before it where that waits for no required source. A
 * required source that fails before the head is answered as it would be plainly. Parts of one turn
 * of the loop are one write. Where the outbox is full they wait where they are: as values that
 * the run has anyway.
 */
#pragma once

#include "gateway/framing.h"
#include "gateway/run.h"

extern const struct delivery delivery_stream;
/* Of a run that was made for it and is not yet started. false: the arena is full. */
bool delivery_stream_init(struct run *r, const struct framing *f) MUST_USE;
