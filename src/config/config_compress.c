/* config_compress.c - into which codings answers are put (CONTRACT 3.9, compress) */
#include "config/config_internal.h"

static const enum coding ours[] = {CODING_ZSTD, CODING_BR, CODING_GZIP};

static bool has(const struct config_compress *c, enum coding coding)
{
    for (unsigned i = 0; i < c->n_codings; i++)
        if (c->codings[i] == coding)
            return true;
    return false;
}

static void read_coding(struct reading *r, const struct node *item, struct config_compress *c)
{
    enum coding coding;
    if (!option_line(r, item, "a coding"))
        return;
    if (!coding_of(item->text, &coding) || coding == CODING_IDENTITY || coding == CODING_DEFLATE)
        reading_complain(r, RULE_CODING, item->place,
                         "'%s' is not a coding; it is zstd, br or gzip",
                         reading_show(r, item->text));
    else if (!has(c, coding))
        c->codings[c->n_codings++] = coding;
}

static void read_codings(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_compress *c = object;
    (void)row;
    if (!option_list(r, value, "codings are a list, as [zstd, br, gzip]"))
        return;
    for (size_t i = 0; i < value->n; i++)
        read_coding(r, value->items[i], c);
}

static void fill_codings(struct config_compress *c)
{
    if (c->n_codings)
        return;
    for (unsigned i = 0; i < CONFIG_MAX_CODINGS; i++)
        c->codings[c->n_codings++] = ours[i];
}

/* `off`, `on`, a list, or a map. */
static void read_compress(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config_compress *c = option_at(object, row);
    struct node *map = config_unless_off(r, value);
    *c = (struct config_compress){.is_on = map};
    if (!map)
        return;
    if (map->kind == NODE_LIST)
        map = config_lengthen(r, map, "codings");
    else if (!option_map(r, map, "compress is a list, a map or off, as [zstd, br, gzip]"))
        return;
    option_read_section(r, row->section, map, c);
    fill_codings(c);
}

#define CODINGS                                                                                    \
    "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"enum\":[\"zstd\",\"br\",\"gzip\"]}"              \
    "," OPTION_ENVIRONMENT "]}}"

const struct option_kind config_kind_compress = {"list of codings, map, or `off`",
                                                 "{\"anyOf\":[" OPTION_ON "," OPTION_OFF
                                                 "," OPTION_ENVIRONMENT "," CODINGS ",@]}",
                                                 read_compress};
const struct option_kind config_kind_codings = {"list of codings", CODINGS, read_codings};
