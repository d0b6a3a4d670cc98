/* service_decoder.h - the coded body of an answer becomes what it means, so much a turn of the loop
 *
 * A few coded bytes may stand for megabytes. So all decoders of a worker have one budget a turn:
 * what has come and is past it waits, with its decoder, in a queue that goes on in a later turn,
 * some of each at a time. Its owner stops reading until it hears that nothing waits any more.
 */
#pragma once

#include "base/blob.h"
#include "base/list.h"
#include "net/loop.h"
#include "wire/coding.h"

/* The decoders of one worker that wait, in the order of their turns. */
struct service_decoding {
    struct loop *loop;
    struct list waiting;
    struct wheel_entry next;
    uint64_t turn; /* of the loop: that the budget is for */
    size_t budget; /* what is left of it */
};

void service_decoding_init(struct service_decoding *all, struct loop *l);

struct service_decoder {
    struct coding_reader *reader; /* NULL: no body is decoded */
    struct service_decoding *all;
    struct list node;     /* in the queue: something waits */
    struct blob *waiting; /* coded bytes; NULL: all of them are with the reader */
    size_t n_read;        /* of them */
    size_t n_counted;     /* bytes of memory, among those of the blobs */
    void (*on_turn)(struct service_decoder *d); /* it is to go on; it may end */
};

void service_decoder_init(struct service_decoder *d, void (*on_turn)(struct service_decoder *));
/* Of a list that is neither empty nor foreign. What the body means goes to the sink. */
void service_decoder_begin(struct service_decoder *d, struct service_decoding *all,
                           const struct coding_list *list, coding_sink *sink, void *owner);
/* Some more of the body; what has to wait is copied. CODING_MORE: on_turn() will come. */
enum coding_verdict service_decoder_add(struct service_decoder *d, struct slice chunk);
/* In on_turn(): what waits. CODING_MORE: on_turn() will come again. */
enum coding_verdict service_decoder_go_on(struct service_decoder *d);
/* Does on_turn() come? */
bool service_decoder_is_waiting(const struct service_decoder *d);
/* Did the bytes so far, if any came, end where no body may end? */
bool service_decoder_is_cut(const struct service_decoder *d);
/* No on_turn() any more. Where nothing was begun nothing happens. */
void service_decoder_end(struct service_decoder *d);
