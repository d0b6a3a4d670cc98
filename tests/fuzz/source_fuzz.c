/* source_fuzz.c - the options of one source: templates, bodies, lists, shapes, places
 *
 * The input is what stands below the source's name, without its indentation. Around it is an
 * endpoint that has everything a source may speak of.
 */
#include <stdint.h>

#include "configured.h"

enum {
    INPUT_MAX = 16 * 1024,
    TEXT_MAX = 1024 * 1024
};

static const char before[] = "services: {alpha: \"http://a:1\"}\n"
                             "endpoints:\n"
                             "- path: /{id}\n"
                             "  method: POST\n"
                             "  query: {ids: {list: true}, flag: {type: boolean}}\n"
                             "  views: {mobile: \"one(id),list\"}\n"
                             "  sources:\n"
                             "    list: {get: \"alpha:/\", pick: [ids, variants.sku]}\n"
                             "    other: {get: \"alpha:/\", into: .}\n"
                             "    hidden: {get: \"alpha:/\", hide: on}\n"
                             "    moved: {get: \"alpha:/{hidden}\", into: deep.moved}\n"
                             "    text: {get: \"alpha:/\", format: text}\n"
                             "    each: {each: ids, get: \"alpha:/{item}\"}\n"
                             "    one:\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void put_line(struct buffer *out, struct slice line)
{
    CHECK(buffer_append(out, SLICE("      ")) && buffer_append(out, line));
    CHECK(buffer_append(out, SLICE("\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice rest = {(const char *)data, n};
    struct buffer text;
    if (n > INPUT_MAX)
        return 0;
    buffer_init(&text, TEXT_MAX);
    CHECK(buffer_append(&text, slice_of(before)));
    while (rest.n > 0) {
        const char *end = memchr(rest.at, '\n', rest.n);
        struct slice line = {rest.at, end ? (size_t)(end - rest.at) : rest.n};
        put_line(&text, line);
        rest = slice_after(rest, line.n + (end != NULL));
    }
    configured_check(buffer_slice(&text));
    buffer_done(&text);
    return 0;
}
