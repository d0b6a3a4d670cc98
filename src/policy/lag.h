/* lag.h - how late a loop sees its events lately
 *
 * A mean of what turns take, each weighing as much as it took: one long turn among many short ones
 * counts, as it is what an event meets. Time without work takes it back. One turn alone, however
 * long (the process was stopped, the machine slept), says less than two in a row. Pure.
 */
#pragma once

#include <stdint.h>

/* The mean after a turn of so long. */
uint64_t lag_after_turn(uint64_t lag_ns, uint64_t took_ns);
/* The mean after so long a time without work. */
uint64_t lag_after_rest(uint64_t lag_ns, uint64_t rest_ns);
