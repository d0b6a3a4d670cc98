/* units.h - how many of one unit of time are in another
 *
 * Names of times end in their units (_ns, _us, _ms, _s); these are what turns one into the other.
 */
#pragma once

enum {
    NS_A_US = 1000,
    NS_A_MS = 1000 * 1000,
    NS_A_SECOND = 1000 * 1000 * 1000,
    US_A_MS = 1000,
    US_A_SECOND = 1000 * 1000,
    MS_A_SECOND = 1000,
};
