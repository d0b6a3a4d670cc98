/* fault.h - what went wrong, told by who must act
 *
 * A function that can fail returns an enum fault (or an enum of its own module that is as
 * telling). Data comes back by out-parameters and means nothing after a failure.
 */
#pragma once

#define MUST_USE __attribute__((warn_unused_result))

enum fault {
    FAULT_NONE = 0,
    FAULT_CLIENT, /* the request is wrong */
    FAULT_CONFIG, /* the configuration is wrong */
    FAULT_LIMIT,  /* a bound of ours was reached */
    FAULT_SYSTEM, /* the machine said no; errno tells */
};
