/* scan_words.c - true, false and null */
#include "json/scan_scalars.h"

/* The fourth is no word: its text is never met, since the byte that chooses it has other bits. */
const struct scan_word scan_words[4] = {
    {"false", {255, 255, 255, 255, 255}, 0x1f},
    {"null", {255, 255, 255, 255}, 0x0f},
    {"true", {255, 255, 255, 255}, 0x0f},
    {"", {255}, 0x01},
};
