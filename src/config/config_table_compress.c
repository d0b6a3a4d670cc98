/* config_table_compress.c - the options of how answers are compressed */
#include "config/config_table.h"

static const struct option compress[] = {
    {.name = "codings",
     .kind = &config_kind_codings,
     .otherwise = "zstd, br, gzip",
     .sentence = "The codings, the one that is liked best first; a client's weights decide before.",
     .example = "[br, gzip]"},
    {.name = "min_size",
     .kind = &option_size,
     .place = offsetof(struct config_compress, min_size),
     .preset = "1KiB",
     .max = GIB(1),
     .sentence = "Smaller answers stay as they are.",
     .example = "4KiB"},
};

const struct section config_compress_of = {
    "compress", "compress",
    "The `compress` of an endpoint, or at the top for all that do not say. A list alone is short "
    "for its `codings`.",
    compress, COUNT(compress)};
